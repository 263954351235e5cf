import type { DockerFacts } from '@vigie/agent/report'
import type { Row } from '../database/rows.ts'
import { ContainerStanding, standingOf, TROUBLED } from './container-standing.ts'
import { ImageUpdate, updateOf } from './image-update.ts'
import type { MachineContainer } from './machine-container.entity.ts'
import type { MachineDocker } from './machine-docker.entity.ts'

// How a machine's containers are, from what it told: nothing else decides it.

export type ContainerFacts = Omit<Row<MachineContainer>, 'id'>
type DockerRow = Omit<Row<MachineDocker>, 'id' | 'machine'>

const OUTDATED: readonly ImageUpdate[] = [ImageUpdate.UPDATE, ImageUpdate.RECREATE]

/** Two of one name cannot be; where they are told, the last counts. */
export function containersOf(machine: string, facts: DockerFacts): ContainerFacts[] {
  const rows = facts.containers.map((told): ContainerFacts => {
    const { update, problem } = updateOf(told, facts)
    const { name, image, exitCode, oomKilled, restarts, restartPolicy, project, service } = told
    return {
      machine,
      name,
      containerId: told.id,
      image,
      standing: standingOf(told),
      exitCode,
      oomKilled,
      restarts,
      restartPolicy,
      startedAt: dateOf(told.startedAt),
      finishedAt: dateOf(told.finishedAt),
      project,
      service,
      update,
      updateProblem: problem,
    }
  })
  return [...new Map(rows.map((row) => [row.name, row])).values()]
}

export function dockerOf(facts: DockerFacts, rows: readonly ContainerFacts[], at: Date): DockerRow {
  const count = (is: (row: ContainerFacts) => boolean): number => rows.filter(is).length
  const used = new Set(facts.containers.map(({ imageId }) => imageId))
  const unused = facts.images?.filter(({ id }) => !used.has(id)) ?? null
  const common = { toldAt: at, problem: null }
  if (facts.engine === null) return { ...common, ...NO_ENGINE }
  return {
    ...common,
    engine: facts.engine.name,
    version: facts.engine.version,
    containers: rows.length,
    running: count(({ standing }) => RUNNING.includes(standing)),
    // None is known, and of some nobody can tell: that is not none.
    troubled:
      count(({ standing }) => TROUBLED.includes(standing)) ||
      noneUnless(rows.some(({ standing }) => standing === ContainerStanding.UNKNOWN)),
    outdated:
      count(({ update }) => OUTDATED.includes(update)) ||
      noneUnless(rows.some(({ update }) => update === ImageUpdate.UNKNOWN)),
    unusedImages: unused?.length ?? null,
    // The size of one that was not told is not zero.
    unusedBytes:
      unused === null || unused.some(({ sizeBytes }) => sizeBytes === null)
        ? null
        : unused.reduce((sum, { sizeBytes }) => sum + (sizeBytes ?? 0), 0),
  }
}

const noneUnless = (isUnknown: boolean): 0 | null => (isUnknown ? null : 0)

const RUNNING: readonly ContainerStanding[] = [ContainerStanding.RUNNING, ContainerStanding.UNHEALTHY]

const NO_ENGINE = {
  engine: null,
  version: null,
  containers: null,
  running: null,
  troubled: null,
  outdated: null,
  unusedImages: null,
  unusedBytes: null,
}

export const unknownDocker = (machine: string): Omit<Row<MachineDocker>, 'id'> => ({
  machine,
  toldAt: null,
  problem: null,
  ...NO_ENGINE,
})

const dateOf = (time: string | null): Date | null => (time === null ? null : new Date(time))
