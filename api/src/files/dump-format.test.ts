import { gzipSync, zstdCompressSync } from 'node:zlib'
import { describe, expect, test } from 'vitest'
import { ContentSink } from './content-sink.ts'
import { type Compression, compressionOf, type DumpFormat, formatOf, hasCompletionMark } from './dump-format.ts'

const inserts = (count: number): string =>
  Array.from({ length: count }, (_, index) => `INSERT INTO t VALUES (${index}, 'row ${index}');\n`).join('')

// As the tools of Debian 12 write them; what differs in every dump of the same data comes as arguments.
const mariadb = (rows = 3, time = ' 2:00:05') =>
  `/*M!999999\\- enable the sandbox mode */ \n-- MariaDB dump 10.19  Distrib 10.11.14-MariaDB, for debian-linux-gnu (x86_64)\n--\n-- Host: localhost    Database: crm\n${inserts(rows)}-- Dump completed on 2026-01-15${time}\n`
const mysql = (rows = 3, time = ' 2:00:05') =>
  `-- MySQL dump 10.13  Distrib 8.0.40, for Linux (x86_64)\n--\n${inserts(rows)}-- Dump completed on 2026-01-15${time}\n`
const postgres = (rows = 3, key = 'Fq3x') =>
  `--\n-- PostgreSQL database dump\n--\n\n\\restrict ${key}\n\n-- Dumped from database version 15.14\n-- Started on 2026-01-15 02:00:00 ${key}\n\n${inserts(rows)}\n-- Completed on 2026-01-15 02:00:05 ${key}\n\n--\n-- PostgreSQL database dump complete\n--\n\n\\unrestrict ${key}\n\n`
const cluster = (rows = 3, key = 'Fq3x') =>
  `--\n-- PostgreSQL database cluster dump\n--\n\n\\restrict ${key}\n\n${inserts(rows)}\n\\unrestrict ${key}\n\n--\n-- PostgreSQL database cluster dump complete\n--\n\n`
const sqlite = (rows = 3) => `PRAGMA foreign_keys=OFF;\nBEGIN TRANSACTION;\n${inserts(rows)}COMMIT;\n`
const tar = (name = 'toc.dat') => {
  const header = Buffer.alloc(512)
  header.write(name)
  header.write('00000000000\0', 124)
  header.write('ustar', 257)
  header.fill(' ', 148, 156)
  header.write(
    `${header
      .reduce((sum, byte) => sum + byte, 0)
      .toString(8)
      .padStart(6, '0')}\0 `,
    148,
  )
  return header
}

const DUMPS: [string, DumpFormat, (rows?: number, volatile?: string) => string][] = [
  ['mariadb-dump', 'MYSQL', mariadb],
  ['mysqldump', 'MYSQL', mysql],
  ['pg_dump', 'POSTGRESQL', postgres],
  ['pg_dumpall', 'POSTGRESQL_CLUSTER', cluster],
  ['sqlite3 .dump', 'SQLITE_DUMP', sqlite],
]

test.each<[string, string | Buffer, DumpFormat]>([
  ...DUMPS.map(([tool, format, make]) => [tool, make(), format] as [string, string, DumpFormat]),
  ['sqlite3 .dump with CRLF', sqlite().replaceAll('\n', '\r\n'), 'SQLITE_DUMP'],
  ['pg_dump -Fc', 'PGDMP\x01\x0e\0', 'PG_ARCHIVE'],
  ['pg_dump -Ft', tar(), 'PG_TAR'],
  ['a tar', tar('etc/'), 'TAR'],
  ['a database of SQLite', 'SQLite format 3\0', 'SQLITE'],
  ['a tar whose header has another sum', Buffer.concat([Buffer.from('etc.dat'), tar().subarray(7)]), 'UNKNOWN'],
  ['mysqldump after a warning (2>&1)', `mysqldump: [Warning] Using a password can be insecure.\n${mysql()}`, 'MYSQL'],
  [
    'pg_dump after a warning',
    `pg_dump: warning: there are circular foreign-key constraints\n${postgres()}`,
    'POSTGRESQL',
  ],
  ['mysqldump in UTF-16', Buffer.from(`\ufeff${mysql().replaceAll('\n', '\r\n')}`, 'utf16le'), 'MYSQL'],
  [
    'the error of mysqldump',
    'mysqldump: Got error: 1045: "Access denied for user" when trying to connect\n',
    'ERROR_MESSAGE',
  ],
  ['the error of mysql', 'ERROR 1045 (28000): Access denied for user\n', 'ERROR_MESSAGE'],
  ['the error of pg_dump', 'pg_dump: error: connection to server failed: FATAL: no such role\n', 'ERROR_MESSAGE'],
  ['the error of a shell', 'bash: line 1: mysqldump: command not found\n', 'ERROR_MESSAGE'],
  ['a text that speaks of one far below', `${'hello\n'.repeat(1000)}${mariadb()}`, 'UNKNOWN'],
  ['a text that speaks of one within a line', `see -- MySQL dump 10.13`, 'UNKNOWN'],
  ['nothing', '', 'UNKNOWN'],
])('The beginning of %s tells its format', (_, head, format) => {
  expect(formatOf(Buffer.from(head))).toBe(format)
})

test.each<[string, Buffer, Compression]>([
  ['gzip', gzipSync('x'), 'GZIP'],
  ['zstd', zstdCompressSync('x'), 'ZSTD'],
  ['pzstd, whose frames begin with one to skip', Buffer.from('502a4d1804000000', 'hex'), 'ZSTD'],
  ['xz', Buffer.from('fd377a585a00', 'hex'), 'XZ'],
  ['bzip2', Buffer.from('BZh9'), 'BZIP2'],
  ['lz4', Buffer.from('04224d18', 'hex'), 'LZ4'],
  ['zip', Buffer.from('PK\x03\x04'), 'ZIP'],
  ['7z', Buffer.from('377abcaf271c', 'hex'), 'SEVEN_ZIP'],
  ['a text', Buffer.from(mariadb()), null],
  ['half a magic number', Buffer.from([0x1f]), null],
  ['nothing', Buffer.alloc(0), null],
])('The magic number of %s tells what compressed it', (_, head, compression) => {
  expect(compressionOf(head)).toBe(compression)
})

describe.each(DUMPS)('A dump of %s', (_, format, make) => {
  test('is whole with its last line, also with CRLF, and not without it', () => {
    const whole = make()
    const withoutMark = whole.replace(/^(-- Dump completed|-- PostgreSQL .*dump complete|COMMIT;).*\n/m, '')
    expect(withoutMark).not.toBe(whole)
    const complete = (text: string): boolean => hasCompletionMark(format, Buffer.from(text))
    expect([whole, whole.replaceAll('\n', '\r\n'), whole.trimEnd()].map(complete)).toEqual([true, true, true])
    expect([withoutMark, whole.slice(0, whole.length / 2), ''].map(complete)).toEqual([false, false, false])
  })

  test('that was killed after data which speaks of the mark is not whole', () => {
    const row = `INSERT INTO t VALUES ('-- Dump completed -- PostgreSQL database dump complete COMMIT;');\n`
    expect(hasCompletionMark(format, Buffer.from(`${make().slice(0, 60)}\n${row}`))).toBe(false)
  })
})

test('Archives and unknown texts have no mark, whatever they end with', () => {
  for (const format of ['PG_ARCHIVE', 'SQLITE', 'UNKNOWN'] as const)
    expect(hasCompletionMark(format, Buffer.from(postgres() + mariadb() + sqlite()))).toBe(false)
})

describe('A dump that streams by', () => {
  const through = (text: string, chunk: number) => {
    const sink = new ContentSink({ hash: true })
    // One buffer for all chunks, as readers use theirs again.
    const buffer = Buffer.alloc(chunk)
    const content = Buffer.from(text)
    for (let from = 0; from < content.length; from += chunk) {
      const length = content.copy(buffer, 0, from, from + chunk)
      sink.write(buffer.subarray(0, length))
    }
    return { ...sink.end(), opening: sink.takeOpening().toString() }
  }
  /** Rows for a dump below HEAD, between HEAD and HEAD + TAIL, and beyond both. */
  const SIZES = [3, 2000, 9000]
  const CHUNKS = [7, 997, 4096, 65_535, 65_536, 65_537, 70_000]

  test.each(DUMPS.flatMap(([tool, format, make]) => SIZES.map((rows) => [tool, rows, format, make] as const)))(
    'of %s with %d rows is the same whatever the size of its chunks',
    (_, rows, format, make) => {
      const chunks = rows > 3 ? CHUNKS : [1, ...CHUNKS]
      const facts = chunks.map((chunk) => through(make(rows), chunk))
      expect(facts[0]).toMatchObject({ format, complete: true, size: make(rows).length })
      for (const [index, { opening, ...other }] of facts.entries()) {
        expect({ ...other, opening: '' }, `chunks of ${chunks[index]}`).toEqual({ ...facts[0], opening: '' })
        expect(make(rows).startsWith(opening)).toBe(true)
      }
    },
  )

  test.each([mariadb, mysql, postgres].flatMap((make) => SIZES.map((rows) => [rows, make] as const)))(
    'with %d rows has the fingerprint of the next night’s dump of the same data, and another hash',
    (rows, make) => {
      const [one, next] = [through(make(rows, ' one'), 65_536), through(make(rows, ' next night'), 7)]
      expect(next.fingerprint).toBe(one.fingerprint)
      expect(next.sha256).not.toBe(one.sha256)
    },
  )

  test.each(SIZES)('with one changed byte among %d rows has another fingerprint', (rows) => {
    const text = mariadb(rows)
    for (const row of [0, rows >> 1, rows - 1]) {
      const changed = text.replace(`'row ${row}'`, `'rov ${row}'`)
      expect(through(changed, 4096).fingerprint, `row ${row}`).not.toBe(through(text, 4096).fingerprint)
    }
  })

  test('keeps a row that only holds the words of a volatile line', () => {
    const text = (row: string) => mariadb().replace('-- Dump', `VALUES ('-- Dump completed ${row}');\n-- Dump`)
    expect(through(text('a'), 7).fingerprint).not.toBe(through(text('b'), 7).fingerprint)
  })

  test('has no fingerprint where it is no text dump, and no hash where none is wanted', () => {
    expect(through('PGDMP and more', 7)).toMatchObject({ format: 'PG_ARCHIVE', fingerprint: null, complete: false })
    expect(new ContentSink({ hash: false }).end()).toMatchObject({ size: 0, format: 'UNKNOWN', sha256: null })
  })
})
