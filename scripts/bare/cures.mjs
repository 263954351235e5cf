// What stands in somebody's way at the first start: each time one sentence with its cure, no stack, and a second try that
// goes on from there.
import { once } from 'node:events'
import { createServer } from 'node:net'
import { Chroot } from './chroot.mjs'
import { muslSystem } from './musl.mjs'
import { NODES } from './npm-trial.mjs'
import { signedIn, until, waitForLine } from './trial.mjs'

const CWD = '/home/ann/vigie'
const START = ['npm', 'start', '-s']

/** A system with a Node, or its own, and the project in ann's home. */
async function on({ system = 'debian12', node = NODES.node22, npmrc = '' }, trial) {
  const chroot = Chroot.fresh(system)
  try {
    if (node) chroot.installNode(...node)
    else chroot.installPackages('nodejs', 'npm')
    chroot.useNpmrc(npmrc)
    chroot.copyProject('home/ann/vigie', 'ann')
    return await trial(chroot)
  } finally {
    chroot.remove()
  }
}

function says(chroot, pattern, options = {}, command = START) {
  const began = performance.now()
  const { status, stderr } = chroot.run(command, { user: 'ann', cwd: CWD, mayFail: true, ...options })
  const last =
    stderr
      .trim()
      .split('\n')
      .filter((line) => line.startsWith('vigie: '))
      .at(-1) ?? ''
  if (status === 0 || !pattern.test(last) || /^[ \t]+at .*:\d+:\d+\)?$/m.test(stderr))
    throw new Error(`It ended with ${status} and said: ${stderr.slice(-1500)}`)
  return { said: (performance.now() - began) / 1000 }
}

/** @param {number} port where the trials that come to a start listen */
export const curesOn = (port) => ({
  "Debian 11's own Node 12": () =>
    on({ system: 'debian11', node: null }, (chroot) =>
      says(chroot, /Node 12\.\d+\.\d+ is too old .* install Node 18 or newer/),
    ),
  'Node 16': () => on({ node: ['16.20.2', '8.19.4'] }, (chroot) => says(chroot, /Node 16\.20\.2 is too old/)),
  'musl instead of glibc': () => {
    const chroot = muslSystem()
    try {
      chroot.copyProject('home/ann/vigie', 'ann')
      return says(chroot, /this system has musl instead of glibc .* run the Docker image/)
    } finally {
      chroot.remove()
    }
  },
  'no network': () =>
    on({}, (chroot) => says(chroot, /cannot be reached \(E\w+\)\. Check the network/, { network: false })),
  'a registry that is away': () =>
    on({ npmrc: 'registry=http://127.0.0.1:9/\n' }, (chroot) =>
      says(chroot, /^vigie: http:\/\/127\.0\.0\.1:9\/ cannot be reached/),
    ),
  'no room': () =>
    on({}, (chroot) => {
      // As large as the project alone, with ann's files in it.
      const mounts = `cp -a "$ROOT_FOLDER${CWD}" "$ROOT_FOLDER/srv/files"
mount -t tmpfs -o size=300m tmpfs "$ROOT_FOLDER${CWD}"
cp -a "$ROOT_FOLDER/srv/files/." "$ROOT_FOLDER${CWD}"`
      return says(chroot, /MB of room left, and \d+ MB are needed/, { mounts })
    }),
  'a read-only folder': () =>
    on({}, (chroot) => {
      const mounts = `mount --bind "$ROOT_FOLDER${CWD}" "$ROOT_FOLDER${CWD}"
mount -o remount,bind,ro "$ROOT_FOLDER${CWD}"`
      return says(chroot, /is on a read-only file system\. Copy Vigie/, { mounts })
    }),
  "somebody else's folder": () =>
    on({}, (chroot) => {
      chroot.run(['chown', '-R', 'root:', CWD])
      return says(chroot, /may not be written by this user\. Give it to/)
    }),
  'a home that cannot be written': () =>
    on({}, (chroot) => {
      chroot.run(['chown', 'root:', '/home/ann'])
      return says(chroot, /\/home\/ann\/\.npm.* may not be written .* npm_config_cache/)
    }),
  'a name that the build does not understand': () =>
    on({}, (chroot) => {
      chroot.run(['mv', CWD, '/home/ann/vigie #1'])
      return says(chroot, /do not understand the "#" .* Rename/, { cwd: '/home/ann/vigie #1' })
    }),
  'no npm': () =>
    on({}, (chroot) => {
      chroot.run(['rm', '/usr/local/bin/npm'])
      return says(chroot, /npm is not installed/, {}, ['node', 'scripts/vigie.cjs', 'start'])
    }),
  'killed while it installs, while it builds, and a port that is taken': () =>
    on({}, async (chroot) => {
      const options = { user: 'ann', cwd: CWD, env: { VIGIE_PORT: String(port) } }
      for (const moment of [/installing packages/, /building the API/, /building the dashboard/]) {
        const running = chroot.start(START, options)
        await until(() => moment.test(running.output.stderr), `${moment} in ${running.output.stderr}`, 240)
        // In the middle of it, not at its first instant.
        await new Promise((done) => setTimeout(done, 2000))
        chroot.stopAll()
        await running.ended
      }
      const last = chroot.start(START, options)
      await signedIn(await waitForLine(last, /\/sign-in#/, 240), `http://127.0.0.1:${port}`)
      chroot.stopAll()
      await last.ended
      const other = createServer().listen(port, '127.0.0.1')
      await once(other, 'listening')
      try {
        return says(chroot, new RegExp(`VIGIE_PORT: another program listens on 127\\.0\\.0\\.1:${port}`), options)
      } finally {
        other.close()
      }
    }),
})
