import { open, readdir, stat } from 'node:fs/promises'
import { join } from 'node:path'
import type { AptSource } from '../report/updates.ts'

const LISTS = '/var/lib/apt/lists'
/** Written by apt.systemd.daily and by update-notifier-common after a refresh, even where one of several sources failed. */
const STAMPS = ['/var/lib/apt/periodic/update-success-stamp', '/var/lib/apt/periodic/update-stamp']
/** More sources than any system has. */
const MOST = 1000
/** What is asked for stands in the first lines; below them come the sums of all files. */
const HEAD_BYTES = 4096

/** What the lists of packages on this machine are, and since when. */
export async function readLists(
  folder = LISTS,
  stamps: readonly string[] = STAMPS,
): Promise<{ refreshedAt: string | null; sources: AptSource[] }> {
  const sources: AptSource[] = []
  const times: number[] = []
  for (const name of (await readdir(folder).catch(() => [])).sort()) {
    if (!/_(In)?Release$/.test(name) || sources.length === MOST) continue
    const storedAt = await storedTime(join(folder, name))
    if (storedAt !== null) times.push(storedAt)
    const head = await readHead(join(folder, name))
    if (head !== null) sources.push(readRelease(head, storedAt))
  }
  // Without lists a stamp says nothing.
  for (const stamp of sources.length > 0 ? stamps : []) {
    const at = await stat(stamp).then(
      ({ mtimeMs }) => mtimeMs,
      () => null,
    )
    if (at !== null) times.push(at)
  }
  return { refreshedAt: times.length > 0 ? toTime(Math.max(...times)) : null, sources }
}

/** By the change of its inode: the time of its content is set to what the server says (apt keeps Last-Modified). */
const storedTime = (file: string): Promise<number | null> =>
  stat(file).then(
    ({ ctimeMs }) => ctimeMs,
    () => null,
  )

async function readHead(path: string): Promise<string | null> {
  const file = await open(path).catch(() => null)
  if (!file) return null
  try {
    const { buffer, bytesRead } = await file.read(Buffer.alloc(HEAD_BYTES), 0, HEAD_BYTES, 0)
    return buffer.toString('utf8', 0, bytesRead)
  } catch {
    return null
  } finally {
    await file.close()
  }
}

const toTime = (ms: number): string | null => (Number.isFinite(ms) ? new Date(ms).toISOString() : null)

/** A Release or InRelease file (Debian repository format): fields until the list of sums. */
export function readRelease(head: string, storedAt: number | null): AptSource {
  const fields = new Map<string, string>()
  for (const line of head.split('\n')) {
    const [, key, value] = /^([A-Za-z-]+): ?(.*)$/.exec(line) ?? []
    if (key && value !== undefined && !fields.has(key)) fields.set(key, value.trim().slice(0, 512))
  }
  const word = (key: string): string | null => fields.get(key) || null
  const time = (key: string): string | null => toTime(Date.parse(fields.get(key) ?? ''))
  return {
    origin: word('Origin'),
    label: word('Label'),
    archive: word('Suite'),
    codename: word('Codename'),
    madeAt: time('Date'),
    validUntil: time('Valid-Until'),
    storedAt: storedAt === null ? null : toTime(storedAt),
  }
}
