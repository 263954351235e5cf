import { lstat, readFile, rename, unlink, writeFile } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import { BackupEntry } from '../backups/backup-entry.entity.ts'
import { BackupRun } from '../backups/backup-run.entity.ts'
import { ExpectedJob } from '../backups/expected-job.entity.ts'
import { MANIFEST } from '../backups/name.ts'
import { proofOf } from '../backups/proof.ts'
import { literal } from '../database/literal.ts'
import { findRows, type Row, saveRows, selectRows } from '../database/rows.ts'
import type { VaultWork } from './vault-work.ts'
import { asObject } from '../platform/json.ts'
import { BackupFile, FileState } from '../backups/backup-file.entity.ts'

// Beside each file of the vault lies what Vigie knew of it when it came, so that the vault can be read without Vigie.

/** Files of the vault from before manifests get theirs in the course of some scans. */
const BATCH = 200
/** Bytes: a manifest has some two thousand. */
const LONGEST = 1024 * 1024

/**
 * Writes manifests that are not there yet, from a file on. One that cannot be written is told, and tried again in its
 * turn. Answers with the file that the next scan goes on after.
 */
export async function writeManifests(scan: VaultWork, after: string): Promise<string> {
  const files = await findRows(scan.em, BackupFile, (query) =>
    query
      .select('facts')
      .where('state', '=', literal(FileState.VAULT))
      .where((eb) => eb.not(eb.ref('hasManifest')))
      .where('id', '>', after)
      .orderBy('id')
      .limit(BATCH),
  )
  if (files.length === 0) return ''
  const written: string[] = []
  const known = await knownOf(scan, files)
  for (const file of files) {
    scan.check()
    try {
      await writeManifest(scan.roots.vault, file, manifestOf(file, known))
      written.push(file.id)
    } catch (error) {
      scan.trouble('manifests', `${file.path}${MANIFEST} cannot be written (${(error as NodeJS.ErrnoException).code})`)
    }
  }
  if (written.length > 0)
    await scan.write(async ({ em }) => {
      const now = await selectRows(em, BackupFile, 'id', written)
      const same = now.filter(({ id, path, state }) => state === FileState.VAULT && path === pathOf(files, id))
      await saveRows(
        em,
        BackupFile,
        same.map((file) => Object.assign(file, { hasManifest: true })),
      )
    })
  return files.length < BATCH ? '' : (files.at(-1)?.id ?? '')
}

const pathOf = (files: readonly Row<BackupFile>[], id: string): string | undefined =>
  files.find((file) => file.id === id)?.path

interface Known {
  jobs: Map<string, Row<ExpectedJob>>
  entries: Map<string, Row<BackupEntry>>
  runs: Map<string, Row<BackupRun>>
}

async function knownOf({ em }: VaultWork, files: readonly Row<BackupFile>[]): Promise<Known> {
  const jobs = await selectRows(em, ExpectedJob, 'id', [...new Set(files.flatMap(({ job }) => job ?? []))])
  const entries = await selectRows(em, BackupEntry, 'id', [...new Set(files.flatMap(({ entry }) => entry ?? []))])
  const runs = await selectRows(
    em,
    BackupRun,
    'file',
    files.map(({ id }) => id),
  )
  return {
    jobs: new Map(jobs.map((job) => [job.id, job])),
    entries: new Map(entries.map((entry) => [entry.id, entry])),
    runs: new Map(runs.map((run) => [run.file ?? '', run])),
  }
}

/** Names and units as in the API; what is not known is null. */
function manifestOf(file: Row<BackupFile>, { jobs, entries, runs }: Known): object {
  const [job, entry, run] = [jobs.get(file.job ?? ''), entries.get(file.entry ?? ''), runs.get(file.id)]
  return {
    vigie: 1,
    id: file.id,
    file: {
      name: basename(file.path),
      size: file.size,
      sha256: file.sha256,
      contentSize: file.facts?.contentSize ?? null,
      contentSha256: file.facts?.contentSha256 ?? null,
    },
    job: job && {
      agentId: job.agentId,
      databaseName: job.databaseName,
      companyName: job.companyName,
      city: job.city,
      neighborhood: job.neighborhood,
    },
    expectedAt: entry?.expectedAt ?? null,
    run: run && { runId: run.runId, startedAt: run.startedAt, endedAt: run.endedAt, receivedAt: run.receivedAt },
    arrivedAt: file.arrivedAt,
    status: run?.status ?? null,
    reasons: run?.reasons.map(({ code, subject }) => ({ code, subject })) ?? [],
    proof: proofOf(file.checks),
    checks: file.checks,
  }
}

/** A file that is somebody's own, and is only called like a manifest, stays as it is. */
async function writeManifest(root: string, file: Row<BackupFile>, content: object): Promise<void> {
  const path = join(root, `${file.path}${MANIFEST}`)
  if ((await readManifest(path)) === 'FOREIGN') return
  const temporary = join(dirname(path), `.part-${file.id}-manifest`)
  await unlink(temporary).catch(() => undefined)
  await writeFile(temporary, `${JSON.stringify(content, null, 2)}\n`, { mode: 0o440, flag: 'wx' })
  await rename(temporary, path)
}

/** Removes the manifest of a file that left its place, unless it is another one's by now. Throws what hinders it. */
export async function removeManifest(root: string, path: string, id: string): Promise<void> {
  const manifest = join(root, `${path}${MANIFEST}`)
  if ((await readManifest(manifest)) === id) await unlink(manifest)
}

/** Whose manifest lies at a path; null = nothing is there. */
async function readManifest(path: string): Promise<string | 'FOREIGN' | null> {
  try {
    if ((await lstat(path)).size > LONGEST) return 'FOREIGN'
    const { vigie, id } = asObject(JSON.parse(await readFile(path, 'utf8'))) ?? {}
    return typeof vigie === 'number' && typeof id === 'string' ? id : 'FOREIGN'
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === 'ENOENT') return null
    if (cause instanceof SyntaxError) return 'FOREIGN'
    throw cause
  }
}
