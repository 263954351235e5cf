import {
  chmodSync,
  chownSync,
  closeSync,
  constants,
  copyFileSync,
  createReadStream,
  createWriteStream,
  existsSync,
  fstatSync,
  mkdtempSync,
  openSync,
  rmSync,
} from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import { pipeline } from 'node:stream/promises'
import { type Account, vigieAccount } from './account.ts'
import { STATE } from './places.ts'
import { currentRelease } from './release.ts'
import { serverCommand } from './server-command.ts'
import { Trouble } from './trouble.ts'

// The service's user may neither write where root wants the copy nor read where root keeps it. What passes between them
// lies for a moment in a folder beside the service's own, which root made and the service cannot replace: root follows no
// link and changes no owner in a folder of the service.

/** Null = this is not root, or no service: then the caller does it all himself. */
const serviceAccount = (): Account | null =>
  process.getuid?.() === 0 && currentRelease() !== null ? vigieAccount() : null

export async function backup(name: string | undefined): Promise<number> {
  const file = named(name)
  const account = serviceAccount()
  if (!account) return serverCommand('backup', [file], { show: true }).status ?? 1
  if (existsSync(file)) throw new Trouble(`${file} exists: name a file that does not exist yet`, 2)
  return between(async (folder) => {
    const copy = join(folder, 'copy.sqlite')
    handOver(folder, account)
    const { status, stdout, stderr } = serverCommand('backup', [copy])
    if (status !== 0) throw new Trouble(stderr.trim().replace(/^vigie: /, ''))
    await take(copy, file, account)
    console.log(stdout.trim().replace(copy, file))
    return 0
  })
}

export async function restore(name: string | undefined): Promise<number> {
  const file = named(name)
  const account = serviceAccount()
  if (!account) return serverCommand('restore', [file], { show: true }).status ?? 1
  if (!existsSync(file)) throw new Trouble(`${file} does not exist`, 2)
  return between((folder) => {
    const copy = join(folder, 'copy.sqlite')
    // What a killed Vigie had not written back lies in the journal beside its file.
    for (const part of ['', '-wal']) {
      if (part && !existsSync(file + part)) continue
      copyFileSync(file + part, copy + part, constants.COPYFILE_EXCL)
      chmodSync(copy + part, 0o600)
      chownSync(copy + part, account.uid, account.gid)
    }
    handOver(folder, account)
    return serverCommand('restore', [copy], { show: true }).status ?? 1
  })
}

/** From here on the folder is the service's, and root changes nothing in it. */
const handOver = (folder: string, { uid, gid }: Account): void => chownSync(folder, uid, gid)

/** A folder of root's own (0700), taken away afterwards with what is in it. */
async function between<T>(work: (folder: string) => T | Promise<T>): Promise<T> {
  const folder = mkdtempSync(join(dirname(STATE), '.vigie-'))
  try {
    return await work(folder)
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

/** What the service wrote, if it is a file of its own and nothing else's. */
async function take(copy: string, file: string, { uid }: Account): Promise<void> {
  const descriptor = openSync(copy, constants.O_RDONLY | constants.O_NOFOLLOW)
  try {
    const stat = fstatSync(descriptor)
    if (!stat.isFile() || stat.uid !== uid || stat.nlink !== 1)
      throw new Trouble(`${copy} is not what the service wrote`)
    await pipeline(
      createReadStream('', { fd: descriptor, autoClose: false }),
      createWriteStream(file, { flags: 'wx', mode: 0o600, flush: true }),
    )
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException
    if (code && code !== 'EEXIST') rmSync(file, { force: true })
    throw code ? new Trouble(`${file} could not be written (${code})`) : cause
  } finally {
    closeSync(descriptor)
  }
}

function named(name: string | undefined): string {
  if (!name) throw new Trouble('name a file', 2)
  return resolve(name)
}
