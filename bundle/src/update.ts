import { createHash } from 'node:crypto'
import { spawnSync } from 'node:child_process'
import {
  createReadStream,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
} from 'node:fs'
import { basename, dirname, join, resolve } from 'node:path'
import { pipeline } from 'node:stream/promises'
import { extract } from 'tar'
import { mustBeRoot } from './account.ts'
import { sealRelease, writeUnits } from './install.ts'
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
  const old = currentRelease()
  if (!old) throw new Trouble('Vigie is not installed here as a service: unpack the archive and run ./vigie install')
  if (!systemdRuns()) throw new Trouble('systemd does not run here, so that nothing can be stopped and started by it')
  if (!archive) throw new Trouble('name the archive: vigie update vigie-VERSION-TARGET.tar.gz', 2)
  await checkSum(resolve(archive))
  const next = await unpack(resolve(archive), old)
  if (nameOf(next) === nameOf(old)) throw new Trouble(`${nameOf(next)} is what runs already`)

  tell(`stopping ${old.version} and copying its database …`)
  systemctl('stop', 'vigie.service')
  const copy = copyDatabase(old, next)
  tell(`starting ${next.version} …`)
  const trouble = await switchTo(next, readyWithin)
  if (trouble) {
    await goBack(old, copy)
    rmSync(next.folder, { recursive: true, force: true })
    throw new Trouble(
      `${next.version} did not become ready (${trouble}). ${old.version} runs again, with its database as it was; what ${next.version} left of it is kept beside it (.replaced-…). journalctl -u vigie tells what was wrong.`,
    )
  }
  systemctl('restart', 'vigie-agent.service')
  forget(next, old)
  tell(`${next.version} runs. The release before it stays in ${old.folder}, and its database in ${copy}`)
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

function copyDatabase(old: Release, next: Release): string {
  const copy = join(COPIES, `before-${nameOf(next)}-${new Date().toISOString().replaceAll(':', '-')}.sqlite`)
  const { status, stderr } = serverCommand('backup', [copy], { folder: old.folder })
  if (status === 0) return copy
  systemctl('start', 'vigie.service')
  throw new Trouble(`the database could not be copied, so nothing was changed: ${stderr.trim()}`)
}

/** @returns null, or why it is not ready */
async function switchTo(release: Release, seconds: number): Promise<string | null> {
  makeCurrent(release)
  writeUnits(release)
  try {
    systemctl('daemon-reload')
    systemctl('reset-failed', 'vigie.service')
    systemctl('start', 'vigie.service')
    return await becomesReady(seconds)
  } catch (cause) {
    return (cause as Error).message
  }
}

async function goBack(old: Release, copy: string): Promise<void> {
  tell(`going back to ${old.version} …`)
  systemctl('stop', 'vigie.service')
  const { status, stderr } = serverCommand('restore', [copy], { folder: old.folder })
  const restored = status === 0 ? null : stderr.trim()
  const trouble = restored ?? (await switchTo(old, BACK_WITHIN))
  if (trouble)
    throw new Trouble(
      `neither release runs: ${trouble}. ${old.folder} and the copy ${copy} are whole; journalctl -u vigie tells more.`,
    )
}

/** Keeps the release before, and the newest copies; older ones would fill the disk unseen. */
function forget(next: Release, old: Release): void {
  for (const name of readdirSync(RELEASES)) {
    const folder = join(RELEASES, name)
    if (name !== 'current' && folder !== next.folder && folder !== old.folder)
      rmSync(folder, { recursive: true, force: true })
  }
  const copies = readdirSync(COPIES)
    .filter((name) => /^before-.*\.sqlite$/.test(name))
    .map((name) => join(COPIES, name))
    .sort((a, b) => statSync(b).mtimeMs - statSync(a).mtimeMs)
  for (const copy of copies.slice(COPIES_KEPT)) rmSync(join(dirname(copy), basename(copy)), { force: true })
}
