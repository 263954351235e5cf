import { BackupEntry } from '../backups/backup-entry.entity.ts'
import { BackupRun } from '../backups/backup-run.entity.ts'
import { ExpectedJob } from '../backups/expected-job.entity.ts'
import { render, wrongPath } from '../backups/path-template.ts'
import { declaredFile } from '../backups/verdict.ts'
import type { EntityManager } from '../database/database.ts'
import { literal } from '../database/literal.ts'
import { findRows, type Row, selectRows } from '../database/rows.ts'
import { tables } from '../database/tables.ts'
import { BackupFile, FileRoot, FileState } from '../backups/backup-file.entity.ts'
import { isLeftover } from '../vault/move-file.ts'
import { rootOf } from '../vault/promotion.ts'
import type { FileFacts, ReadFacts, Stamp, Verifying } from '../backups/file-facts.ts'
import type { Work } from '../files/file-work.ts'
import type { FileSeen } from '../files/read-file.ts'
import type { ScanContext } from './scan-context.ts'

// What lies where the file of a run is awaited. What takes long is asked for, and taken when it is ready.

/** A run that waits for its file, with what it belongs to. */
export interface Subject {
  run: Row<BackupRun>
  job: Row<ExpectedJob>
  entry: Row<BackupEntry>
}

/** The runs that wait for their files, in the order of their due times. */
export async function openSubjects(em: EntityManager): Promise<Subject[]> {
  const runs = await findRows(em, BackupRun, (query) =>
    query.where((eb) => eb.ref('isOpen')).where('job', 'is not', null),
  )
  const of = <T extends { id: string }>(rows: T[]): Map<string, T> => new Map(rows.map((row) => [row.id, row]))
  const jobs = of(await selectRows(em, ExpectedJob, 'id', [...new Set(runs.map((run) => run.job ?? ''))]))
  const entries = of(
    await selectRows(
      em,
      BackupEntry,
      'id',
      runs.map((run) => run.entry ?? undefined),
    ),
  )
  const subjects = runs.flatMap((run) => {
    const [job, entry] = [jobs.get(run.job ?? ''), entries.get(run.entry ?? '')]
    return job && entry ? [{ run, job, entry }] : []
  })
  return subjects.toSorted(older)
}

const older = (a: Subject, b: Subject): number =>
  a.entry.expectedAt.getTime() - b.entry.expectedAt.getTime() ||
  a.run.receivedAt.getTime() - b.run.receivedAt.getTime() ||
  (a.run.id < b.run.id ? -1 : 1)

/** Where the file of a run is awaited; `database/` is accepted beside `databases/`. The first is the one that is told. */
export function awaitedPaths({ run, job, entry }: Subject): string[] {
  const template = job.agentDepositPathTemplate
  const fileName = run.stagedFileName ?? ''
  if (!fileName && template.includes('{file_name}')) return []
  const path = render(template, job, { expectedAt: entry.expectedAt, timeZone: job.timeZone, fileName })
  if (wrongPath(path)) return []
  const paths = [path, ...(path.includes('/databases/') ? [path.replace('/databases/', '/database/')] : [])]
  // macOS writes letters and their marks apart.
  return [...new Set([...paths, ...paths.map((one) => one.normalize('NFD'))])]
}

export const stepFailed = ({ run }: Subject): boolean =>
  [run.backup, run.compress, run.transfer].some((step) => step && !step.ok)

/** Which runs await a file at each path, oldest first: agents send the same name every night. */
export type Claims = Map<string, Subject[]>

export const claimsOf = (subjects: readonly Subject[]): Claims => {
  const claims: Claims = new Map()
  for (const subject of subjects.filter((one) => !stepFailed(one))) {
    const [path] = awaitedPaths(subject)
    if (path) claims.set(path, [...(claims.get(path) ?? []), subject])
  }
  return claims
}

/**
 * Whether a file at a path that several runs await is another run's: that of the newest whose hash it has; where none
 * has it, the newest of all may condemn it.
 */
function isAnothers(
  subject: Subject,
  claims: Claims,
  { stamp, sha256 }: { stamp: Stamp; sha256: string | null },
): boolean {
  const claimants = claims.get(awaitedPaths(subject)[0] ?? '') ?? []
  const matching = claimants.filter(({ run }) => {
    const declared = declaredFile(run)
    return declared.sha256 !== null && declared.sha256 === sha256 && (declared.size ?? stamp.size) === stamp.size
  })
  const owner = matching.at(-1) ?? claimants.at(-1)
  return owner !== undefined && owner.run.id !== subject.run.id
}

export interface Seen {
  root: FileRoot
  path: string
  facts: FileFacts | Verifying
  stamp: Stamp | null
  /** The row of exactly this file, where it was seen before. */
  row: Row<BackupFile> | null
}

const ABSENT: FileFacts = { kind: 'ABSENT' }

/** What lies there; a file that has not changed since it was read is not read again. */
export async function lookAt(scan: ScanContext, subject: Subject, claims: Claims): Promise<Seen> {
  const paths = awaitedPaths(subject)
  const seen = await scan.worker.ask('statFiles', { root: scan.roots.deposit, paths })
  for (const [index, path] of paths.entries()) {
    const there = seen[index] as FileSeen
    if (there.kind === 'ABSENT') continue
    const base = { root: FileRoot.DEPOSIT, path, stamp: null, row: null }
    if (there.kind !== 'FILE') return { ...base, facts: there }
    if (await isLeft(scan.em, path, there.stamp)) continue
    const found = await readThere(scan, subject, { path, stamp: there.stamp })
    const { stamp, facts } = found
    // Whose it is its hash will tell.
    if (
      facts.kind !== 'VERIFYING' &&
      stamp &&
      isAnothers(subject, claims, { stamp, sha256: facts.kind === 'READ' ? facts.sha256 : null })
    )
      continue
    return found
  }
  return fromQuarantine(scan, subject, paths[0] ?? '')
}

async function readThere(scan: ScanContext, subject: Subject, { path, stamp }: Omit<Place, 'root'>): Promise<Seen> {
  const declared = declaredFile(subject.run)
  const row = await fileOfStamp(scan.em, path, stamp)
  const seen = { root: FileRoot.DEPOSIT, path, stamp, row }
  if (declared.size !== null && stamp.size !== declared.size) return { ...seen, facts: { kind: 'OTHER_SIZE', stamp } }
  if (row?.facts && suffices(row.facts, subject)) return { ...seen, facts: row.facts }
  const facts = await read(scan, readingOf(scan, subject, { root: FileRoot.DEPOSIT, path, stamp }))
  // What was read is another file already, or none: what was seen of it says nothing.
  if (facts.kind === 'READ' && facts.stamp.ctimeNs !== stamp.ctimeNs)
    return { ...seen, facts: { kind: 'CHANGING' }, stamp: null, row: null }
  if (facts.kind === 'CHANGING' || facts.kind === 'ABSENT') return { ...seen, facts, stamp: null, row: null }
  return { ...seen, facts }
}

/** Begins to read what waits to be read, so that one job's file is read while another's is judged. */
export async function beginReading(scan: ScanContext, subjects: readonly Subject[]): Promise<void> {
  const awaited = subjects
    .filter((subject) => !stepFailed(subject))
    .flatMap((subject) => awaitedPaths(subject).map((path) => ({ subject, path })))
  const seen = await scan.worker.ask('statFiles', {
    root: scan.roots.deposit,
    paths: awaited.map(({ path }) => path),
  })
  for (const [index, { subject, path }] of awaited.entries()) {
    const there = seen[index]
    if (there?.kind !== 'FILE') continue
    const { stamp } = there
    const declared = declaredFile(subject.run)
    if (declared.size !== null && stamp.size !== declared.size) continue
    if (await isLeft(scan.em, path, stamp)) continue
    const row = await fileOfStamp(scan.em, path, stamp)
    if (row?.facts && suffices(row.facts, subject)) continue
    scan.files.begin(readingOf(scan, subject, { root: FileRoot.DEPOSIT, path, stamp }))
  }
}

/** Whether what was found once tells all that this run asks. */
const suffices = (known: ReadFacts, { run }: Subject): boolean =>
  declaredFile(run).contentSha256 === null || known.contentSha256 !== null || known.contentSize === null

interface Place {
  root: FileRoot
  path: string
  stamp: Stamp
}

function readingOf(
  scan: ScanContext,
  { run, job }: Subject,
  { root, path, stamp }: Place,
  hashOnly = false,
): Work<FileFacts> {
  const contentHash = !hashOnly && declaredFile(run).contentSha256 !== null
  return {
    key: ['read', root, path, ...Object.values(stamp), contentHash, hashOnly].join(' '),
    kind: 'READING',
    owner: job.id,
    path,
    size: stamp.size,
    isKept: (facts) => facts?.kind === 'READ',
    run: (worker) =>
      worker.ask('readBackupFile', {
        root: rootOf(scan.roots, root),
        path,
        temporaryFolder: scan.temporaryFolder,
        contentHash,
        hashOnly,
      }),
  }
}

async function read(scan: ScanContext, reading: Work<FileFacts>): Promise<FileFacts | Verifying> {
  const taken = await scan.files.take(reading, scan.until)
  if (!taken) return { kind: 'VERIFYING', size: reading.size }
  if (taken.isNew && taken.value.kind === 'READ') scan.counts.filesRead += 1
  return taken.value
}

/** The hash of a file that is of another size than declared: it was not read. */
export const readHash = (scan: ScanContext, subject: Subject, place: Place): Promise<FileFacts | Verifying> =>
  read(scan, readingOf(scan, subject, place, true))

/** What is still to be removed from a root after its promotion. */
export const leftIn = (em: EntityManager, root: FileRoot) =>
  tables(em)
    .selectFrom('BackupFile')
    .where('leftover', 'is not', null)
    .where((eb) => eb(eb.ref('leftover', '->>').key('root'), '=', root))

/** What could not be removed after its promotion is no new file. */
async function isLeft(em: EntityManager, path: string, stamp: Stamp): Promise<boolean> {
  const files = await leftIn(em, FileRoot.DEPOSIT)
    .select('leftover')
    .where((eb) => eb(eb.ref('leftover', '->>').key('path'), '=', path))
    .execute()
  return files.some(({ leftover }) => leftover !== null && isLeftover(stamp, leftover.stamp))
}

/** A good file that came before its report, and was judged by an older one, is found again in the quarantine. */
async function fromQuarantine(scan: ScanContext, { run, job, entry }: Subject, path: string): Promise<Seen> {
  const nothing = { root: FileRoot.DEPOSIT, path, facts: ABSENT, stamp: null, row: null }
  const declared = declaredFile(run)
  if (declared.sha256 === null) return nothing
  const [row] = await findRows(scan.em, BackupFile, (query) =>
    query
      .select('facts')
      .where('job', '=', job.id)
      .where('state', '=', literal(FileState.QUARANTINE))
      .where('sha256', '=', declared.sha256)
      .orderBy('id')
      .limit(1),
  )
  if (!row) return nothing
  const [there] = await scan.worker.ask('statFiles', { root: scan.roots.quarantine, paths: [row.path] })
  if (there?.kind !== 'FILE' || (declared.size !== null && there.stamp.size !== declared.size)) return nothing
  const { stamp } = there
  const place = { root: FileRoot.QUARANTINE, path: row.path, stamp }
  const facts = await read(scan, readingOf(scan, { run, job, entry }, place))
  if (facts.kind === 'VERIFYING') return { ...place, facts, row }
  // What is broken in itself stays apart, and is not judged anew at each scan.
  if (facts.kind !== 'READ' || facts.checks.some(({ outcome }) => outcome === 'FAILED')) return nothing
  return { ...place, facts, row: Object.assign(row, stamp) }
}

async function fileOfStamp(em: EntityManager, path: string, stamp: Stamp): Promise<Row<BackupFile> | null> {
  const [file] = await findRows(em, BackupFile, (query) =>
    query
      .select('facts')
      .where('dev', '=', stamp.dev)
      .where('ino', '=', stamp.ino)
      .where('size', '=', stamp.size)
      .where('mtimeNs', '=', stamp.mtimeNs)
      .where('ctimeNs', '=', stamp.ctimeNs)
      .where('root', '=', FileRoot.DEPOSIT)
      .where('path', '=', path)
      .where('state', '=', FileState.SEEN),
  )
  return file ?? null
}
