import { createHmac, randomUUID } from 'node:crypto'
import { link, readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { Ending, ExitStatus } from '../exit-status.ts'
import { makeFolder } from '../host/make-folder.ts'
import { MACHINE_KEY } from '../report/limits.ts'

/** Made at the first run and kept, readable by its owner alone. Two agents that start at once end with the same key. */
export async function machineKey(stateDir: string): Promise<string> {
  const file = join(stateDir, 'machine-key')
  const known = await readKey(file)
  if (known) return known
  try {
    return await makeKey(stateDir, file)
  } catch (error) {
    const why = (error as NodeJS.ErrnoException).code ?? (error as Error).message
    throw new Ending(
      ExitStatus.USAGE,
      `The machine's key cannot be kept in ${stateDir} (${why}): set VIGIE_STATE_DIR to a folder that can be written`,
    )
  }
}

async function makeKey(stateDir: string, file: string): Promise<string> {
  await makeFolder(stateDir, 0o700)
  const draft = `${file}.${process.pid}`
  await writeFile(draft, `${randomUUID()}\n`, { mode: 0o600 })
  try {
    await link(draft, file)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error
    if (!(await readKey(file))) await writeFile(file, await readFile(draft), { mode: 0o600 })
  } finally {
    await rm(draft, { force: true })
  }
  return (await readKey(file)) as string
}

async function readKey(file: string): Promise<string | null> {
  const text = await readFile(file, 'utf8').catch((error: NodeJS.ErrnoException) => {
    // A key that cannot be read is not one that is not there: a new one would make a new machine.
    if (error.code === 'ENOENT' || error.code === 'ENOTDIR') return ''
    throw new Ending(ExitStatus.USAGE, `The machine's key ${file} cannot be read (${error.code ?? error.message})`)
  })
  return MACHINE_KEY.test(text.trim()) ? text.trim() : null
}

// sd_id128_get_machine_app_specific(3): HMAC-SHA256 keyed by the machine-id, so that the id itself stays private.
const APPLICATION_ID = Buffer.from('b1c7f5a2d9e84e0c9a3f61d27c504e8b', 'hex')

/** The application-specific id of this machine; null where /etc/machine-id is absent or not yet made. */
export function machineIdHash(machineId: string): string | null {
  return keyedHash(machineId, [])
}

/**
 * Tells a machine from a copy of its whole disk, machine-id and all: the UUID of its board (dmidecode(8); root alone may
 * read it) and the addresses of its network cards. Null where there is neither.
 */
export function hardwareHash(machineId: string, boardUuid: string | null, macs: readonly string[]): string | null {
  const signs = [...(boardUuid ? [boardUuid] : []), ...macs.map((mac) => mac.toLowerCase()).sort()]
  return signs.length > 0 ? keyedHash(machineId, ['hardware', ...signs]) : null
}

/** Of one start of the kernel (random(4), boot_id): one that comes back after another is of a second running system. */
export function bootHash(machineId: string, bootId: string | null): string | null {
  return bootId ? keyedHash(machineId, ['boot', bootId]) : null
}

function keyedHash(machineId: string, texts: readonly string[]): string | null {
  const id = machineId.trim()
  if (!/^[0-9a-f]{32}$/.test(id)) return null
  const hash = createHmac('sha256', Buffer.from(id, 'hex')).update(APPLICATION_ID)
  for (const text of texts) hash.update(text).update('\0')
  return hash.digest('hex').slice(0, 32)
}
