import { createHash } from 'node:crypto'
import { spawnSync } from 'node:child_process'
import {
  createReadStream,
  existsSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statfsSync,
  statSync,
} from 'node:fs'
import { basename, join, resolve } from 'node:path'
import { pipeline } from 'node:stream/promises'
import { extract } from 'tar'
import { mustBeRoot } from './account.ts'
import { sealRelease, writeUnits } from './install.ts'
import { endJournal, readJournal, writeJournal } from './journal.ts'
import { RELEASES, STATE } from './places.ts'
import { currentRelease, folderOf, makeCurrent, nameOf, readBundle, type Release } from './release.ts'
import { serverCommand } from './server-command.ts'
import { becomesReady, systemctl, systemdRuns } from './service.ts'
import { tell, Trouble } from './trouble.ts'

const COPIES = `${STATE}/data`
const COPIES_KEPT = 3
/** Seconds that the release before gets, however few its successor got: what ran once is not given up soon. */
const BACK_WITHIN = 600

/**
 * Replaces the installed release. The database is copied while Vigie stands still; a new release that does not become
 * ready is taken back with the copy, and what it left is kept beside it.
 */
export async function update(archive: string | undefined, readyWithin: number): Promise<void> {
  mustBeRoot('update')
  const installed = currentRelease()
  if (!installed)
    throw new Trouble('Vigie is not installed here as a service: unpack the archive and run ./vigie install')
  if (!systemdRuns()) throw new Trouble('systemd does not run here, so that nothing can be stopped and started by it')
  if (!archive) throw new Trouble('name the archive: vigie update vigie-VERSION-TARGET.tar.gz', 2)
  const tookUp = await takeUp(readyWithin)
  await checkSum(resolve(archive))
  tell(`unpacking ${basename(archive)} …`)
  const old = currentRelease() ?? installed
  const next = await unpack(resolve(archive), old)
  if (nameOf(next) === nameOf(old)) {
    if (tookUp) return
    throw new Trouble(`${nameOf(next)} is what runs already`)
  }

  checkRoom()
  // From here on it is one thing: a closed terminal or an impatient Ctrl-C must not leave Vigie stopped.
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const)
    process.on(signal, () => tell('one moment: it ends with Vigie running, in this release or the one before'))
  tell(`stopping ${old.version} and copying its database …`)
  writeJournal({ old: old.folder, next: next.folder, copy: null })
  const copy = copyDatabase(old, next)
  writeJournal({ old: old.folder, next: next.folder, copy })
  tell(`starting ${next.version} …`)
  const trouble = await switchTo(next, readyWithin)
  if (trouble) {
    await goBack(old, copy)
    endJournal()
    rmSync(next.folder, { recursive: true, force: true })
    throw new Trouble(
      `${next.version} did not become ready (${trouble}). ${old.version} runs again, with its database as it was; what ${next.version} left of it is kept beside it (.replaced-…). journalctl -u vigie tells what was wrong.`,
    )
  }
  try {
    systemctl('try-restart', 'vigie-agent.service')
  } catch (cause) {
    tell(`${(cause as Error).message}; the agent of this machine is the one before`)
  }
  forget(next, old)
  endJournal()
  tell(`${next.version} runs. The release before it stays in ${old.folder}, and its database in ${copy}`)
}

/**
 * An update that was cut off (kill -9, the power) is brought to its end first: the release that is in place runs, or the
 * one before is back with its database. True = there was one.
 */
async function takeUp(readyWithin: number): Promise<boolean> {
  const journal = readJournal()
  const current = currentRelease()
  if (!journal || !current) return false
  tell('the update before this one was cut off; it is brought to its end …')
  const trouble = await startAgain(readyWithin)
  if (trouble && journal.copy !== null && current.folder === journal.next)
    await goBack(readBundle(journal.old), journal.copy)
  else if (trouble)
    throw new Trouble(`${current.version} does not become ready (${trouble}); journalctl -u vigie tells why`)
  endJournal()
  tell(`${currentRelease()?.version ?? current.version} runs`)
  return true
}

async function startAgain(seconds: number): Promise<string | null> {
  try {
    forgetFailures()
    systemctl('start', 'vigie.service')
    return await becomesReady(seconds)
  } catch (cause) {
    return (cause as Error).message
  }
}

/** The copy, what going back puts in place, and what the new release may write meanwhile. */
function checkRoom(): void {
  const database = join(COPIES, 'vigie.sqlite')
  const needed = 3 * (existsSync(database) ? statSync(database).size : 0)
  const { bavail, bsize } = statfsSync(COPIES)
  if (bavail * bsize < needed)
    throw new Trouble(
      `${COPIES} has ${Math.floor((bavail * bsize) / 1e6)} MB of room, and an update with a way back needs ${Math.ceil(needed / 1e6)} MB. Nothing was changed.`,
    )
}

/** Beside the archive lies its sum, as `sha256sum -c` reads it. */
async function checkSum(archive: string): Promise<void> {
  if (!existsSync(archive)) throw new Trouble(`${archive} does not exist`, 2)
  const file = `${archive}.sha256`
  if (!existsSync(file)) return tell(`${file} is not there, so the archive was not compared with its sum`)
  const wanted = /^[0-9a-f]{64}/.exec(readFileSync(file, 'utf8'))?.[0]
  const sum = createHash('sha256')
  await pipeline(createReadStream(archive), sum)
  if (sum.digest('hex') !== wanted) throw new Trouble(`${archive} is not what ${basename(file)} names: fetch it again`)
  return undefined
}

async function unpack(archive: string, old: Release): Promise<Release> {
  mkdirSync(RELEASES, { recursive: true })
  const folder = mkdtempSync(join(RELEASES, '.unpacked-'))
  try {
    await extract({ file: archive, cwd: folder, strip: 1, strict: true }).catch((cause: unknown) => {
      throw new Trouble(`${archive} cannot be unpacked: ${(cause as Error).message}`)
    })
    const bundle = readBundle(folder)
    if (bundle.target !== old.target)
      throw new Trouble(`${archive} is for ${bundle.target}, and this machine is ${old.target}`)
    const { status, stdout } = spawnSync(join(folder, 'bin/node'), ['--version'], { encoding: 'utf8' })
    if (status !== 0 || stdout.trim() !== `v${bundle.node}`)
      throw new Trouble(`the Node of ${archive} does not run here`)
    if (existsSync(folderOf(bundle))) return { ...bundle, folder: folderOf(bundle) }
    return sealRelease(bundle)
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

/** Stops Vigie and copies its database; where that fails, Vigie runs on as it did. */
function copyDatabase(old: Release, next: Release): string {
  const copy = join(COPIES, `before-${nameOf(next)}-${new Date().toISOString().replaceAll(':', '-')}.sqlite`)
  try {
    systemctl('stop', 'vigie.service')
    const { status, stderr } = serverCommand('backup', [copy], { folder: old.folder })
    if (status !== 0) throw new Trouble(stderr.trim().replace(/^vigie: /, ''))
    return copy
  } catch (cause) {
    systemctl('start', 'vigie.service')
    endJournal()
    throw new Trouble(`the database could not be copied, so nothing was changed: ${(cause as Error).message}`)
  }
}

function place(release: Release): void {
  makeCurrent(release)
  writeUnits(release)
  systemctl('daemon-reload')
  forgetFailures()
}

/** Failures, and restarts, of before tell nothing of the start that follows. */
function forgetFailures(): void {
  try {
    systemctl('reset-failed', 'vigie.service')
  } catch {
    // systemd forgets a unit that nothing wants and that is stopped; then there is no failure to forget.
  }
}

/** @returns null, or why it is not ready */
async function switchTo(release: Release, seconds: number): Promise<string | null> {
  try {
    place(release)
    systemctl('start', 'vigie.service')
    return await becomesReady(seconds)
  } catch (cause) {
    return (cause as Error).message
  }
}

async function goBack(old: Release, copy: string): Promise<void> {
  tell(`going back to ${old.version} …`)
  try {
    systemctl('stop', 'vigie.service')
    // The release first: whatever happens to the database, the next start is that of the one that knows it.
    place(old)
    const { status, stderr } = serverCommand('restore', [copy], { folder: old.folder })
    const trouble = status === 0 ? await switchTo(old, BACK_WITHIN) : stderr.trim()
    if (trouble) throw new Trouble(trouble)
  } catch (cause) {
    throw new Trouble(
      `neither release runs: ${(cause as Error).message}. ${old.version} is in its place again, and the copy ${copy} is whole: vigie restore ${copy}, then systemctl start vigie. journalctl -u vigie tells more.`,
    )
  }
}

/** Keeps the release before, and the newest copies; older ones would fill the disk unseen. */
function forget(next: Release, old: Release): void {
  for (const name of readdirSync(RELEASES)) {
    const folder = join(RELEASES, name)
    if (name !== 'current' && !name.startsWith('.update.json') && folder !== next.folder && folder !== old.folder)
      rmSync(folder, { recursive: true, force: true })
  }
  // The folder is the service's: what is no plain file there is none of ours.
  const copies = readdirSync(COPIES, { withFileTypes: true })
    .filter((entry) => entry.isFile() && /^before-.*\.sqlite$/.test(entry.name))
    .map(({ name }) => join(COPIES, name))
    .sort((a, b) => lstatSync(b).mtimeMs - lstatSync(a).mtimeMs)
  for (const copy of copies.slice(COPIES_KEPT)) rmSync(copy, { force: true })
}
