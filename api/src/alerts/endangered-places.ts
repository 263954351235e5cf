import { Protection } from '../backups/expected-job.entity.ts'
import type { EntityManager } from '../database/database.ts'
import { type Row, selectRows } from '../database/rows.ts'
import { tables } from '../database/tables.ts'
import { Disk } from '../disks/disk.entity.ts'
import { gravestFirst } from '../places/place-verdict.ts'
import type { Place, PlacesService } from '../places/places.service.ts'
import { type ArrayContents, arrayContents, isOnArray } from '../storage/array-contents.ts'
import { emptyGraph } from '../storage/storage-graph.ts'
import { type Alert, AlertType } from './alert.entity.ts'

/** What alerts are about that their own rows do not say. */
export interface Relations {
  /** Where a disk is now, whatever machine its alert was opened for; null = it is known no more. */
  machineOf(disk: string): string | null
  /** Arrays of a disk that a bad array's machine told of, as `<kind> <name>`. */
  arraysOf(disk: string): readonly string[]
  /** Machines whose data a job protects. */
  machinesOf(job: string): readonly string[]
  /** What belongs to the arrays of a machine. */
  arraysOn(machine: string): ReadonlyMap<string, ArrayContents> | undefined
}

/** Data on the disk, on the array, or that the job protects; what would be lost first. [] = none that is known. */
export type Endangered = (alert: Row<Alert>) => Place[]

/** Loads how these alerts are related, in a handful of queries whatever their number. */
export async function relationsOf(em: EntityManager, alerts: readonly Row<Alert>[]): Promise<Relations> {
  const jobs = distinct(alerts.map(({ job }) => job))
  const protections = Map.groupBy(await selectRows(em, Protection, 'job', jobs), ({ job }) => job)
  const disks = await selectRows(em, Disk, 'id', distinct(alerts.map(({ disk }) => disk)))
  const machineOf = new Map(disks.map(({ id, machine }) => [id, machine]))
  const arrays = await loadArrays(em, alerts)
  const arraysOf = new Map(disks.map((disk) => [disk.id, membershipsOf(disk, arrays.get(disk.machine))]))
  return {
    machineOf: (disk) => machineOf.get(disk) ?? null,
    arraysOf: (disk) => arraysOf.get(disk) ?? [],
    machinesOf: (job) => distinct((protections.get(job) ?? []).map(({ machine }) => machine)),
    arraysOn: (machine) => arrays.get(machine),
  }
}

/** Loads what these alerts endanger. */
export async function endangeredBy(
  places: PlacesService,
  alerts: readonly Row<Alert>[],
  relations: Relations,
): Promise<Endangered> {
  const machines = distinct(
    alerts.flatMap(({ machine, disk, job }) => [
      machine,
      ...(disk === null ? [] : [relations.machineOf(disk)]),
      ...(job === null ? [] : relations.machinesOf(job)),
    ]),
  )
  const found = gravestFirst((await Promise.all(machines.map((machine) => places.ofMachine(machine)))).flat())
  const byDisk = groupByEach(found, ({ disks }) => disks.map(({ id }) => id))
  const byJob = groupByEach(found, ({ copies }) => copies.flatMap(({ jobs }) => jobs))
  const byMachine = Map.groupBy(found, ({ fileSystem }) => fileSystem.machine)
  return ({ type, disk, machine, job, facts }) => {
    if (type === AlertType.DISK) return byDisk.get(disk ?? '') ?? []
    if (type === AlertType.BACKUP || type === AlertType.FILE) return byJob.get(job ?? '') ?? []
    if (type !== AlertType.ARRAY || machine === null) return []
    const array = { kind: facts.kind ?? '', name: facts.name ?? '' }
    const contents = relations.arraysOn(machine)?.get(`${array.kind} ${array.name}`)
    // What failed may stand in no report any more: then its name says what was on it.
    return (byMachine.get(machine) ?? []).filter(
      ({ fileSystem: { source } }) => contents?.sources.has(source ?? '') || isOnArray(source, array),
    )
  }
}

type Arrays = ReadonlyMap<string, ReadonlyMap<string, ArrayContents>>

/** What belongs to the arrays of each machine of which one is told to be bad, as its newest report said. */
async function loadArrays(em: EntityManager, alerts: readonly Row<Alert>[]): Promise<Arrays> {
  const machines = distinct(alerts.map(({ type, machine }) => (type === AlertType.ARRAY ? machine : null)))
  if (machines.length === 0) return new Map()
  const told = await tables(em)
    .selectFrom('Machine')
    .select(['id', 'storageGraph'])
    .where('id', 'in', machines)
    .execute()
  return new Map(told.map(({ id, storageGraph }) => [id, readContents(storageGraph ?? null)]))
}

/** What an older Vigie kept may lack a section, or be shaped otherwise: that machine tells nothing, and no other is lost. */
function readContents(graph: object | null): Map<string, ArrayContents> {
  try {
    return arrayContents({ ...emptyGraph(), ...graph })
  } catch {
    return new Map()
  }
}

/** One that is missing has no name any more: another disk may have got it. */
function membershipsOf(
  { device, missingSince }: Row<Disk>,
  arrays: ReadonlyMap<string, ArrayContents> | undefined,
): string[] {
  if (device === null || missingSince !== null) return []
  return [...(arrays ?? [])].flatMap(([array, { disks }]) => (disks.has(device) ? [array] : []))
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
