import { beginsLikeTar } from './tar-walk.ts'

// How dumps begin and end. Pure: bytes of the head and the tail in, a word out.

export type DumpFormat =
  | ('MYSQL' | 'POSTGRESQL' | 'POSTGRESQL_CLUSTER' | 'SQLITE_DUMP')
  | ('PG_ARCHIVE' | 'PG_TAR' | 'TAR' | 'SQLITE')
  /** The words of a tool that failed, in the place of a dump. */
  | 'ERROR_MESSAGE'
  | 'UNKNOWN'
export type Compression = 'GZIP' | 'ZSTD' | 'XZ' | 'BZIP2' | 'LZ4' | 'ZIP' | 'SEVEN_ZIP' | null

/** How much of the beginning and of the end is kept for reading. */
export const HEAD = 64 * 1024
export const TAIL = 64 * 1024
/** The mark of a dump stands within its first lines; what a tool warned of before it may stand above. */
const OPENING = 4096

const MAGIC: [Compression, number[]][] = [
  ['GZIP', [0x1f, 0x8b]],
  ['ZSTD', [0x28, 0xb5, 0x2f, 0xfd]],
  ['XZ', [0xfd, 0x37, 0x7a, 0x58, 0x5a, 0x00]],
  ['BZIP2', [0x42, 0x5a, 0x68]],
  ['LZ4', [0x04, 0x22, 0x4d, 0x18]],
  ['ZIP', [0x50, 0x4b, 0x03, 0x04]],
  ['ZIP', [0x50, 0x4b, 0x05, 0x06]], // with nothing in it
  ['SEVEN_ZIP', [0x37, 0x7a, 0xbc, 0xaf]],
]

/** A frame that decoders skip (RFC 8878 §3.1.2): pzstd begins each of its own with one. */
const isSkippable = (head: Buffer): boolean =>
  head.length >= 4 && (head.readUInt32LE(0) & 0xfffffff0) >>> 0 === 0x184d2a50

/** By magic bytes; null = not compressed. */
export const compressionOf = (head: Buffer): Compression =>
  isSkippable(head)
    ? 'ZSTD'
    : (MAGIC.find(([, magic]) => magic.every((byte, index) => head[index] === byte))?.[0] ?? null)

/** UTF-16 with its mark, as PowerShell's `>` writes it. */
export const isUtf16 = (head: Buffer): boolean => head[0] === 0xff && head[1] === 0xfe

/** Bytes as text, each a character; of UTF-16 what it says. `whole` bytes lie before it. */
function textOf(bytes: Buffer, utf16: boolean, before = 0): string {
  if (!utf16) return bytes.toString('latin1')
  const even = bytes.subarray(before % 2)
  return even.toString('utf16le').replace(/^\ufeff/, '')
}

/** What a dump is, by its first lines: as the tools of Debian 12 write them. */
export function formatOf(head: Buffer): DumpFormat {
  const text = textOf(head.subarray(0, OPENING), isUtf16(head))
  if (text.startsWith('PGDMP')) return 'PG_ARCHIVE'
  if (beginsLikeTar(head)) return text.startsWith('toc.dat\0') ? 'PG_TAR' : 'TAR'
  if (text.startsWith('SQLite format 3\0')) return 'SQLITE'
  if (/^-- (?:MySQL|MariaDB) dump /m.test(text)) return 'MYSQL'
  if (/^--\r?\n-- PostgreSQL database cluster dump\r?$/m.test(text)) return 'POSTGRESQL_CLUSTER'
  if (/^--\r?\n-- PostgreSQL database dump\r?$/m.test(text)) return 'POSTGRESQL'
  if (/^PRAGMA foreign_keys=OFF;\r?\nBEGIN TRANSACTION;/m.test(text)) return 'SQLITE_DUMP'
  if (ERROR_LINE.test(text) && !/^(?:CREATE|INSERT|COPY|BEGIN) /m.test(text)) return 'ERROR_MESSAGE'
  return 'UNKNOWN'
}

/** How the tools begin what they say when they fail. */
const ERROR_LINE =
  /^(?:(?:mysqldump|mariadb-dump|mysql|mariadb|pg_dump|pg_dumpall|psql|pg_basebackup|mongodump): |ERROR \d{4} \(|(?:bash|sh|zsh): )/

/** The line that says why; null = the content is no message. */
export const errorLineOf = (head: Buffer): string =>
  textOf(head.subarray(0, OPENING), isUtf16(head)).split(/\r?\n/, 1)[0]?.slice(0, 300) ?? ''

/**
 * Whether a PostgreSQL archive says of itself that its data is not compressed, and so carries no checksum (pg_dump -Fc
 * -Z0). From 1.15 (PostgreSQL 16) a byte names the algorithm, 0 = none; before, an integer tells the level
 * (pg_backup_archiver.c, ReadHead).
 */
export function hasNoChecksums(head: Buffer): boolean {
  if (head.toString('latin1', 0, 5) !== 'PGDMP' || head.length < 20) return false
  const [major, minor, integerSize] = [head[5] as number, head[6] as number, head[8] as number]
  if (major > 1 || minor >= 15) return head[11] === 0
  return integerSize <= 8 && head.subarray(11, 12 + integerSize).every((byte) => byte === 0)
}

/** The line that the tool writes last, once everything before it is written; a format that is absent has none. */
const COMPLETION_MARKS = new Map<DumpFormat, string>([
  ['MYSQL', '-- Dump completed'],
  ['POSTGRESQL', '-- PostgreSQL database dump complete'],
  ['POSTGRESQL_CLUSTER', '-- PostgreSQL database cluster dump complete'],
  ['SQLITE_DUMP', 'COMMIT;'],
])

/** Whether the end of a dump holds its mark. pg_dump writes a few lines after it (\unrestrict); the others none. */
export function hasCompletionMark(
  format: DumpFormat,
  tail: Buffer,
  { utf16, before }: { utf16: boolean; before: number } = { utf16: false, before: 0 },
): boolean {
  const mark = COMPLETION_MARKS.get(format)
  if (mark === undefined) return false
  const lines = textOf(tail, utf16, before).split(/\r?\n/).filter(Boolean)
  if (format === 'SQLITE_DUMP') return lines.at(-1) === mark
  if (format === 'MYSQL') return lines.at(-1)?.startsWith(mark) ?? false
  // After it only comments and \\unrestrict follow: a row of data that reads like the mark is none.
  const at = lines.findLastIndex((line) => line === mark)
  return at >= 0 && lines.slice(at + 1).every((line) => line.startsWith('--') || line.startsWith('\\unrestrict '))
}

/** The day that a dump gives itself, as its tool wrote it in the time of its own machine; null = it gives none. */
export function dumpedOn(head: Buffer, tail: Buffer): string | null {
  const written = /^-- Dump completed on (\d{4}-\d\d-\d\d)/m.exec(tail.toString('latin1').slice(-2048))
  const started = /^-- Started on (\d{4}-\d\d-\d\d)/m.exec(head.toString('latin1', 0, OPENING))
  return written?.[1] ?? started?.[1] ?? null
}

/** Lines that differ in every dump of the same data: the random key of psql's \restrict (CVE-2025-8714), and times. */
const VOLATILE = /^(?:\\(?:un)?restrict |-- Dump completed|-- (?:Started|Completed) on )/

/** The text without volatile lines. */
export const withoutVolatileLines = (text: Buffer): Buffer =>
  Buffer.from(
    text
      .toString('latin1')
      .split(/(?<=\n)/)
      .filter((line) => !VOLATILE.test(line))
      .join(''),
    'latin1',
  )
