import type { EntityManager } from '../database/database.ts'
import { machineName } from '../reasons/names.ts'
import { groupLoader } from '../database/loader.ts'
import { findRows, type Row } from '../database/rows.ts'
import { tables } from '../database/tables.ts'
import { Health } from '../disks/health.ts'
import { shownHealthSql } from '../disks/health-sql.ts'
import type { Clock } from '../platform/clock.ts'
import { NotFoundError } from '../platform/errors.ts'
import { fold } from '../platform/fold.ts'
import { readAskedTags } from '../tags/tag.ts'
import { compareKeys, type Page, type PageArgs, pageOfSorted } from '../platform/page.ts'
import { isOnArray } from '../storage/array-contents.ts'
import { FileSystem } from '../storage/file-system.entity.ts'
import type { StorageArray } from '../storage/storage-array.entity.ts'
import type { Machine } from '../machines/machine.entity.ts'
import { MachineKind } from '../machines/machine-kind.ts'
import { holdingOf, isUnder } from '../storage/holding.ts'
import { type ProtectedPath, protectedPaths } from './copies.ts'
import { holdsData } from './holds-data.ts'
import { Elsewhere, judgePlace, type Judgement, PLACE_RANK, type PlaceFacts, PlaceVerdict } from './place-verdict.ts'
import { elsewhereFrom, vaultPlace } from './vault-place.ts'

/** A file system that holds data: its disks, its copies, and what that amounts to. */
export interface Place extends Judgement {
  fileSystem: Row<FileSystem>
  disks: { id: string; health: Health; missingSince: Date | null }[]
  copies: ProtectedPath[]
  /** Whether the protected paths are all of it. */
  whole: boolean
  elsewhere: Elsewhere | null
  /** The machine that its copies lie on; null = its own, or not known. */
  copyMachine: string | null
}

type NamedMachine = Pick<Row<Machine>, 'name' | 'hostname' | 'ip' | 'tags'>

export interface PlaceFilter {
  verdict?: PlaceVerdict[] | null
  machineId?: string | null
  diskId?: string | null
  tag?: string[] | null
  search?: string | null
}

interface Listed {
  place: Place
  /** What people call it, folded. */
  names: string[]
  /** Of its machine, folded. */
  tags: string[]
  key: (string | number)[]
}

const namesOf = ({ fileSystem }: Place, machine: NamedMachine | undefined): string[] =>
  [
    ...fileSystem.mountpoints,
    fileSystem.mountpoint,
    fileSystem.source,
    machine?.name,
    machine?.hostname,
    machine?.ip,
  ].flatMap((name) => (name ? fold(name) : []))

/** Which data is safe: a join of file systems, disks and what jobs protect. */
export class PlacesService {
  constructor(
    private readonly em: EntityManager,
    private readonly clock: Clock,
    private readonly vault: { path: string; machine: string | null },
  ) {}

  private loaded: Promise<Place[]> | null = null
  private readonly lists = new Map<string, Promise<Listed[]>>()

  private readonly byMachine = groupLoader<string, Place>(
    (machineIds) => this.load(machineIds),
    ({ fileSystem }) => fileSystem.machine,
  )

  /** The gravest first, then by machine and mountpoint. */
  async list({ filter, ...args }: PageArgs & { filter?: PlaceFilter | null }): Promise<Page<Place>> {
    const { verdict, machineId, diskId } = filter ?? {}
    const search = fold(filter?.search?.trim() ?? '')
    const tags = readAskedTags(filter?.tag ?? [])
    const found = (await this.listed(machineId ?? null, diskId ?? null)).filter(
      ({ place, names, tags: carried }) =>
        (!verdict?.length || verdict.includes(place.verdict)) &&
        (!diskId || place.disks.some(({ id }) => id === diskId)) &&
        (!tags.length || tags.some((tag) => carried.includes(tag))) &&
        (!search || names.some((name) => name.includes(search))),
    )
    const { nodes, ...page } = pageOfSorted(found, args, 4, ({ key }) => key)
    return { ...page, nodes: nodes.map(({ place }) => place) }
  }

  /** With what they are sorted and searched by, made once however often one question asks. */
  private listed(machineId: string | null, diskId: string | null): Promise<Listed[]> {
    const key = `${machineId ?? ''} ${diskId ?? ''}`
    const known = this.lists.get(key)
    if (known) return known
    const list = this.within(machineId, diskId).then(async (places) => {
      const machines = await this.machinesOf(places)
      const list = places.map((place): Listed => {
        const { verdict, fileSystem } = place
        const machine = machines.get(fileSystem.machine)
        const name = machineName(machine)
        return {
          place,
          names: namesOf(place, machine),
          tags: machine?.tags.map(fold) ?? [],
          key: [PLACE_RANK[verdict], name, fileSystem.mountpoint ?? '', fileSystem.id],
        }
      })
      // Sorted once: what is sorted already is looked through and no more.
      return list.sort((a, b) => compareKeys(a.key, b.key))
    })
    this.lists.set(key, list)
    return list
  }

  /** How many places have each verdict, the gravest first, zeros included. */
  async counts(): Promise<{ verdict: PlaceVerdict; count: number }[]> {
    const places = await this.all()
    return Object.values(PlaceVerdict).map((verdict) => ({
      verdict,
      count: places.filter((place) => place.verdict === verdict).length,
    }))
  }

  /** What lies on a disk and holds data. */
  async ofDisk({ id, machine }: { id: string; machine: string }): Promise<Place[]> {
    return (await this.byMachine.load(machine)).filter(({ disks }) => disks.some((disk) => disk.id === id))
  }

  /** The place that a file system is. Errors: NOT_FOUND, also where it is none. */
  async ofFileSystem(id: string): Promise<Place> {
    const found = await tables(this.em)
      .selectFrom('FileSystem')
      .select('machine')
      .where('id', '=', id)
      .executeTakeFirst()
    const places = found ? await this.byMachine.clear(found.machine).load(found.machine) : []
    const place = places.find(({ fileSystem }) => fileSystem.id === id)
    if (!place) throw new NotFoundError('place', `the file system ${id}`)
    return place
  }

  ofMachine(machineId: string): Promise<Place[]> {
    return this.byMachine.load(machineId)
  }

  private async within(machineId: string | null, diskId: string | null): Promise<Place[]> {
    if (machineId !== null) return this.byMachine.load(machineId)
    if (diskId === null) return this.all()
    const disk = await tables(this.em).selectFrom('Disk').select('machine').where('id', '=', diskId).executeTakeFirst()
    return disk ? this.byMachine.load(disk.machine) : []
  }

  /** Of all machines in service; a page asks for it and for how many there are. */
  private all(): Promise<Place[]> {
    return (this.loaded ??= tables(this.em)
      .selectFrom('Machine')
      .select('id')
      .where('archivedAt', 'is', null)
      .execute()
      .then((machines) => this.load(machines.map(({ id }) => id))))
  }

  private async machinesOf(places: readonly Place[]): Promise<Map<string, NamedMachine>> {
    const ids = [...new Set(places.map(({ fileSystem }) => fileSystem.machine))]
    if (ids.length === 0) return new Map()
    const machines = await tables(this.em)
      .selectFrom('Machine')
      .select(['id', 'name', 'hostname', 'ip', 'tags'])
      .where('id', 'in', ids)
      .execute()
    return new Map(machines.map((machine) => [machine.id, machine]))
  }

  private async load(machineIds: readonly string[]): Promise<Place[]> {
    if (machineIds.length === 0) return []
    const now = this.clock()
    const known = await findRows(this.em, FileSystem, (query) =>
      query
        .where('machine', 'in', [...machineIds])
        // What is gone and was mounted nowhere is nobody's place any more.
        .where((eb) => eb.or([eb('goneSince', 'is', null), eb('mountpoint', 'is not', null)]))
        .orderBy('id'),
    )
    const [present, gone] = [
      known.filter(isThere),
      known.filter((fileSystem) => !isThere(fileSystem)).toSorted(lastGoneFirst),
    ]
    const disks = await this.disksOf(machineIds, now)
    const copies = await this.copiesIn([...present, ...gone], machineIds)
    const failed = await this.failedArrays(machineIds)
    const isBroken = ({ machine, source }: Row<FileSystem>): boolean =>
      (failed.get(machine) ?? []).some((array) => isOnArray(source, array))
    const shown = [
      ...present.filter((fileSystem) => holdsData(fileSystem) || copies.has(fileSystem.id)),
      // What went with its disk cannot be had; what jobs protect and is not there may only not be mounted.
      ...gone.filter(
        (fileSystem) =>
          copies.has(fileSystem.id) ||
          (holdsData(fileSystem) &&
            (isWithoutDisk(fileSystem, disks) || isBroken(fileSystem)) &&
            !isReplaced(fileSystem, present)),
      ),
    ]
    const vault = await vaultPlace(this.em, this.vault, now)
    const virtual = await this.virtualOf([...machineIds, ...(vault.machine === null ? [] : [vault.machine])])
    return shown.map((fileSystem) => {
      const below = disks.get(fileSystem.id) ?? []
      const own = copies.get(fileSystem.id) ?? []
      const elsewhere = elsewhereFrom(
        vault,
        fileSystem.machine,
        below.map(({ id }) => id),
      )
      const whole = isWhole(fileSystem, own)
      const facts: PlaceFacts = {
        disks: below,
        mayFail: fileSystem.mayFail,
        copies: own,
        whole,
        elsewhere,
        vaultIsSound: vault.isSound,
        mayShareHost:
          elsewhere === Elsewhere.OTHER_MACHINE && [fileSystem.machine, vault.machine].some((id) => virtual.has(id)),
        isThere: isThere(fileSystem) || isWithoutDisk(fileSystem, disks) || isBroken(fileSystem),
        isOnFailedArray: isBroken(fileSystem),
        isUnneeded: fileSystem.noCopyReason !== null,
      }
      const copyMachine = elsewhere === Elsewhere.OTHER_MACHINE ? vault.machine : null
      return { ...judgePlace(facts, now), fileSystem, disks: below, copies: own, whole, elsewhere, copyMachine }
    })
  }

  /** What jobs protect, by the file system that each path lies on; of two at one mountpoint the first. */
  private async copiesIn(
    fileSystems: readonly Row<FileSystem>[],
    machineIds: readonly string[],
  ): Promise<Map<string, ProtectedPath[]>> {
    const onMachine = Map.groupBy(fileSystems, ({ machine }) => machine)
    const copies = new Map<string, ProtectedPath[]>()
    for (const path of await protectedPaths(this.em, machineIds)) {
      const held = holdingOf(onMachine.get(path.machine) ?? [], path.path)
      if (held) copies.set(held.id, [...(copies.get(held.id) ?? []), path])
    }
    return copies
  }

  /** Arrays that have failed, by machine, also those that no report tells of any more. */
  private async failedArrays(
    machineIds: readonly string[],
  ): Promise<Map<string, Pick<Row<StorageArray>, 'kind' | 'name'>[]>> {
    const rows = await tables(this.em)
      .selectFrom('StorageArray')
      .select(['machine', 'kind', 'name'])
      .where('machine', 'in', [...machineIds])
      .where('health', '=', Health.FAILED)
      .execute()
    return Map.groupBy(rows, ({ machine }) => machine)
  }

  /** Machines that run on the disks of a host. */
  private async virtualOf(machineIds: readonly string[]): Promise<Set<string | null>> {
    const rows = await tables(this.em)
      .selectFrom('Machine')
      .select('id')
      .where('id', 'in', [...new Set(machineIds)])
      .where('kind', 'in', [MachineKind.VM, MachineKind.LXC, MachineKind.CONTAINER])
      .execute()
    return new Set(rows.map(({ id }) => id))
  }

  /** Only what the machine tells that a disk is in now is on it. */
  private async disksOf(machineIds: readonly string[], now: Date): Promise<Map<string, Place['disks']>> {
    const rows = await tables(this.em)
      .selectFrom('FileSystemDisk')
      .innerJoin('FileSystem', 'FileSystem.id', 'FileSystemDisk.fileSystem')
      .innerJoin(
        (eb) =>
          eb
            .selectFrom('Disk')
            .select(['id', 'machine', 'missingSince', 'unreadableSince'])
            .select((disk) => shownHealthSql(disk, now).as('health'))
            .as('shown'),
        (join) => join.onRef('shown.id', '=', 'FileSystemDisk.disk').onRef('shown.machine', '=', 'FileSystem.machine'),
      )
      .select([
        'FileSystemDisk.fileSystem as fileSystem',
        'shown.id as id',
        'shown.health as health',
        'shown.missingSince as missingSince',
        'shown.unreadableSince as unreadableSince',
      ])
      .where('FileSystem.machine', 'in', [...machineIds])
      .orderBy('shown.id')
      .execute()
    const disks = new Map<string, Place['disks']>()
    for (const { fileSystem, id, health: shown, missingSince, unreadableSince } of rows) {
      // Good was its last word, and it does not answer any more.
      const health = unreadableSince !== null && shown === Health.OK ? Health.UNKNOWN : shown
      disks.set(fileSystem, [...(disks.get(fileSystem) ?? []), { id, health, missingSince }])
    }
    return disks
  }
}

const isThere = ({ goneSince }: Row<FileSystem>): boolean => goneSince === null
const lastGoneFirst = (a: Row<FileSystem>, b: Row<FileSystem>): number =>
  (b.goneSince?.getTime() ?? 0) - (a.goneSince?.getTime() ?? 0)

/** Whether it went with a disk that is missing, and not before it. */
const isWithoutDisk = ({ id, goneSince }: Row<FileSystem>, disks: ReadonlyMap<string, Place['disks']>): boolean =>
  goneSince !== null &&
  (disks.get(id) ?? []).some(({ missingSince }) => missingSince !== null && missingSince <= goneSince)

/** Whether another one is mounted where it was. */
const isReplaced = ({ machine, mountpoint }: Row<FileSystem>, present: readonly Row<FileSystem>[]): boolean =>
  present.some((other) => other.machine === machine && mountpoint !== null && other.mountpoints.includes(mountpoint))

/** Binds and sub-volumes are parts of it that may be backed up apart: each must lie in what is protected. */
const isWhole = ({ mountpoints }: Row<FileSystem>, copies: readonly ProtectedPath[]): boolean =>
  mountpoints.length > 0 && mountpoints.every((point) => copies.some(({ path }) => isUnder(point, path)))
