import type { ExpressionBuilder, SelectQueryBuilder } from 'kysely'
import type { EntityManager } from '../database/database.ts'
import { groupLoader } from '../database/loader.ts'
import { findRows, requireRow, type Row, selectRows, updateRow } from '../database/rows.ts'
import { seekPage } from '../database/seek.ts'
import { type Tables, tables } from '../database/tables.ts'
import type { Disk } from '../disks/disk.entity.ts'
import type { Page, PageArgs } from '../platform/page.ts'
import { isPlainText } from '../platform/plain-text.ts'
import { Health, HEALTH_RANK } from '../disks/health.ts'
import { healthRankSql } from '../disks/health-sql.ts'
import { EventCause, EventType } from '../events/event.entity.ts'
import type { Transact } from '../events/outbox.ts'
import { Machine } from '../machines/machine.entity.ts'
import type { Clock } from '../platform/clock.ts'
import { InvalidInputError } from '../platform/errors.ts'
import { Severity } from '../reasons/reason.ts'
import { FileSystem, type UserHome } from './file-system.entity.ts'
import { holdingOf } from './holding.ts'
import { StorageArray } from './storage-array.entity.ts'

const MOST_BAD = 500
/** One that went while it was well was taken apart, for all that is known; one that was broken may not have started. */
const bad = <T>(arrays: SelectQueryBuilder<Tables, 'StorageArray', T>) =>
  arrays
    .where('health', 'in', [Health.FAILED, Health.AT_RISK, Health.WARNING])
    .where((eb) => eb.or([eb('goneSince', 'is', null), eb('health', '<>', Health.WARNING)]))
    .where('machine', 'in', (eb) => eb.selectFrom('Machine').select('id').where('archivedAt', 'is', null))

type Disks = ExpressionBuilder<Tables, 'Disk'>

/** File systems with homes, and what they lie on. */
const homes = (eb: Disks) =>
  eb
    .selectFrom('FileSystem')
    .innerJoin('FileSystemDisk', 'FileSystemDisk.fileSystem', 'FileSystem.id')
    .where('FileSystem.homeBytes', 'is not', null)
    .where('FileSystem.goneSince', 'is', null)

/** Only what the machine tells that a disk is in now is on it. */
const hasHomes = (eb: Disks) =>
  eb(
    eb.refTuple('id', 'machine'),
    'in',
    homes(eb).select(['FileSystemDisk.disk', 'FileSystem.machine']).$asTuple('disk', 'machine'),
  )

const bytesOfHomes = (eb: Disks) =>
  homes(eb)
    .whereRef('FileSystemDisk.disk', '=', 'Disk.id')
    .whereRef('FileSystem.machine', '=', 'Disk.machine')
    .select((sums) => sums.fn.sum<number>('FileSystem.homeBytes').as('bytes'))

export interface HomesOnDisk {
  diskId: string
  bytes: number
  users: UserHome[]
}

const byMountpoint = (a: Row<FileSystem>, b: Row<FileSystem>): number =>
  (a.mountpoint ?? '~').localeCompare(b.mountpoint ?? '~')

export class StorageService {
  constructor(
    private readonly em: EntityManager,
    private readonly transact: Transact,
    private readonly clock: Clock,
  ) {}

  private readonly byMachine = groupLoader<string, Row<FileSystem>>(
    async (ids) =>
      (await selectRows(this.em, FileSystem, 'machine', ids))
        .filter(({ goneSince }) => goneSince === null)
        .sort(byMountpoint),
    (fileSystem) => fileSystem.machine,
  )

  private readonly onDisk = groupLoader<string, { diskId: string; fileSystem: Row<FileSystem> }>(
    async (diskIds) => {
      const rows = await tables(this.em)
        .selectFrom('FileSystemDisk')
        .innerJoin('FileSystem', 'FileSystem.id', 'FileSystemDisk.fileSystem')
        .innerJoin('Disk', (join) =>
          join.onRef('Disk.id', '=', 'FileSystemDisk.disk').onRef('Disk.machine', '=', 'FileSystem.machine'),
        )
        .select(['FileSystemDisk.disk as diskId', 'FileSystemDisk.fileSystem as fileSystemId'])
        .where('FileSystemDisk.disk', 'in', diskIds)
        .where('FileSystem.goneSince', 'is', null)
        .execute()
      const found = await selectRows(this.em, FileSystem, 'id', [...new Set(rows.map((row) => row.fileSystemId))])
      const byId = new Map(found.map((fileSystem) => [fileSystem.id, fileSystem]))
      return rows
        .flatMap(({ diskId, fileSystemId }) => {
          const fileSystem = byId.get(fileSystemId)
          return fileSystem ? [{ diskId, fileSystem }] : []
        })
        .sort((a, b) => byMountpoint(a.fileSystem, b.fileSystem))
    },
    (row) => row.diskId,
  )

  private readonly arrays = groupLoader<string, Row<StorageArray>>(
    async (ids) =>
      (await selectRows(this.em, StorageArray, 'machine', ids)).sort(
        (a, b) => HEALTH_RANK[b.health] - HEALTH_RANK[a.health] || a.name.localeCompare(b.name),
      ),
    (array) => array.machine,
  )

  /** Somebody says that no copy of a file system is needed, and why; null takes that back. */
  async setCopyNotNeeded(id: string, reason: string | null, actor: string): Promise<void> {
    const why = reason?.trim() ?? null
    if (why !== null && !isSentence(why))
      throw new InvalidInputError(
        'reason',
        'must be one line of 3 to 500 characters',
        'Say why nobody would miss what lies there.',
      )
    await this.transact(this.em, async ({ em, tell }) => {
      const fileSystem = await requireRow(em, FileSystem, id, 'file system')
      const now = this.clock()
      const said = why === null ? null : now
      await updateRow(em, FileSystem, id, {
        noCopyReason: why,
        noCopyBy: why === null ? null : actor,
        noCopyAt: said,
      })
      tell.machines.add(fileSystem.machine)
      tell.event({
        type: why === null ? EventType.COPY_NEEDED : EventType.COPY_NOT_NEEDED,
        severity: Severity.INFO,
        at: now,
        cause: EventCause.USER,
        actor,
        machine: fileSystem.machine,
        facts: { name: fileSystem.mountpoint ?? fileSystem.source ?? '?', ...(why === null ? {} : { detail: why }) },
      })
    })
  }

  /** Arrays of a machine, the worst first; those that are gone too, with their day. */
  arraysOf(machineId: string): Promise<Row<StorageArray>[]> {
    return this.arrays.load(machineId)
  }

  /** Arrays with a finding, the worst first, without those of retired machines. */
  async badArrays(): Promise<Row<StorageArray>[]> {
    return findRows(this.em, StorageArray, (query) =>
      bad(query)
        .orderBy((eb) => healthRankSql(eb.ref('health')))
        .orderBy('id')
        .limit(MOST_BAD),
    )
  }

  async countBadArrays(): Promise<number> {
    const { count } = await bad(tables(this.em).selectFrom('StorageArray'))
      .select((eb) => eb.fn.countAll<number>().as('count'))
      .executeTakeFirstOrThrow()
    return count
  }

  /** Forgets an array that its owner took apart; returns its machine. Errors: NOT_FOUND, BAD_USER_INPUT */
  forget(id: string, actor: string): Promise<string> {
    return this.transact(this.em, async ({ em, tell }) => {
      const { machine, name, kind, goneSince } = await requireRow(em, StorageArray, id, 'array')
      if (goneSince === null)
        throw new InvalidInputError('id', 'is of an array that is there', 'Only one that is gone can be forgotten.')
      const { hostname, ip } = await requireRow(em, Machine, machine, 'machine')
      await tables(em).deleteFrom('StorageArray').where('id', '=', id).execute()
      tell.machines.add(machine)
      tell.event({
        type: EventType.ARRAY_FORGOTTEN,
        severity: Severity.INFO,
        at: this.clock(),
        cause: EventCause.USER,
        actor,
        machine,
        facts: { hostname: hostname ?? ip, name, kind },
      })
      return machine
    })
  }

  ofMachine(machineId: string): Promise<Row<FileSystem>[]> {
    return this.byMachine.load(machineId)
  }

  /** What lies on a disk, as the newest report of the machine that it is in tells. */
  async ofDisk(disk: Row<Disk>): Promise<Row<FileSystem>[]> {
    return (await this.onDisk.load(disk.id)).map((row) => row.fileSystem)
  }

  /** The file system that a path of a machine lies on: the one with the longest mountpoint that it begins with. */
  async holding(machineId: string, path: string): Promise<Row<FileSystem> | null> {
    return holdingOf(await this.byMachine.load(machineId), path)
  }

  /** Disks that hold users' homes, the most bytes first. */
  homes(args: PageArgs): Promise<Page<HomesOnDisk>> {
    const query = tables(this.em).selectFrom('Disk').where('archivedAt', 'is', null).where(hasHomes)
    return seekPage(this.em, { query, order: [bytesOfHomes, 'id'], direction: 'desc' }, args, async (ids: string[]) => {
      const found = await Promise.all(ids.map((id) => this.onDisk.load(id)))
      return ids.map((diskId, index) =>
        homesOn(
          diskId,
          (found[index] ?? []).map((row) => row.fileSystem),
        ),
      )
    })
  }
}

/** One user may have homes on several file systems of a disk: they are added up. */
function homesOn(diskId: string, fileSystems: Row<FileSystem>[]): HomesOnDisk {
  const users = new Map<string, UserHome>()
  for (const home of fileSystems.flatMap((fileSystem) => fileSystem.users ?? [])) {
    const known = users.get(home.user)
    const bytes =
      known && (known.bytes !== null || home.bytes !== null) ? (known.bytes ?? 0) + (home.bytes ?? 0) : home.bytes
    users.set(home.user, { user: home.user, bytes, measuredAt: home.measuredAt ?? known?.measuredAt ?? null })
  }
  const sorted = [...users.values()].sort((a, b) => (b.bytes ?? -1) - (a.bytes ?? -1))
  return { diskId, bytes: sorted.reduce((sum, { bytes }) => sum + (bytes ?? 0), 0), users: sorted }
}

/** What somebody says and others read: seen as it is, without what turns lines around or takes no room. */
const isSentence = (text: string): boolean =>
  isPlainText(text, 500) &&
  !/[\u2028\u2029\u202A-\u202E\u2066-\u2069]/u.test(text) &&
  (text.match(/[\p{L}\p{N}\p{P}\p{S}]/gu)?.length ?? 0) >= 3
