import { stat } from 'node:fs/promises'
import { Unavailable } from '../inventory/section.ts'

type Environment = Record<string, string | undefined>

/**
 * The socket of this machine's container engine: the one that the owner names as for docker(1), else the usual ones. Null =
 * there is none. Errors: Unavailable
 */
export async function engineSocket(env: Environment): Promise<string | null> {
  const named = env['DOCKER_HOST']?.trim()
  if (named) {
    const path = /^unix:\/\/(\/.*)$/.exec(named)?.[1]
    if (!path) throw new Unavailable('NOT_LOCAL', 'DOCKER_HOST names another machine: run an agent there')
    return path
  }
  const own = env['XDG_RUNTIME_DIR']?.trim()
  const usual = ['/var/run/docker.sock', ...(own ? [`${own}/docker.sock`] : []), '/run/podman/podman.sock']
  for (const path of usual) if (await isSocket(path)) return path
  return null
}

/** A folder that nobody may look into is no sign that nothing is there: who asks is told so by the engine. */
const isSocket = (path: string): Promise<boolean> =>
  stat(path).then(
    (found) => found.isSocket(),
    (error: NodeJS.ErrnoException) => error.code === 'EACCES',
  )
