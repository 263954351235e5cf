import type { ExpressionBuilder } from 'kysely'
import type { Roots } from '../config/config.ts'
import type { EntityManager } from '../database/database.ts'
import type { Transact } from '../events/outbox.ts'
import { literal } from '../database/literal.ts'
import { findRows, insertRows, type Row, saveRows } from '../database/rows.ts'
import { type Tables, tables } from '../database/tables.ts'
import type { Clock } from '../platform/clock.ts'
import { newId } from '../platform/id.ts'
import type { Log } from '../platform/log.ts'
import { FileRoot, FileState } from '../backups/backup-file.entity.ts'
import { RunOutcome } from '../backups/backup-run.entity.ts'
import { inVault } from '../backups/in-vault.ts'
import { rootOf } from '../vault/promotion.ts'
import type { FileWork } from '../files/file-work.ts'
import { customFolders } from './ingest.ts'
import { awaitedPaths, leftIn, openSubjects } from './look.ts'
import { type Awaited, agentOfPath, sinceOf, unawaitedIn } from './unawaited.ts'
import { UnawaitedFile } from './unawaited-file.entity.ts'
import type { FileSeen } from '../files/read-file.ts'
import type { FileBelow, Walked } from '../files/walk-files.ts'

/** More files than these in one root are not looked at: the log says so. */
const MOST = 100_000
/** Rows that are written in one transaction. */
const BATCH = 500

export interface Surveying {
  em: EntityManager
  transact: Transact
  clock: Clock
  log: Log
  roots: Roots
  files: FileWork
  temporaryFolder: string
  isStopping: () => boolean
}

/** Looks at everything that lies in deposit and quarantine, and keeps what of it nobody awaits. */
export async function survey(surveying: Surveying): Promise<void> {
  for (const root of [FileRoot.DEPOSIT, FileRoot.QUARANTINE] as const) {
    const walked = await walk(surveying, root)
    if (walked.cut) surveying.log.warn({ root, most: MOST }, 'More files lie there than are looked at')
    const unawaited = unawaitedIn(walked.files, await awaitedIn(surveying.em, root), surveying.clock())
    await keep(surveying, root, unawaited, walked)
  }
  await prove(surveying)
}

async function walk({ files, roots }: Surveying, root: FileRoot): Promise<Walked> {
  const taken = await files.take<Walked>(
    {
      key: `walk ${root}`,
      kind: 'READING',
      owner: 'survey',
      path: '',
      size: 0,
      run: (worker) => worker.ask('walkFiles', { root: rootOf(roots, root), most: MOST }),
    },
    Infinity,
  )
  return taken?.value ?? { files: [], cut: true, unreadable: [''] }
}

/** What runs await in a root, or what Vigie knows to lie there. */
export async function awaitedIn(em: EntityManager, root: FileRoot): Promise<Awaited> {
  const left = await leftIn(em, root).select('leftover').execute()
  const own = root === FileRoot.QUARANTINE ? await pathsApart(em) : await pathsMoving(em)
  const subjects = root === FileRoot.DEPOSIT ? await openSubjects(em) : []
  // Of runs that nobody declared yet, or whose job was made just now, the path is not known.
  const unassigned = await tables(em)
    .selectFrom('BackupRun')
    .select(['agentId', 'stagedFileName'])
    .where('stagedFileName', 'is not', null)
    .where((eb) =>
      eb.or([
        eb.and([eb('outcome', '=', RunOutcome.UNDECLARED), eb('settledAt', 'is', null)]),
        eb.and([eb.ref('isOpen'), eb('entry', 'is', null)]),
      ]),
    )
    .execute()
  return {
    paths: new Set([
      ...left.flatMap(({ leftover }) => leftover?.path ?? []),
      ...own,
      ...subjects.flatMap(awaitedPaths),
    ]),
    names: new Set(unassigned.map(({ agentId, stagedFileName }) => `${agentId}/${stagedFileName}`)),
    reportFolders: new Set(root === FileRoot.DEPOSIT ? (await customFolders(em)).keys() : []),
  }
}

/** What lies in the quarantine, or is on its way there. */
async function pathsApart(em: EntityManager): Promise<string[]> {
  const coming = tables(em)
    .selectFrom('BackupFile')
    .select((eb) => eb.ref('intent', '->>').key('path').$notNull().as('path'))
    .where('state', '=', literal(FileState.INTENT))
  const files = await tables(em)
    .selectFrom('BackupFile')
    .select('path')
    .where('state', '=', literal(FileState.QUARANTINE))
    .unionAll(coming)
    .execute()
  return files.map(({ path }) => path)
}

/** What is on its way out of the deposit. */
async function pathsMoving(em: EntityManager): Promise<string[]> {
  const files = await tables(em)
    .selectFrom('BackupFile')
    .select('path')
    .where('state', '=', literal(FileState.INTENT))
    .where('root', '=', FileRoot.DEPOSIT)
    .execute()
  return files.map(({ path }) => path)
}

/** What is new is written, what is gone or is another file now is forgotten; what could not be looked at stays. */
async function keep(
  surveying: Surveying,
  root: FileRoot,
  found: readonly FileBelow[],
  { cut, unreadable }: Walked,
): Promise<void> {
  const { em, transact } = surveying
  const before = await findRows(em, UnawaitedFile, (query) => query.where('root', '=', root))
  const known = new Map(before.map((file) => [file.path, file]))
  const isSame = ({ path, stamp }: FileBelow): boolean => {
    const row = known.get(path)
    return row !== undefined && row.ino === stamp.ino && row.ctimeNs === stamp.ctimeNs && row.size === stamp.size
  }
  const lying = new Set(found.filter(isSame).map(({ path }) => path))
  const unseen = (path: string): boolean =>
    cut || unreadable.some((folder) => folder === '' || path.startsWith(`${folder}/`))
  const missed = [...known.values()].filter(({ path }) => !lying.has(path))
  const absent = await absentOf(
    surveying,
    root,
    missed.filter(({ path }) => unseen(path)),
  )
  const gone = missed.filter((file) => !unseen(file.path) || absent.has(file.path)).map(({ id }) => id)
  const fresh = found.filter((file) => !isSame(file)).map((file) => rowOf(root, file))
  // Another file at a known path takes its place.
  const replaced = fresh.flatMap(({ path }) => known.get(path)?.id ?? [])
  const doomed = [...new Set([...gone, ...replaced])]
  for (let at = 0; at < doomed.length; at += BATCH) {
    const ids = doomed.slice(at, at + BATCH)
    await transact(em, async ({ em: own }) => {
      await tables(own).deleteFrom('UnawaitedFile').where('id', 'in', ids).execute()
    })
  }
  for (let at = 0; at < fresh.length; at += BATCH)
    await transact(em, ({ em: own }) => insertRows(own, UnawaitedFile, fresh.slice(at, at + BATCH)))
}

/** Which of those that the walk did not come to are not there any more. */
async function absentOf(
  { files, roots }: Surveying,
  root: FileRoot,
  unseen: readonly Row<UnawaitedFile>[],
): Promise<Set<string>> {
  if (unseen.length === 0) return new Set()
  const paths = unseen.map(({ path }) => path)
  const taken = await files.take<FileSeen[]>(
    {
      key: `look ${root}`,
      kind: 'READING',
      owner: 'survey',
      path: '',
      size: 0,
      run: (worker) => worker.ask('statFiles', { root: rootOf(roots, root), paths }),
    },
    Infinity,
  )
  return new Set(paths.filter((_, index) => taken?.value[index]?.kind === 'ABSENT'))
}

const rowOf = (root: FileRoot, { path, stamp }: FileBelow): Row<UnawaitedFile> => ({
  id: newId(),
  root,
  path,
  agentId: agentOfPath(path),
  ...stamp,
  since: sinceOf(stamp),
  sha256: null,
  provenBy: null,
})

/** Reads what may lie in the vault as well (an intact file of that agent has its size), once, and remembers which it is. */
async function prove({ em, transact, log, files, roots, temporaryFolder, isStopping }: Surveying): Promise<void> {
  const doubtful = await findRows(em, UnawaitedFile, (query) =>
    query.where('sha256', 'is', null).where((eb) => eb.exists(holdersOf(eb, 'size'))),
  )
  for (const file of doubtful) {
    if (isStopping()) return
    const { root, path, ino, size, ctimeNs } = file
    const reading = files.take(
      {
        key: ['survey', root, path, ino, ctimeNs].join(' '),
        kind: 'READING',
        owner: 'survey',
        path,
        size,
        run: (worker) =>
          worker.ask('readBackupFile', {
            root: rootOf(roots, root),
            path,
            temporaryFolder,
            contentHash: false,
            hashOnly: true,
          }),
      },
      Infinity,
    )
    // One that cannot be read keeps no other from being looked at; the next survey tries again.
    const taken = await reading.catch((error: unknown) => log.error({ err: error, path }, 'A file could not be read'))
    const facts = taken?.value
    // Gone, or another one by now: the next survey sees it.
    if (facts?.kind !== 'READ' || facts.stamp.ino !== ino || facts.stamp.ctimeNs !== ctimeNs) continue
    await transact(em, ({ em: own }) => saveRows(own, UnawaitedFile, [Object.assign(file, { sha256: facts.sha256 })]))
  }
  // What came to the vault since, or is not intact there any more.
  await transact(em, async ({ em: own }) => {
    await tables(own)
      .updateTable('UnawaitedFile')
      .set({ provenBy: null })
      .where('provenBy', 'is not', null)
      .where((eb) =>
        eb.not(eb.exists(holdersOf(eb, 'sha256').whereRef('BackupFile.id', '=', 'UnawaitedFile.provenBy'))),
      )
      .execute()
    await tables(own)
      .updateTable('UnawaitedFile')
      .set((eb) => ({ provenBy: holdersOf(eb, 'sha256').limit(1) }))
      .where('provenBy', 'is', null)
      .where('sha256', 'is not', null)
      .where((eb) => eb.exists(holdersOf(eb, 'sha256')))
      .execute()
  })
}

/** The intact files of the vault that are of the same agent as an unawaited file, and have the same size or hash. */
const holdersOf = (eb: ExpressionBuilder<Tables, 'UnawaitedFile'>, same: 'size' | 'sha256') =>
  eb
    .selectFrom('BackupFile')
    .innerJoin('ExpectedJob', 'ExpectedJob.id', 'BackupFile.job')
    .select('BackupFile.id')
    .where(inVault)
    .whereRef('ExpectedJob.agentId', '=', 'UnawaitedFile.agentId')
    .whereRef(`BackupFile.${same}`, '=', `UnawaitedFile.${same}`)
