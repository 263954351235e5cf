// The real Dockerfile, built by buildah without any daemon, on stand-ins for the images that its FROM lines name: what
// debootstrap makes, with documents and languages left out as the images named -slim leave them out.
import { execFileSync } from 'node:child_process'
import { chownSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { ROOT, tell } from '../root.mjs'
import { BARE, baseOf, Chroot } from './chroot.mjs'
import { NODES } from './npm-trial.mjs'
import { request, signedIn, until, waitForLine } from './trial.mjs'

const MOST_MB = 350
const VIGIE = 10001

const store = join(BARE, 'containers')
const buildah = (args, options) =>
  execFileSync('buildah', ['--root', store, '--runroot', join(BARE, 'run'), '--storage-driver', 'vfs', ...args], {
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'pipe'],
    maxBuffer: 1 << 28,
    ...options,
  }).trim()

/** An image of a folder's content, under the name of the one that it stands in for. */
function standIn(name, root) {
  const container = buildah(['from', 'scratch'])
  buildah(['add', '--quiet', container, root, '/'])
  buildah(['config', '--env', 'PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin', container])
  buildah(['commit', '--quiet', ...policy(), '--rm', container, `docker.io/library/${name}`])
}

function policy() {
  const file = join(BARE, 'policy.json')
  writeFileSync(file, '{"default":[{"type":"insecureAcceptAnything"}]}')
  return ['--signature-policy', file]
}

function buildImage() {
  rmSync(store, { recursive: true, force: true })
  const [runtime, build] = [...readFileSync(join(ROOT, 'Dockerfile'), 'utf8').matchAll(/^FROM (\S+)/gm)]
    .map(([, name]) => name)
    .reverse()
  tell('bare: making the stand-ins of the base images …')
  standIn(runtime, baseOf('debian12'))
  const withNode = Chroot.fresh('debian12')
  try {
    withNode.installNode(...NODES.node22)
    standIn(build, withNode.root)
  } finally {
    withNode.remove()
  }
  tell('bare: building the Dockerfile …')
  const context = mkdtempSync(join(BARE, 'context-'))
  try {
    const files = execFileSync('git', ['ls-files', '-z', '--cached', '--others', '--exclude-standard'], { cwd: ROOT })
    execFileSync('tar', ['-C', ROOT, '--null', '--ignore-failed-read', '-T', '-', '-cf', join(context, 'all.tar')], {
      input: files,
    })
    execFileSync('tar', ['-C', context, '-xf', join(context, 'all.tar')])
    rmSync(join(context, 'all.tar'))
    const how = ['--isolation', 'chroot', '--pull-never', '--format', 'docker', '--network', 'host', ...policy()]
    buildah(['build', ...how, '--tag', 'vigie:trial', context], { timeout: 1_200_000 })
  } finally {
    rmSync(context, { recursive: true, force: true })
  }
}

export async function imageTrial(port) {
  buildImage()
  const container = buildah(['from', '--pull-never', ...policy(), 'vigie:trial'])
  const image = new Chroot(buildah(['mount', container]))
  const volume = mkdtempSync(join(BARE, 'volume-'))
  try {
    const size = Number(execFileSync('du', ['-sm', '--apparent-size', image.root], { encoding: 'utf8' }).split('\t')[0])
    if (size > MOST_MB) throw new Error(`The image holds ${size} MB, more than ${MOST_MB}`)
    const tools = execFileSync(
      'find',
      [image.root, '-xdev', '-regex', '.*/bin/\\(gcc\\|cc\\|g\\+\\+\\|make\\|python3?\\|npm\\|npx\\|git\\)'],
      { encoding: 'utf8' },
    )
    if (tools) throw new Error(`The image holds tools that build: ${tools}`)

    const { config } = JSON.parse(buildah(['inspect', '--type', 'image', 'vigie:trial'])).Docker
    if (config.User !== 'vigie') throw new Error(`The image runs as ${config.User}`)
    const env = Object.fromEntries(
      config.Env.map((line) => [line.slice(0, line.indexOf('=')), line.slice(line.indexOf('=') + 1)]),
    )
    // As `docker run --read-only --tmpfs /tmp -v vigie:/mnt`: the volume takes over whose folder the image's is.
    chownSync(volume, VIGIE, VIGIE)
    const mounts = `mount --bind "$ROOT_FOLDER" "$ROOT_FOLDER"
mount -o remount,bind,ro "$ROOT_FOLDER"
mount --bind "${volume}" "$ROOT_FOLDER/mnt"
mount -t tmpfs tmpfs "$ROOT_FOLDER/tmp"`
    const options = { user: 'vigie', mounts, env: { ...env, VIGIE_PORT: String(port), VIGIE_LOG_LEVEL: 'warn' } }
    const began = performance.now()
    const running = image.start(config.Entrypoint, options)
    const link = await waitForLine(running, /\/sign-in#/, 60)
    const seconds = (performance.now() - began) / 1000
    await signedIn(link, `http://127.0.0.1:${port}`, { machines: 0 })
    const [main] = image.processes('api/dist/main.js')
    const uids = /^Uid:\s+(\d+)/m.exec(readFileSync(`/proc/${main}/status`, 'utf8'))?.[1]
    if (uids !== String(VIGIE)) throw new Error(`Vigie runs as ${uids}`)
    const token = image.run(['/vigie/vigie', 'access', 'token', 'trial', '--any-machine'], options).stdout.trim()
    await report(`http://127.0.0.1:${port}`, token)
    for (const pid of image.processes('tini')) process.kill(pid, 'SIGTERM')
    await until(() => image.processes('api/dist/main.js').length === 0, 'Vigie to stop on SIGTERM', 30)
    const { status } = await running.ended
    if (status !== 0)
      throw new Error(`After SIGTERM the container ended with ${status}: ${running.output.stderr.slice(-500)}`)
    return { start: seconds, size: `${size} MB` }
  } finally {
    image.stopAll()
    buildah(['rm', container])
    rmSync(volume, { recursive: true, force: true })
  }
}

/** What a machine says; the API answers with the machine that it made of it. */
async function report(url, token) {
  const query = 'mutation ($report: InventoryReportInput!) { reportInventory(report: $report) { machine { id } } }'
  const variables = {
    report: {
      id: '01936d5e-0000-7000-8000-000000000001',
      machineKey: '01936d5e-0000-7000-8000-000000000002',
      hostname: 'trial',
      collectedAt: new Date().toISOString(),
      agentVersion: '0.0.0',
      sections: [],
    },
  }
  const answer = await request(`${url}/graphql`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', authorization: `Bearer ${token}` },
    body: JSON.stringify({ query, variables }),
  })
  const { data, errors } = await answer.json()
  if (!data?.reportInventory?.machine?.id) throw new Error(`The report was refused: ${JSON.stringify(errors)}`)
}
