// The archive on a machine that has neither Node nor npm: unpacked and run, and as a service that is installed, brought
// up to date, taken back where the new release is broken, copied, restored and taken away.
import { execFileSync } from 'node:child_process'
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { ROOT } from '../root.mjs'
import { BARE, Chroot } from './chroot.mjs'
import { muslSystem } from './musl.mjs'
import { isReady, request, signedIn, until, waitForLine } from './trial.mjs'

const ENTRY = 'api/dist/main.js'

/** @param {string} system where; @param {string} archive what `npm run bundle` made */
export async function bundleTrial(system, archive, port) {
  const chroot = Chroot.fresh(system)
  try {
    const began = performance.now()
    unpack(archive, chroot)
    const unpacked = (performance.now() - began) / 1000
    const started = performance.now()
    const running = chroot.start(['./vigie'], { user: 'ann', cwd: '/home/ann', env: { VIGIE_PORT: String(port) } })
    const link = await waitForLine(running, /\/sign-in#/, 30 * chroot.patience)
    const start = (performance.now() - started) / 1000
    await signedIn(link, `http://127.0.0.1:${port}`, chroot)
    for (const pid of chroot.processes(ENTRY)) process.kill(pid, 'SIGTERM')
    const { status } = await running.ended
    if (status !== 0)
      throw new Error(`After SIGTERM ./vigie ended with ${status}: ${running.output.stderr.slice(-500)}`)
    return { unpacked, start }
  } finally {
    chroot.remove()
  }
}

/** Where it cannot run it says so, instead of what the loader says. */
export function oldGlibcTrial(system, archive) {
  const chroot = Chroot.fresh(system)
  try {
    unpack(archive, chroot)
    // Systems with one so old are no more to be had.
    writeFileSync(join(chroot.root, 'usr/local/bin/getconf'), '#!/bin/sh\necho glibc 2.27\n', { mode: 0o755 })
    const { status, stderr } = chroot.run(['./vigie'], { user: 'ann', cwd: '/home/ann', mayFail: true })
    if (status === 0 || !/^vigie: this system's glibc 2\.27 is older than 2\.28: /.test(stderr))
      throw new Error(`It ended with ${status}: ${stderr}`)
  } finally {
    chroot.remove()
  }
}

/** It does not run there, and says so; its agent does, on the system's own Node. */
export function muslTrial(archive) {
  const chroot = muslSystem()
  const run = (command, options) => chroot.run(command, { user: 'ann', cwd: '/home/ann', ...options })
  const isRefused = () => {
    const { status, stderr } = run(['./vigie'], { mayFail: true })
    if (status === 0 || !/^vigie: this system has no glibc .* run the Docker image .*\n$/.test(stderr))
      throw new Error(`It ended with ${status}: ${stderr.slice(0, 500)}`)
  }
  try {
    unpack(archive, chroot)
    isRefused()
    // As gcompat does.
    mkdirSync(join(chroot.root, 'lib64'))
    symlinkSync('../lib/ld-musl-x86_64.so.1', join(chroot.root, 'lib64/ld-linux-x86-64.so.2'))
    isRefused()
    if (JSON.parse(run(['node', 'agent/dist/agent.mjs', 'print']).stdout).hostname === undefined)
      throw new Error('The agent prints no report')
  } finally {
    chroot.remove()
  }
}

const unpack = (archive, chroot) =>
  chroot.run(['tar', '-xzf', '-', '-C', '/home/ann', '--strip-components=1', '--no-same-owner'], {
    user: 'ann',
    input: readFileSync(archive),
  })

export async function serviceTrial(system, archive, port) {
  const chroot = Chroot.fresh(system)
  const url = `http://127.0.0.1:${port}`
  try {
    cpSync(join(ROOT, 'scripts/bare/systemctl.sh'), join(chroot.root, 'usr/bin/systemctl'))
    execFileSync('chmod', ['755', join(chroot.root, 'usr/bin/systemctl')])
    const machine = chroot.start(['sh', '-c', 'mkdir -p /run/systemd/system; echo up; exec sleep infinity'])
    await waitForLine(machine, /^up$/, 10)
    const run = (command, options) => chroot.run(command, { within: machine, ...options })
    const fails = (command, pattern) => {
      const { status, stderr } = run(command, { mayFail: true })
      if (status === 0 || !pattern.test(stderr)) throw new Error(`${command.join(' ')} ended with ${status}: ${stderr}`)
    }
    const releases = variants(archive, chroot)

    run(['tar', '-xzf', '/srv/good.tar.gz', '-C', '/srv'])
    const [folder] = readdirSync(join(chroot.root, 'srv')).filter((name) => /^vigie-.*-linux-x64$/.test(name))
    const settings = join(chroot.root, 'etc/vigie/vigie.env')
    execFileSync('mkdir', ['-p', join(chroot.root, 'etc/vigie')])
    cpSync(join(ROOT, '.env.example'), settings)
    const text = readFileSync(settings, 'utf8')
    rmSync(settings)
    fails(['/srv/' + folder + '/vigie', 'update', '/srv/good.tar.gz'], /not installed/)

    // Settings of somebody who came before stay as they are.
    const own = text
      .replace('VIGIE_PORT=8088', `VIGIE_PORT=${port}`)
      .replace('VIGIE_DATA_DIR=./data', 'VIGIE_DATA_DIR=/var/lib/vigie/data')
      .replace('VIGIE_LOCAL_AGENT=on', 'VIGIE_LOCAL_AGENT=off')
    writeFileSync(settings, own)
    // What a trial run left there belongs to whoever tried.
    execFileSync('mkdir', ['-p', join(chroot.root, 'srv', folder, 'data')])
    for (const file of ['.env', 'data/secret'])
      writeFileSync(join(chroot.root, 'srv', folder, file), '', { mode: 0o600 })
    run([`/srv/${folder}/vigie`, 'install', '--help'])
    if (existsSync(join(chroot.root, 'opt/vigie'))) throw new Error('install --help installs')
    const link = run([`/srv/${folder}/vigie`, 'install']).stdout.trim()
    for (const file of ['.env', 'data'])
      if (
        readdirSync(join(chroot.root, 'opt/vigie')).some((name) =>
          existsSync(join(chroot.root, 'opt/vigie', name, file)),
        )
      )
        throw new Error(`${file} went to /opt/vigie`)
    await signedIn(link, url)
    if (readFileSync(settings, 'utf8') !== own) throw new Error('install changed settings that were there')
    const mode = (file) => (statSync(join(chroot.root, file)).mode & 0o7777).toString(8)
    const modes = ['etc/vigie/vigie.env', 'etc/vigie/agent.token', 'var/lib/vigie', 'var/lib/vigie/data'].map(mode)
    if (modes.join() !== '640,600,755,700') throw new Error(`The modes are ${modes.join()}`)
    run([`/srv/${folder}/vigie`, 'install'])
    const users = new Set(chroot.processes(ENTRY).map((pid) => statSync(`/proc/${pid}`).uid))
    if (users.has(0)) throw new Error('The service runs as root')

    // A process that is killed comes back, and what it had acknowledged is there.
    const [pid] = chroot.processes(ENTRY)
    process.kill(pid, 'SIGKILL')
    await until(
      async () => !chroot.processes(ENTRY).includes(pid) && (await isReady(url)),
      'the service to come back',
      30,
    )

    const token = run(['vigie', 'access', 'token', 'reader', '--scope', 'read']).stdout.trim()
    const ask = async () => {
      const answer = await request(`${url}/graphql`, {
        method: 'POST',
        headers: { 'content-type': 'application/json', authorization: `Bearer ${token}` },
        body: '{"query":"{ machines { nodes { id hostname } } }"}',
      })
      return JSON.stringify((await answer.json()).data)
    }
    const before = await ask()

    // Killed in the middle, it is brought to its end by the next one.
    for (const word of ['copying', 'starting']) {
      const wait = `until grep -q ${word} /tmp/update; do sleep 0.05; done`
      run(['sh', '-c', `vigie update /srv/newer.tar.gz >/tmp/update 2>&1 & ${wait}; kill -9 $!; wait $! || true`])
      if (!existsSync(join(chroot.root, 'opt/vigie/.update.json'))) throw new Error('It was not killed in the middle')
    }
    const { stderr } = run(['vigie', 'update', '/srv/newer.tar.gz'])
    if (!/brought to its end/.test(stderr)) throw new Error(`The second update says nothing of the first: ${stderr}`)
    const version = () => run(['vigie', 'version']).stdout
    if (!version().includes(releases.newer)) throw new Error(`After the update it is ${version()}`)
    if ((await ask()) !== before) throw new Error(`The update changed the data: ${before} → ${await ask()}`)
    fails(['vigie', 'update', '/srv/newer.tar.gz'], /runs already/)

    for (const broken of ['ends', 'hangs', 'spoils']) {
      fails(
        ['vigie', 'update', '--ready-within', '5', `/srv/${broken}.tar.gz`],
        /did not become ready .* runs again, with its database as it was/,
      )
      if (!version().includes(releases.newer)) throw new Error(`After going back it is ${version()}`)
      if ((await ask()) !== before) throw new Error(`Going back changed the data: ${before} → ${await ask()}`)
    }
    fails(['vigie', 'update', '/srv/cut.tar.gz'], /cannot be unpacked/)
    fails(['vigie', 'update', '/srv/changed.tar.gz'], /is not what changed\.tar\.gz\.sha256 names/)
    if ((await ask()) !== before) throw new Error('A refused archive changed something')

    run(['vigie', 'backup', '/root/copy.sqlite'])
    if (mode('root/copy.sqlite') !== '600') throw new Error(`The copy has the mode ${mode('root/copy.sqlite')}`)
    fails(['vigie', 'restore', '/root/copy.sqlite'], /Another Vigie is running/)
    run(['systemctl', 'stop', 'vigie'])
    run(['vigie', 'restore', '/root/copy.sqlite'])
    run(['systemctl', 'start', 'vigie'])
    await until(() => isReady(url), 'the restored Vigie', 30)
    if ((await ask()) !== before) throw new Error('The restored database holds something else')

    run(['vigie', 'uninstall', '--help'])
    fails(['vigie', 'uninstall', 'now'], /one word too many/)
    fails(['vigie'], /root would make files that the service cannot change/)
    run(['vigie', 'uninstall'])
    if (chroot.processes(ENTRY).length) throw new Error('Vigie runs on after uninstall')
    for (const file of ['opt/vigie', 'usr/local/bin/vigie', 'etc/systemd/system/vigie.service'])
      if (existsSync(join(chroot.root, file))) throw new Error(`${file} is still there after uninstall`)
    for (const file of ['var/lib/vigie/data/vigie.sqlite', 'etc/vigie/vigie.env'])
      if (!existsSync(join(chroot.root, file))) throw new Error(`${file} is gone after uninstall`)
    await signedIn(run([`/srv/${folder}/vigie`, 'install']).stdout.trim(), url)
    if ((await ask()) !== before) throw new Error('Installed again, the data are others')
    return {}
  } catch (error) {
    const log = join(chroot.root, 'var/log/vigie')
    if (existsSync(log))
      error.message += `\nThe log of the service ends with: ${readFileSync(log, 'utf8').slice(-1500)}`
    throw error
  } finally {
    chroot.remove()
  }
}

/** Archives of releases to come, made of this one: a good one, and broken ones of each kind. */
function variants(archive, chroot) {
  const folder = mkdtempSync(join(BARE, 'variants-'))
  const target = join(chroot.root, 'srv')
  try {
    execFileSync('tar', ['-xzf', archive, '-C', folder])
    const [name] = readdirSync(folder)
    const bundle = JSON.parse(readFileSync(join(folder, name, 'bundle.json'), 'utf8'))
    const entry = join(folder, name, ENTRY)
    const real = readFileSync(entry, 'utf8')
    const pack = (file, version, main) => {
      writeFileSync(join(folder, name, 'bundle.json'), JSON.stringify({ ...bundle, version, build: file }))
      writeFileSync(entry, main)
      execFileSync('tar', ['-C', folder, '-cf', join(target, `${file}.tar.gz`), '-I', 'gzip -1', name])
    }
    cpSync(archive, join(target, 'good.tar.gz'))
    pack('newer', '99.0.0', real)
    pack('ends', '99.0.1', "console.error('broken'); process.exit(1)")
    pack('hangs', '99.0.2', 'setInterval(() => undefined, 1000)')
    pack('spoils', '99.0.3', SPOILS)
    const cut = readFileSync(join(target, 'newer.tar.gz'))
    writeFileSync(join(target, 'cut.tar.gz'), cut.subarray(0, cut.length / 2))
    writeFileSync(join(target, 'changed.tar.gz'), cut)
    writeFileSync(join(target, 'changed.tar.gz.sha256'), `${'0'.repeat(64)}  changed.tar.gz\n`)
    return { newer: '99.0.0' }
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

/** A release whose migration empties what it should keep, and then fails. */
const SPOILS = `import { DatabaseSync } from 'node:sqlite'
const database = new DatabaseSync(process.env.VIGIE_DATA_DIR + '/vigie.sqlite', { enableForeignKeyConstraints: false })
database.exec('delete from machine; drop table alert')
process.exit(1)`
