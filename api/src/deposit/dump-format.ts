// How dumps begin and end. Pure: bytes of the head and the tail in, a word out.

export type DumpFormat =
  'MYSQL' | 'POSTGRESQL' | 'POSTGRESQL_CLUSTER' | 'SQLITE_DUMP' | 'PG_ARCHIVE' | 'SQLITE' | 'UNKNOWN'
export type Compression = 'GZIP' | 'ZSTD' | 'UNKNOWN' | null

/** How much of the beginning and of the end is kept for reading. */
export const HEAD = 64 * 1024
export const TAIL = 64 * 1024

const MAGIC: [Compression, number[]][] = [
  ['GZIP', [0x1f, 0x8b]],
  ['ZSTD', [0x28, 0xb5, 0x2f, 0xfd]],
  ['UNKNOWN', [0xfd, 0x37, 0x7a, 0x58, 0x5a, 0x00]], // xz
  ['UNKNOWN', [0x42, 0x5a, 0x68]], // bzip2
  ['UNKNOWN', [0x04, 0x22, 0x4d, 0x18]], // lz4
  ['UNKNOWN', [0x50, 0x4b, 0x03, 0x04]], // zip
  ['UNKNOWN', [0x37, 0x7a, 0xbc, 0xaf]], // 7z
]

/** By magic bytes. 'UNKNOWN' = compressed, but nothing here can read it; null = not compressed. */
export const compressionOf = (head: Buffer): Compression =>
  MAGIC.find(([, magic]) => magic.every((byte, index) => head[index] === byte))?.[0] ?? null

/** What a dump is, by its first lines: as the tools of Debian 12 write them. */
export function formatOf(head: Buffer): DumpFormat {
  const text = head.subarray(0, 4096).toString('latin1')
  if (text.startsWith('PGDMP')) return 'PG_ARCHIVE'
  // pg_dump -Ft: a tar whose first member is its table of contents.
  if (text.startsWith('toc.dat\0') && text.slice(257, 262) === 'ustar') return 'PG_ARCHIVE'
  if (text.startsWith('SQLite format 3\0')) return 'SQLITE'
  if (/^(?:\/\*M?!\d[^\n]*\n)*-- (?:MySQL|MariaDB) dump /.test(text)) return 'MYSQL'
  if (/^--\n-- PostgreSQL database cluster dump\n/.test(text)) return 'POSTGRESQL_CLUSTER'
  if (/^--\n-- PostgreSQL database dump\n/.test(text)) return 'POSTGRESQL'
  if (/^PRAGMA foreign_keys=OFF;\r?\nBEGIN TRANSACTION;/.test(text)) return 'SQLITE_DUMP'
  return 'UNKNOWN'
}

/** The line that the tool writes last, once everything before it is written. Null = this format has none. */
export const completionMark = (format: DumpFormat): string | null =>
  ({
    MYSQL: '-- Dump completed',
    POSTGRESQL: '-- PostgreSQL database dump complete',
    POSTGRESQL_CLUSTER: '-- PostgreSQL database cluster dump complete',
    SQLITE_DUMP: 'COMMIT;',
    PG_ARCHIVE: null,
    SQLITE: null,
    UNKNOWN: null,
  })[format]

/** Whether the end of a dump holds its mark. pg_dump writes a few lines after it (\unrestrict); the others none. */
export function hasCompletionMark(format: DumpFormat, tail: Buffer): boolean {
  const mark = completionMark(format)
  if (mark === null) return false
  const lines = tail.toString('latin1').split(/\r?\n/).filter(Boolean)
  if (format === 'SQLITE_DUMP') return lines.at(-1) === mark
  if (format === 'MYSQL') return lines.at(-1)?.startsWith(mark) ?? false
  // After it only comments and \\unrestrict follow: a row of data that reads like the mark is none.
  const at = lines.findLastIndex((line) => line === mark)
  return at >= 0 && lines.slice(at + 1).every((line) => line.startsWith('--') || line.startsWith('\\unrestrict '))
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
