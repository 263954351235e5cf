import { constants } from 'node:fs'
import { access, readdir, stat } from 'node:fs/promises'
import { Unavailable } from '../inventory/section.ts'
import type { Run } from '../platform/command.ts'

type Environment = Record<string, string | undefined>

const DOCKER = '/var/run/docker.sock'

/** Where engines of the system, and of users, keep what runs: who has them has, or had, an engine. */
const TRACES = ['/var/lib/docker/containers', '/var/lib/containers/storage/overlay-containers']

/**
 * The socket of this machine's container engine: the one that the owner names as for docker(1), else the first of the usual
 * ones that may be used. Null = there is none, and no sign of one. Errors: Unavailable
 */
export async function engineSocket(
  env: Environment,
  run: Run,
  root = '',
  isRoot = isSuperuser(),
): Promise<string | null> {
  const named = env['DOCKER_HOST']?.trim()
  if (named) {
    const path = /^unix:\/\/(\/.*)$/.exec(named)?.[1]
    if (!path)
      throw new Unavailable('NOT_LOCAL', 'DOCKER_HOST names no Unix socket, such as unix:///var/run/docker.sock')
    return path
  }
  let forbidden: string | null = null
  for (const path of await usualSockets(env, root, isRoot)) {
    const found = await look(path)
    if (found === 'FORBIDDEN') forbidden ??= path
    if (found !== 'USABLE') continue
    if (path === `${root}${DOCKER}`) await requireRunning(run)
    return path
  }
  if (forbidden) throw new Unavailable('NOT_ROOT', `${forbidden} can be used by root only: run the agent with sudo`)
  for (const trace of TRACES)
    if ((await readdir(`${root}${trace}`).catch(() => [])).length > 0)
      throw new Unavailable(
        'NOT_RUNNING',
        'there are containers, and no engine answers: systemctl start docker, or systemctl enable --now podman.socket',
      )
  return null
}

/** The system's own, that of who runs this, and, for root, those of the users that are signed in. */
async function usualSockets(env: Environment, root: string, isRoot: boolean): Promise<string[]> {
  const own = env['XDG_RUNTIME_DIR']?.trim()
  const all = isRoot ? await readdir(`${root}/run/user`).catch(() => []) : []
  const users = all.filter((each) => /^\d+$/.test(each)).sort()
  const folders = [...new Set([...(own ? [own] : []), ...users.map((each) => `${root}/run/user/${each}`)])]
  return [
    `${root}${DOCKER}`,
    ...folders.map((folder) => `${folder}/docker.sock`),
    `${root}/run/podman/podman.sock`,
    ...folders.map((folder) => `${folder}/podman/podman.sock`),
  ]
}

const isSuperuser = (): boolean => process.geteuid?.() === 0

async function look(path: string): Promise<'USABLE' | 'FORBIDDEN' | 'NONE'> {
  try {
    if (!(await stat(path)).isSocket()) return 'NONE'
    await access(path, constants.W_OK)
    return 'USABLE'
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EACCES' ? 'FORBIDDEN' : 'NONE'
  }
}

/** Where systemd listens in Docker's place, a question would start it, and all that it starts by itself. */
async function requireRunning(run: Run): Promise<void> {
  const stateOf = (unit: string): Promise<string> =>
    run('systemctl', ['is-active', unit], { timeoutMs: 5000 }).then(
      ({ stdout }) => stdout.trim(),
      () => 'unknown',
    )
  if ((await stateOf('docker.socket')) === 'active' && /^(inactive|failed)$/.test(await stateOf('docker.service')))
    throw new Unavailable('NOT_RUNNING', 'Docker is stopped: systemctl start docker')
}
