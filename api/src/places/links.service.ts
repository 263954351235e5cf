import { posix } from 'node:path'
import { CheckName } from '../backups/check.ts'
import { ExpectedJob, Protection } from '../backups/expected-job.entity.ts'
import { readProtectedPath } from '../backups/job-writes.ts'
import type { EntityManager } from '../database/database.ts'
import { findRows, type Row, requireRow, selectRows } from '../database/rows.ts'
import { tables } from '../database/tables.ts'
import { Machine } from '../machines/machine.entity.ts'
import type { FileSystem } from '../storage/file-system.entity.ts'
import { holdingOf } from '../storage/holding.ts'
import type { StorageService } from '../storage/storage.service.ts'
import { newestProven, type Proven } from './copies.ts'
import { isNear, type LinkOffer, type OfferedJob, type OfferingPlace, offersFor } from './link-offers.ts'
import type { Elsewhere } from './place-verdict.ts'
import type { PlacesService } from './places.service.ts'

/** What a link between a job and a path would join. */
export interface LinkPreview {
  fileSystem: Row<FileSystem> | null
  elsewhere: Elsewhere | null
  proven: Proven | null
  /** Of the newest proven backup: of its content where that was unpacked, else of its file. */
  copyBytes: number | null
  /** What lies in the file system, where the path is all of it. */
  heldBytes: number | null
  isLinked: boolean
}

/** Which backups may hold a place, and what saying so would mean. Nothing is written here. */
export class LinksService {
  constructor(
    private readonly em: EntityManager,
    private readonly storage: StorageService,
    private readonly places: PlacesService,
  ) {}

  /** Of jobs that do not protect anything in it yet, the likeliest first. Errors: NOT_FOUND */
  async offers(fileSystemId: string): Promise<LinkOffer[]> {
    const { fileSystem, copies } = await this.places.ofFileSystem(fileSystemId)
    const machine = await requireRow(this.em, Machine, fileSystem.machine, 'machine')
    const onMachine = (await this.places.ofMachine(machine.id)).map((place) => place.fileSystem)
    const linked = new Set(copies.flatMap(({ jobs }) => jobs))
    const place: OfferingPlace = {
      machineId: machine.id,
      names: [machine.hostname, machine.name].flatMap((name) => name ?? []),
      points: fileSystem.mountpoints,
      holds: (path) => holdingOf(onMachine, path)?.id === fileSystem.id,
    }
    return offersFor(place, await this.jobs(place, linked))
  }

  /** Errors: NOT_FOUND, BAD_USER_INPUT */
  async preview(jobId: string, machineId: string, told: string): Promise<LinkPreview> {
    const path = posix.resolve(readProtectedPath('path', told))
    const job = await requireRow(this.em, ExpectedJob, jobId, 'expected job')
    await requireRow(this.em, Machine, machineId, 'machine')
    const fileSystem = await this.storage.holding(machineId, path)
    const place = (await this.places.ofMachine(machineId)).find((each) => each.fileSystem.id === fileSystem?.id)
    const proven = (await newestProven(this.em, [job])).get(job.id) ?? null
    const protections = await selectRows(this.em, Protection, 'job', [job.id])
    return {
      fileSystem,
      elsewhere: place?.elsewhere ?? null,
      proven,
      copyBytes: proven && (await this.bytesOf(proven.entry)),
      heldBytes: fileSystem?.mountpoints.includes(path) ? fileSystem.usedBytes : null,
      isLinked: protections.some((row) => row.machine === machineId && posix.resolve(row.path) === path),
    }
  }

  private async bytesOf(entry: string): Promise<number | null> {
    const file = await tables(this.em)
      .selectFrom('BackupEntry')
      .innerJoin('BackupFile', 'BackupFile.id', 'BackupEntry.file')
      .select(['BackupFile.size', 'BackupFile.facts'])
      .where('BackupEntry.id', '=', entry)
      .executeTakeFirst()
    return file ? (file.facts?.contentSize ?? file.size) : null
  }

  /** In service, and not linked yet. */
  private async jobs(place: OfferingPlace, linked: ReadonlySet<string>): Promise<OfferedJob[]> {
    const all = await findRows(this.em, ExpectedJob, (query) =>
      query.where('archivedAt', 'is', null).orderBy('agentId').orderBy('databaseName'),
    )
    const jobs = all.filter(({ id }) => !linked.has(id))
    const protections = await selectRows(
      this.em,
      Protection,
      'job',
      jobs.map(({ id }) => id),
    )
    const machines = Map.groupBy(protections, ({ job }) => job)
    const machinesOf = ({ id, machine }: Row<ExpectedJob>): string[] => [
      ...(machine === null ? [] : [machine]),
      ...(machines.get(id) ?? []).map((row) => row.machine),
    ]
    // Of the others it does not matter: only what is near may dump a database that lies here.
    const near = jobs.filter((job) => isNear(place, { agentId: job.agentId, machines: machinesOf(job) }))
    const tools = await this.tools(near)
    return jobs.map((job) => ({
      id: job.id,
      agentId: job.agentId,
      databaseName: job.databaseName,
      machines: machinesOf(job),
      tool: tools.get(job.id) ?? null,
    }))
  }

  /** What wrote the newest proven dump of each. */
  private async tools(jobs: readonly Row<ExpectedJob>[]): Promise<Map<string, string>> {
    const proven = await newestProven(this.em, jobs)
    if (proven.size === 0) return new Map()
    const files = await tables(this.em)
      .selectFrom('BackupEntry')
      .innerJoin('BackupFile', 'BackupFile.id', 'BackupEntry.file')
      .select(['BackupEntry.job as job', 'BackupFile.checks as checks'])
      .where(
        'BackupEntry.id',
        'in',
        [...proven.values()].map(({ entry }) => entry),
      )
      .execute()
    return new Map(
      files.flatMap(({ job, checks }) => {
        // Only PostgreSQL's own archives are tried by pg_restore.
        if (checks.some(({ name }) => name === CheckName.PG_RESTORE)) return [[job, 'pg_dump'] as const]
        const mark = checks.find(({ name }) => name === CheckName.COMPLETION_MARK)?.detail
        return mark ? [[job, mark] as const] : []
      }),
    )
  }
}
