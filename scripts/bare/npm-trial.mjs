// What somebody does first: `npm start`, twice, with nothing but a Node and its npm.
import { Chroot } from './chroot.mjs'
import { signedIn, until, waitForLine } from './trial.mjs'

/** Not a name that a script would choose. */
const FOLDER = 'Vigie à l’été (1)'

/** A Node with the npm that it is released with, or the packages of the system itself. */
export const NODES = {
  node18: ['18.20.8', '10.8.2'],
  node20: ['20.8.0', '10.1.0'],
  node22: ['22.23.3', '10.9.9'],
  node24: ['24.9.0', '11.6.0'],
  npm11: ['20.20.2', '11.6.4'],
  own: null,
}

/** Throws where something is not as promised; returns the times. */
export async function npmTrial({ system, node, user, port, npmrc = '', env: more = {} }) {
  const chroot = Chroot.fresh(system)
  try {
    const given = NODES[node]
    if (given) chroot.installNode(...given)
    else chroot.installPackages('nodejs', 'npm')
    chroot.useNpmrc(npmrc)
    const home = user === 'root' ? 'root' : `home/${user}`
    chroot.copyProject(`${home}/${FOLDER}`, user)
    const cwd = `/${home}/${FOLDER}`
    const env = { VIGIE_PORT: String(port), ...more }
    const first = await start(chroot, { user, cwd, env }, port)
    const second = await start(chroot, { user, cwd, env }, port)
    const token = chroot.run(['npm', 'run', '-s', 'access', '--', 'token', 'bare'], { user, cwd, env }).stdout.trim()
    if (!/^vigie_[\w-]+$/.test(token)) throw new Error(`npm run -s access -- token printed ${JSON.stringify(token)}`)
    const report = chroot.run(['npm', 'run', '-s', 'agent', '--', 'print'], { user, cwd, env }).stdout
    if (JSON.parse(report).hostname === undefined) throw new Error('npm run -s agent -- print prints no report')
    return { first, second }
  } finally {
    chroot.remove()
  }
}

async function start(chroot, options, port) {
  const began = performance.now()
  const running = chroot.start(['npm', 'start'], options)
  const link = await waitForLine(running, /\/sign-in#/, 240 * chroot.patience)
  const seconds = (performance.now() - began) / 1000
  await signedIn(link, `http://127.0.0.1:${port}`, chroot)
  for (const pid of chroot.processes('node\0scripts/vigie.cjs')) process.kill(pid, 'SIGTERM')
  await until(() => chroot.processes('main.js').length === 0, 'Vigie to stop on SIGTERM', 30)
  const { status } = await running.ended
  if (status !== 0)
    throw new Error(`After SIGTERM npm start ended with ${status}: ${running.output.stderr.slice(-500)}`)
  return seconds
}
