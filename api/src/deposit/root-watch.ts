import { FileState } from '../backups/backup-file.entity.ts'
import { ExpectedJob } from '../backups/expected-job.entity.ts'
import { depositFolders } from '../backups/path-template.ts'
import type { Roots } from '../config/config.ts'
import type { EntityManager } from '../database/database.ts'
import { literal } from '../database/literal.ts'
import { findRows } from '../database/rows.ts'
import { tables } from '../database/tables.ts'
import type { Transact } from '../events/outbox.ts'
import { DomainError } from '../platform/errors.ts'
import { type InnerMount, type InnerMounts, lookAtMounts } from './inner-mounts.ts'
import { makeScannerRow, readScannerRow, SCANNER_ROW } from './scanner-row.ts'
import { lookAtRoots, type RootIds, type RootName } from './sight.ts'

/** Deposit, vault or quarantine is not there: what would be done with its files is not done. */
class UnseenError extends DomainError {
  constructor(why: string) {
    super('UNSEEN', `${why[0]?.toUpperCase()}${why.slice(1)}. Nothing was changed.`)
  }
}

/** `ids`: null = of vault or quarantine: absent, or closed to Vigie. */
export type Sight =
  | {
      sees: true
      ids: RootIds
      /** Agents whose folder of the deposit cannot be seen, and why. */ hidden: Map<string, string>
    }
  | { sees: false; why: string }

/** So many of a folder's files are looked for before it counts as empty. */
const SAMPLE = 20

/** Knows by the database what deposit, vault and quarantine must hold, and looks whether they do. */
export class RootWatch {
  private looking: Promise<unknown> = Promise.resolve()

  constructor(private readonly options: { em: EntityManager; transact: Transact; roots: Roots }) {}

  /** Nothing is moved, deleted or called lost where one of them is not there. */
  look(em: EntityManager): Promise<Sight> {
    // One after the other: the first of all makes the sentinels, and remembers them.
    const sight = this.looking.then(() => this.lookOnce(em))
    this.looking = sight.catch(() => undefined)
    return sight
  }

  /** @throws UNSEEN where one of the roots is not there */
  async mustSee(): Promise<void> {
    const sight = await this.look(this.options.em.fork())
    if (!sight.sees) throw new UnseenError(sight.why)
    const { roots } = this.options
    for (const name of ['deposit', 'vault', 'quarantine'] as const)
      if (sight.ids[name] === null) throw new UnseenError(`${roots[name]} is absent, or closed to Vigie`)
  }

  private async lookOnce(em: EntityManager): Promise<Sight> {
    const { roots, transact } = this.options
    const row = await readScannerRow(em)
    const ids = {
      deposit: row?.depositId ?? null,
      vault: row?.vaultId ?? null,
      quarantine: row?.quarantineId ?? null,
    }
    const sight = await lookAtRoots(roots, ids, ids.vault ? [] : await filesIn(em, { root: 'vault', path: '' }))
    if (!sight.sees) return sight
    const mounts = await lookAtMounts(roots, row?.innerMounts ?? [], {
      isAwaited: async (path) => (await agentsAt(em, path)).length > 0,
      filesBelow: (mount) => filesIn(em, mount),
    })
    const isNew =
      (Object.keys(ids) as RootName[]).some((name) => ids[name] !== sight.ids[name]) ||
      JSON.stringify(mounts.known) !== JSON.stringify(row?.innerMounts ?? [])
    if (isNew) await transact(this.options.em, ({ em: own }) => remember(own, sight.ids, mounts))
    const lost = mounts.hidden.find(({ root }) => root !== 'deposit')
    if (lost) return { sees: false, why: notMounted(roots[lost.root], lost) }
    const hidden = new Map<string, string>()
    for (const mount of mounts.hidden)
      for (const agent of await agentsAt(em, mount.path)) hidden.set(agent, notMounted(roots.deposit, mount))
    return { ...sight, hidden }
  }
}

const notMounted = (root: string, { path }: InnerMount): string =>
  `${root}/${path} was a file system of its own, and is not mounted. Mount it; if it is gone for good, remove that empty folder`

/** Some of what must lie in a folder of the vault or of the quarantine, the newest first. */
async function filesIn(em: EntityManager, { root, path }: InnerMount): Promise<string[]> {
  const state = root === 'vault' ? FileState.VAULT : FileState.QUARANTINE
  let query = tables(em)
    .selectFrom('BackupFile')
    .select('path')
    .where('state', '=', literal(state))
    .orderBy('id', 'desc')
    .limit(SAMPLE)
  // "0" comes after "/".
  if (path !== '') query = query.where('path', '>', `${path}/`).where('path', '<', `${path}0`)
  return (await query.execute()).map((file) => file.path)
}

/** The agents that have a job whose reports or files come into this folder of the deposit, or below it. */
async function agentsAt(em: EntityManager, path: string): Promise<string[]> {
  const jobs = await findRows(em, ExpectedJob, (query) => query.where('archivedAt', 'is', null))
  const isAt = (folder: string): boolean =>
    `${folder}/`.startsWith(`${path}/`) || (folder !== '' && path.startsWith(`${folder}/`))
  return [...new Set(jobs.filter((job) => depositFolders(job).some(isAt)).map(({ agentId }) => agentId))]
}

/** The sentinels, and the file systems within the roots, remembered as soon as they were found or made. */
async function remember(em: EntityManager, ids: RootIds, { known }: InnerMounts): Promise<void> {
  await makeScannerRow(em)
  await tables(em)
    .updateTable('Scanner')
    .set((eb) => ({
      depositId: eb.fn.coalesce('depositId', eb.val(ids.deposit)),
      vaultId: eb.fn.coalesce('vaultId', eb.val(ids.vault)),
      quarantineId: eb.fn.coalesce('quarantineId', eb.val(ids.quarantine)),
      innerMounts: known,
    }))
    .where('id', '=', SCANNER_ROW)
    .execute()
}
