import {
  type BigIntStats,
  closeSync,
  type Dirent,
  fstatSync,
  lstatSync,
  readdirSync,
  readFileSync,
  realpathSync,
} from 'node:fs'
import { isUtf8 } from 'node:buffer'
import { createHash } from 'node:crypto'
import { join } from 'node:path'
import { openBelow } from '../files/open-below.ts'
import { LARGEST_REPORT, type ReadReport, readReportFile } from './report-file.ts'

// Looks for reports. What it costs grows with what changed: a folder whose time of change is the known one is not read.

export interface FoldersOrder {
  root: string
  /** Folders below the root that hold reports, besides each agent's own and its log/. */
  others: string[]
  /** Folder → mtime (ns) at which nothing in it was left to do. */
  known: Record<string, string>
  /** A folder whose time of change is younger than this, in ms, may still change within the same instant. */
  settledMs: number
}

/** A path below the root; `bytes` = it is not UTF-8, and `path` only shows it. */
export interface FoundName {
  path: string
  bytes: Uint8Array | null
}

export interface FolderFound {
  /** Below the root. */
  path: string
  mtimeNs: string
  /** Whether it was older than two seconds when it was read: only then may it be skipped next time. */
  settled: boolean
  reports: FoundName[]
  /** Why it cannot be read; null = it was. */
  error: string | null
}

export interface FoldersFound {
  folders: FolderFound[]
  /** How many were as they were. */
  unchanged: number
}

const isReport = ({ name }: Dirent<Buffer>): boolean => /^[^.].*\.json$/is.test(name.toString('latin1'))

/** `r\\xE9sultat.json`: as shells write what is not UTF-8. */
const shown = (name: Buffer): string =>
  isUtf8(name)
    ? name.toString()
    : name
        .toString('latin1')
        .replace(/[^ -~]/g, (sign) => `\\x${sign.charCodeAt(0).toString(16).toUpperCase().padStart(2, '0')}`)

const below = (folder: string, name: Buffer): FoundName => ({
  path: `${folder}/${shown(name)}`,
  bytes: isUtf8(name) ? null : Buffer.concat([Buffer.from(`${folder}/`), name]),
})

export function readFolders({ root, others, known, settledMs }: FoldersOrder): FoldersFound {
  const found: FolderFound[] = []
  let unchanged = 0
  const visit = (path: string): void => {
    const folder = readFolder(root, path, known, settledMs)
    if (folder === 'UNCHANGED') unchanged += 1
    else if (folder !== null) found.push(folder)
  }
  // The root tells its agents only when one came or went; their names are needed each time.
  const agents = readdirSync(root, { withFileTypes: true, encoding: 'buffer' })
  const log = others.length > 0 ? new Set(others) : null
  for (const agent of agents) {
    const name = shown(agent.name)
    if (!agent.isDirectory() || name.startsWith('.')) continue
    if (!isUtf8(agent.name)) {
      found.push({ path: name, mtimeNs: '', settled: false, reports: [], error: 'its name is not UTF-8: rename it' })
      continue
    }
    visit(name)
    visit(`${name}/log`)
  }
  for (const path of log ?? []) if (!/^[^/]+(\/log)?$/.test(path)) visit(path)
  return { folders: found, unchanged }
}

function readFolder(
  root: string,
  path: string,
  known: Record<string, string>,
  settledMs: number,
): FolderFound | 'UNCHANGED' | null {
  const folder = join(root, path)
  let stat: BigIntStats | undefined
  try {
    stat = lstatSync(folder, { bigint: true, throwIfNoEntry: false })
  } catch (cause) {
    return {
      path,
      mtimeNs: '',
      settled: false,
      reports: [],
      error: (cause as NodeJS.ErrnoException).code ?? 'unreadable',
    }
  }
  if (!stat?.isDirectory()) return null
  const mtimeNs = String(stat.mtimeNs)
  if (known[path] === mtimeNs) return 'UNCHANGED'
  const settled = Date.now() - Number(stat.mtimeNs / 1_000_000n) >= settledMs
  try {
    // A link on the way to it would lead out of the deposit.
    if (realpathSync(folder) !== join(realpathSync(root), path)) return null
    const reports = readdirSync(folder, { withFileTypes: true, encoding: 'buffer' })
      .filter(isReport)
      .map(({ name }) => below(path, name))
      .toSorted((a, b) => (a.path < b.path ? -1 : 1))
    return { path, mtimeNs, settled, reports, error: null }
  } catch (cause) {
    return { path, mtimeNs, settled: false, reports: [], error: (cause as NodeJS.ErrnoException).code ?? 'unreadable' }
  }
}

export interface ReportFound extends FoundName {
  /** When it arrived, by this server: the time of change of its inode. */
  arrivedAtMs: number
  size: number
  /** The file that was read: only this one is removed after it was recorded. */
  ino: string
  /** The system refused to let it be read: of this agent nothing can be called missing. */
  blind: boolean
  read: ReadReport
}

/** Reads report files; one that has vanished meanwhile is left out. */
export function readReports({ root, reports }: { root: string; reports: FoundName[] }): ReportFound[] {
  return reports.flatMap((report) => readReport(root, report) ?? [])
}

function readReport(root: string, { path, bytes }: FoundName): ReportFound | null {
  const refused = (outcome: 'TOO_LARGE' | 'UNREADABLE', detail: string): ReadReport => ({
    ok: false,
    outcome,
    detail,
    raw: null,
    runId: '',
  })
  let fd: number
  try {
    fd = openBelow(root, bytes ?? path)
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException
    if (code === 'ENOENT') return null
    const detail =
      code === 'ELOOP' ? 'It is a symbolic link; links are never followed.' : `It cannot be read (${code}).`
    const blind = code !== 'ELOOP'
    return {
      path,
      bytes,
      arrivedAtMs: Date.now(),
      size: 0,
      ino: '',
      blind,
      read: identified(refused('UNREADABLE', detail), path),
    }
  }
  try {
    const stat = fstatSync(fd, { bigint: true })
    const facts = {
      path,
      bytes,
      arrivedAtMs: Number(stat.ctimeMs),
      size: Number(stat.size),
      ino: String(stat.ino),
      blind: false,
    }
    const same = `${path} ${stat.ino} ${stat.ctimeNs}`
    if (!stat.isFile()) return { ...facts, read: identified(refused('UNREADABLE', 'It is no plain file.'), same) }
    if (facts.size > LARGEST_REPORT) {
      return {
        ...facts,
        read: identified(
          refused('TOO_LARGE', `It has ${facts.size} bytes; a report has at most ${LARGEST_REPORT}.`),
          same,
        ),
      }
    }
    return { ...facts, read: identified(readReportFile(readFileSync(fd)), same) }
  } catch (cause) {
    // EIO and its like: one report that cannot be read is no end of the others.
    const detail = `It cannot be read (${(cause as NodeJS.ErrnoException).code ?? (cause as Error).message}).`
    return {
      path,
      bytes,
      arrivedAtMs: Date.now(),
      size: 0,
      ino: '',
      blind: true,
      read: identified(refused('UNREADABLE', detail), path),
    }
  } finally {
    closeSync(fd)
  }
}

/** A bad file is known by its place and its making: the same content, sent again, is bad anew. */
const identified = (read: ReadReport, by: string): ReadReport =>
  read.ok ? read : { ...read, runId: createHash('sha256').update(`${read.outcome} ${by} ${read.runId}`).digest('hex') }
