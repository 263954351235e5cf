import { Protection } from '../backups/expected-job.entity.ts'
import type { EntityManager } from '../database/database.ts'
import { type Row, selectRows } from '../database/rows.ts'
import { tables } from '../database/tables.ts'
import { Disk } from '../disks/disk.entity.ts'
import { gravestFirst } from '../places/place-verdict.ts'
import type { Place, PlacesService } from '../places/places.service.ts'
import { type ArrayContents, arrayContents } from '../storage/array-contents.ts'
import { emptyGraph } from '../storage/storage-graph.ts'
import { type Alert, AlertType } from './alert.entity.ts'

/** What alerts are about, by the data that lies there. */
export interface Endangered {
  /** Data on the disk, on the array, or that the job protects; what would be lost first. [] = none that is known. */
  of(alert: Row<Alert>): Place[]
  /** Arrays of a disk that a bad array's machine told of, as `<kind> <name>`. */
  arraysOf(disk: string): readonly string[]
  /** Machines whose data a job protects. */
  machinesOf(job: string): readonly string[]
}

/** Loads what these alerts endanger, in a handful of queries whatever their number. */
export async function endangeredBy(
  em: EntityManager,
  places: PlacesService,
  alerts: readonly Row<Alert>[],
): Promise<Endangered> {
  const jobs = distinct(alerts.map(({ job }) => job))
  const protections = Map.groupBy(await selectRows(em, Protection, 'job', jobs), ({ job }) => job)
  const machinesOf = (job: string): string[] => distinct((protections.get(job) ?? []).map(({ machine }) => machine))
  const machines = distinct(alerts.flatMap(({ machine, job }) => [machine, ...(job === null ? [] : machinesOf(job))]))
  const found = (await Promise.all(machines.map((machine) => places.ofMachine(machine)))).flat()
  const sorted = gravestFirst(found)
  const byDisk = groupByEach(sorted, ({ disks }) => disks.map(({ id }) => id))
  const byJob = groupByEach(sorted, ({ copies }) => copies.flatMap(({ jobs: of }) => of))
  const arrays = await arraysOn(em, alerts)
  const ofDisk = await arraysOfDisks(em, distinct(alerts.map(({ disk }) => disk)), arrays)
  return {
    machinesOf,
    arraysOf: (disk) => ofDisk.get(disk) ?? [],
    of: ({ type, disk, machine, job, facts }) => {
      if (type === AlertType.DISK) return byDisk.get(disk ?? '') ?? []
      if (type === AlertType.BACKUP || type === AlertType.FILE) return byJob.get(job ?? '') ?? []
      if (type !== AlertType.ARRAY) return []
      const array = arrays.get(machine ?? '')?.get(`${facts.kind} ${facts.name}`)
      return sorted.filter(
        ({ fileSystem }) => fileSystem.machine === machine && array?.sources.has(fileSystem.source ?? ''),
      )
    },
  }
}

type Arrays = ReadonlyMap<string, ReadonlyMap<string, ArrayContents>>

/** What belongs to the arrays of each machine of which one is told to be bad, as its newest report said. */
async function arraysOn(em: EntityManager, alerts: readonly Row<Alert>[]): Promise<Arrays> {
  const machines = distinct(alerts.map(({ type, machine }) => (type === AlertType.ARRAY ? machine : null)))
  if (machines.length === 0) return new Map()
  const told = await tables(em)
    .selectFrom('Machine')
    .select(['id', 'storageGraph'])
    .where('id', 'in', machines)
    .execute()
  // What an older Vigie kept may lack a section.
  return new Map(told.map(({ id, storageGraph }) => [id, arrayContents({ ...emptyGraph(), ...storageGraph })]))
}

async function arraysOfDisks(em: EntityManager, ids: string[], arrays: Arrays): Promise<Map<string, string[]>> {
  const disks = arrays.size === 0 ? [] : await selectRows(em, Disk, 'id', ids)
  return new Map(
    disks.map(({ id, machine, device }) => [
      id,
      [...(arrays.get(machine) ?? [])].flatMap(([array, { disks: members }]) =>
        device !== null && members.has(device) ? [array] : [],
      ),
    ]),
  )
}

const distinct = (ids: readonly (string | null)[]): string[] => [
  ...new Set(ids.filter((id): id is string => id !== null)),
]

/** By each of several keys; one that stands twice counts once. */
function groupByEach<T>(items: readonly T[], keysOf: (item: T) => readonly string[]): Map<string, T[]> {
  const groups = new Map<string, T[]>()
  for (const item of items)
    for (const key of new Set(keysOf(item))) {
      const group = groups.get(key)
      if (group) group.push(item)
      else groups.set(key, [item])
    }
  return groups
}
