import type { DockerContainer } from '@vigie/agent/report'
import { registerEnumType } from 'type-graphql'

/** How a container stands, in one word. */
export enum ContainerStanding {
  FAILED = 'FAILED',
  RESTARTING = 'RESTARTING',
  UNHEALTHY = 'UNHEALTHY',
  PAUSED = 'PAUSED',
  RUNNING = 'RUNNING',
  STOPPED = 'STOPPED',
  UNKNOWN = 'UNKNOWN',
}
registerEnumType(ContainerStanding, {
  name: 'ContainerStanding',
  valuesConfig: {
    FAILED: { description: 'It ended with an error or for want of memory, could not be started, or cannot be removed' },
    RESTARTING: { description: 'It ends again and again, and its engine starts it anew' },
    UNHEALTHY: { description: 'It runs, and its own check fails' },
    PAUSED: { description: 'Somebody holds it' },
    RUNNING: { description: 'It runs; its own check is well where it has one' },
    STOPPED: { description: 'It was stopped, has done its work, or was never started' },
    UNKNOWN: { description: 'Its engine did not tell' },
  },
})

/** What needs somebody. */
export const TROUBLED: readonly ContainerStanding[] = [
  ContainerStanding.FAILED,
  ContainerStanding.RESTARTING,
  ContainerStanding.UNHEALTHY,
]

/** Ends that somebody asked for: by itself, and by SIGKILL and SIGTERM (128 + the number of the signal, as a shell tells it). */
const ASKED_FOR = [0, 128 + 9, 128 + 15]

type Told = Pick<DockerContainer, 'state' | 'health' | 'exitCode' | 'oomKilled'>

/** By the words of Docker, and of Podman: configured, initialized, stopped. Pure. */
export function standingOf({ state, health, exitCode, oomKilled }: Told): ContainerStanding {
  switch (state) {
    case 'running':
      return health === 'unhealthy' ? ContainerStanding.UNHEALTHY : ContainerStanding.RUNNING
    case 'restarting':
      return ContainerStanding.RESTARTING
    case 'paused':
      return ContainerStanding.PAUSED
    case 'created':
    case 'configured':
    case 'initialized':
      // It could not be started: its port is taken, its program is not there.
      return exitCode ? ContainerStanding.FAILED : ContainerStanding.STOPPED
    case 'dead':
      return ContainerStanding.FAILED
    case 'exited':
    case 'stopped':
      if (oomKilled) return ContainerStanding.FAILED
      if (exitCode === null) return ContainerStanding.UNKNOWN
      return ASKED_FOR.includes(exitCode) ? ContainerStanding.STOPPED : ContainerStanding.FAILED
    default:
      return ContainerStanding.UNKNOWN
  }
}
