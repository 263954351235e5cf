// Tries Vigie on machines that have nothing: each row a fresh debootstrap without compiler, Python or libatomic.
//   node scripts/bare.mjs                  the row that CI runs each time
//   node scripts/bare.mjs --all            every system, Node and user, and every cure
//   node scripts/bare.mjs --only TEXT      the rows whose name holds TEXT
//   … --again                              what failed is tried once more
//   … --archive FILE                       a bundle that is made already
import { execFileSync } from 'node:child_process'
import { createServer } from 'node:net'
import { performance } from 'node:perf_hooks'
import { parseArgs } from 'node:util'
import { curesOn } from './bare/cures.mjs'
import { bundleTrial, muslTrial, oldGlibcTrial, serviceTrial } from './bare/bundle-trial.mjs'
import { imageTrial } from './bare/image-trial.mjs'
import { npmTrial, NODES } from './bare/npm-trial.mjs'
import { SYSTEMS } from './bare/chroot.mjs'
import { ROOT } from './root.mjs'

const { values } = parseArgs({
  options: {
    all: { type: 'boolean' },
    only: { type: 'string' },
    archive: { type: 'string' },
    again: { type: 'boolean' },
  },
})
const PORT = await freePort()
const made = {}
/** The archive for a machine, made once a run. */
const archive = (target = 'linux-x64') =>
  values.archive ??
  (made[target] ??= execFileSync('npm', ['run', '-s', 'bundle', '--', target], {
    cwd: ROOT,
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'inherit'],
  }).trim())

const NATIVE = Object.keys(SYSTEMS).filter((system) => !SYSTEMS[system].cpu)

/** [name, part of each CI run, trial that returns what it measured] */
const rows = []
for (const system of NATIVE)
  for (const node of Object.keys(NODES))
    for (const user of ['root', 'ann']) {
      // The systems' own Node is old enough to be used only where it is 18 or newer.
      if (node === 'own' && !['debian12', 'debian13', 'ubuntu2404'].includes(system)) continue
      const name = `npm start: ${system}, ${node === 'own' ? 'its own Node and npm' : `Node ${NODES[node].join(', npm ')}`}, ${user}`
      rows.push([
        name,
        system === 'debian12' && node === 'node20' && user === 'ann',
        () => npmTrial({ system, node, user, port: PORT }),
      ])
    }
for (const system of NATIVE) {
  const everyTime = system === 'debian12'
  rows.push([`bundle: ${system}, unpacked`, everyTime, () => bundleTrial(system, archive(), PORT)])
  rows.push([`bundle: ${system}, as a service`, everyTime, () => serviceTrial(system, archive(), PORT)])
}
rows.push(['bundle: a glibc that is too old', false, () => oldGlibcTrial('debian11', archive())])
rows.push(['bundle: musl instead of glibc', false, () => muslTrial(archive())])
rows.push(['image: the Dockerfile, read-only, without root', true, () => imageTrial(PORT)])
// Every setting of npm that changes what is installed, at once.
const HOSTILE = `ignore-scripts=false
omit[]=optional
omit[]=dev
engine-strict=true
package-lock=false
bin-links=false
workspaces=false
legacy-peer-deps=true
install-strategy=nested
strict-allow-scripts=true
loglevel=silent
node-options=--max-old-space-size=4096
`
for (const node of ['node20', 'node22', 'node24', 'npm11'])
  rows.push([
    `npm start: debian12, Node ${NODES[node].join(', npm ')}, with every npm setting against it`,
    false,
    () =>
      npmTrial({ system: 'debian12', node, user: 'ann', port: PORT, npmrc: HOSTILE, env: { NODE_ENV: 'production' } }),
  ])
// A CPU that is emulated takes minutes: only where it is asked for by its name.
if (values.only) {
  const emulated = { system: 'debian13arm64', user: 'ann', port: PORT }
  for (const node of ['npm11', 'node22'])
    rows.push([
      `npm start: debian13arm64, Node ${NODES[node].join(', npm ')}, ann`,
      false,
      () => npmTrial({ ...emulated, node }),
    ])
  rows.push([
    'bundle: debian13arm64, unpacked',
    false,
    () => bundleTrial('debian13arm64', archive('linux-arm64'), PORT),
  ])
}
for (const [name, trial] of Object.entries(curesOn(PORT))) rows.push([`cure: ${name}`, false, trial])

const chosen = rows.filter(([name, always]) => (values.only ? name.includes(values.only) : values.all || always))
if (process.getuid() !== 0) {
  console.error('bare: only root can make a machine with debootstrap')
  process.exit(2)
}
let failed = 0
for (const [name, , trial] of chosen) {
  if (await wentWell(name, trial)) continue
  // They fetch hundreds of packages: a registry that hiccups is not a fault of Vigie. Both times are told.
  if (values.again && (await wentWell(`${name}, once more`, trial))) continue
  failed += 1
}
console.log(`${chosen.length - failed} of ${chosen.length} trials went well`)
process.exit(failed ? 1 : 0)

/** The trials share this machine's network. */
function freePort() {
  return new Promise((done) => {
    const server = createServer().listen(0, '127.0.0.1', () => {
      const { port } = server.address()
      server.close(() => done(port))
    })
  })
}

/** Tells how the trial went, with what it measured. */
async function wentWell(name, trial) {
  const began = performance.now()
  try {
    const measured = await trial()
    const figures = Object.entries(measured ?? {}).map(
      ([key, value]) => `${key} ${typeof value === 'number' ? `${value.toFixed(1)} s` : value}`,
    )
    console.log(`✓ ${name}${figures.length ? `: ${figures.join(', ')}` : ''}`)
    return true
  } catch (error) {
    const words = error.name === 'Error' ? error.message : `${error.stack}\n${error.cause?.stack ?? ''}`
    console.log(
      `✗ ${name} (after ${((performance.now() - began) / 1000).toFixed(0)} s)\n  ${words.replaceAll('\n', '\n  ')}`,
    )
    return false
  }
}
