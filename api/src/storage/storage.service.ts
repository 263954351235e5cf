import { sql } from 'kysely'
import type { EntityManager } from '../database/database.ts'
import { groupLoader } from '../database/loader.ts'
import { columnsOf, decodeRows, requireRow, type Row, selectRows } from '../database/rows.ts'
import { seekPage } from '../database/seek.ts'
import type { Disk } from '../disks/disk.entity.ts'
import type { Page, PageArgs } from '../platform/page.ts'
import { HEALTH_RANK } from '../disks/health.ts'
import { healthRankSql } from '../disks/health-sql.ts'
import { EventCause, EventType } from '../events/event.entity.ts'
import type { Transact } from '../events/outbox.ts'
import { Machine } from '../machines/machine.entity.ts'
import type { Clock } from '../platform/clock.ts'
import { InvalidInputError } from '../platform/errors.ts'
import { Severity } from '../reasons/reason.ts'
import { FileSystem, type UserHome } from './file-system.entity.ts'
import { StorageArray } from './storage-array.entity.ts'

const MOST_BAD = 500
/** One that went while it was well was taken apart, for all that is known; one that was broken may not have started. */
const BAD_ARRAYS = sql`storage_array where health in ('FAILED', 'AT_RISK', 'WARNING')
  and (gone_since is null or health <> 'WARNING')
  and machine_id in (select id from machine where archived_at is null)`

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
      const { rows } = await sql<{
        diskId: string
        fileSystemId: string
      }>`select j.disk_id as diskId, j.file_system_id as fileSystemId
        from file_system_disk j join file_system f on f.id = j.file_system_id and f.gone_since is null
        join disk d on d.id = j.disk_id and d.machine_id = f.machine_id
        where j.disk_id in (${sql.join([...diskIds])})`.execute(this.em.getKysely())
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

  /** Arrays of a machine, the worst first; those that are gone too, with their day. */
  arraysOf(machineId: string): Promise<Row<StorageArray>[]> {
    return this.arrays.load(machineId)
  }

  /** Arrays with a finding, the worst first, without those of retired machines. */
  async badArrays(): Promise<Row<StorageArray>[]> {
    const { rows } = await sql<
      Record<string, unknown>
    >`select ${sql.raw(columnsOf(this.em, StorageArray))} from ${BAD_ARRAYS}
      order by ${healthRankSql(sql`health`)}, id limit ${MOST_BAD}`.execute(this.em.getKysely())
    return decodeRows(this.em, StorageArray, rows)
  }

  async countBadArrays(): Promise<number> {
    const { rows } = await sql<{ n: number }>`select count(*) as n from ${BAD_ARRAYS}`.execute(this.em.getKysely())
    return rows[0]?.n ?? 0
  }

  /** Forgets an array that its owner took apart; returns its machine. Errors: NOT_FOUND, BAD_USER_INPUT */
  forget(id: string, actor: string): Promise<string> {
    return this.transact(this.em, async ({ em, tell }) => {
      const { machine, name, kind, goneSince } = await requireRow(em, StorageArray, id, 'array')
      if (goneSince === null)
        throw new InvalidInputError('id', 'is of an array that is there', 'Only one that is gone can be forgotten.')
      const { hostname, ip } = await requireRow(em, Machine, machine, 'machine')
      await sql`delete from storage_array where id = ${id}`.execute(em.getKysely())
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
    const under = (mountpoint: string | null): boolean =>
      mountpoint === '/' || path === mountpoint || (mountpoint !== null && path.startsWith(`${mountpoint}/`))
    const candidates = (await this.byMachine.load(machineId)).filter(({ mountpoint }) => under(mountpoint))
    return candidates.toSorted((a, b) => (b.mountpoint?.length ?? 0) - (a.mountpoint?.length ?? 0))[0] ?? null
  }

  /** Disks that hold users' homes, the most bytes first. */
  homes(args: PageArgs): Promise<Page<HomesOnDisk>> {
    const from = sql`(select j.disk_id as id, sum(f.home_bytes) as bytes from file_system f
      join file_system_disk j on j.file_system_id = f.id
      join disk d on d.id = j.disk_id and d.machine_id = f.machine_id and d.archived_at is null
      where f.home_bytes is not null and f.gone_since is null group by j.disk_id)`
    return seekPage<string, HomesOnDisk>(
      this.em,
      { from, where: [], order: [sql`bytes`, sql`id`], direction: 'desc' },
      args,
      async (ids) => {
        const found = await Promise.all(ids.map((id) => this.onDisk.load(id)))
        return ids.map((diskId, index) =>
          homesOn(
            diskId,
            (found[index] ?? []).map((row) => row.fileSystem),
          ),
        )
      },
    )
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
