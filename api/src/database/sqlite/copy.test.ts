import {
  copyFileSync,
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { copyDatabase, restoreDatabase } from './copy.ts'
import { lockDatabase } from './lock.ts'

let folder: string
let file: string
let copy: string
const NOW = new Date('2026-11-25T12:00:00Z')

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'vigie-copy-'))
  file = join(folder, 'vigie.sqlite')
  copy = join(folder, 'copy.sqlite')
  write(file, 'first')
})
afterEach(() => rmSync(folder, { recursive: true, force: true }))

function write(path: string, word: string): DatabaseSync {
  const database = new DatabaseSync(path)
  database.exec(
    'pragma auto_vacuum = incremental; pragma journal_mode = wal; create table if not exists mikro_orm_migrations (name text); create table if not exists words (word text)',
  )
  database.prepare('insert into words values (?)').run(word)
  return database
}
const words = (path: string): unknown[] => {
  const database = new DatabaseSync(path, { readOnly: true })
  const found = database
    .prepare('select word from words')
    .all()
    .map(({ word }) => word)
  database.close()
  return found
}

describe('A copy of the database', () => {
  test('holds what was committed, also what still lies in the journal of a running Vigie, and what comes later it does not', () => {
    const running = new DatabaseSync(file)
    running.prepare("insert into words values ('in the journal')").run()
    running.exec("begin immediate; insert into words values ('not committed')")
    copyDatabase(file, copy)
    running.exec('commit')
    expect(words(copy)).toEqual(['first', 'in the journal'])
    running.close()
  })

  test('is for its owner alone, keeps the way the file gives room back, and leaves nothing else behind', () => {
    expect(copyDatabase(file, copy)).toBe(statSync(copy).size)
    expect((statSync(copy).mode & 0o777).toString(8)).toBe('600')
    expect(new DatabaseSync(copy, { readOnly: true }).prepare('pragma auto_vacuum').get()).toEqual({ auto_vacuum: 2 })
    expect(readdirSync(folder).filter((name) => name.startsWith('copy'))).toEqual(['copy.sqlite'])
  })

  test('never replaces a file, and of a database that is not there there is none', () => {
    writeFileSync(copy, 'mine')
    expect(() => copyDatabase(file, copy)).toThrow(/FILE: .* exists/)
    expect(readFileSync(copy, 'utf8')).toBe('mine')
    expect(() => copyDatabase(join(folder, 'none.sqlite'), join(folder, 'x'))).toThrow(/There is no database at/)
    expect(existsSync(join(folder, 'none.sqlite'))).toBe(false)
  })

  test('into a folder that is not there says so, and leaves the database as it is', () => {
    expect(() => copyDatabase(file, join(folder, 'no/where.sqlite'))).toThrow(/could not be copied to .*ENOENT/)
    expect(words(file)).toEqual(['first'])
  })
})

describe('Restoring a copy', () => {
  test('puts it in the place of the database and keeps what stood there, with its journal', async () => {
    copyDatabase(file, copy)
    const killed = write(file, 'second')
    const kept = (await restoreDatabase(copy, file, NOW)) as string
    killed.close()
    expect(words(file)).toEqual(['first'])
    expect(kept).toBe(`${file}.replaced-2026-11-25T12-00-00.000Z`)
    expect(words(kept)).toEqual(['first', 'second'])
    expect(existsSync(copy)).toBe(true)
  })

  test('takes a copy with its journal, as a killed Vigie leaves it, and changes nothing where the copy lies', async () => {
    const killed = write(join(folder, 'killed.sqlite'), 'in the journal')
    for (const part of ['', '-wal']) copyFileSync(join(folder, `killed.sqlite${part}`), copy + part)
    killed.close()
    await restoreDatabase(copy, file, NOW)
    expect(words(file)).toEqual(['in the journal'])
    expect(statSync(`${copy}-wal`).size).toBeGreaterThan(0)
    expect(readdirSync(folder).filter((name) => name.includes('unfinished'))).toEqual([])
  })

  test('makes the folder of the database where a new machine has none', async () => {
    copyDatabase(file, copy)
    const elsewhere = join(folder, 'new/data/vigie.sqlite')
    expect(await restoreDatabase(copy, elsewhere, NOW)).toBeNull()
    expect(words(elsewhere)).toEqual(['first'])
  })

  test('works where no database is left', async () => {
    copyDatabase(file, copy)
    for (const part of ['', '-wal', '-shm']) rmSync(file + part, { force: true })
    expect(await restoreDatabase(copy, file, NOW)).toBeNull()
    expect(words(file)).toEqual(['first'])
  })

  test('is refused while a Vigie runs on the database', async () => {
    copyDatabase(file, copy)
    const lock = lockDatabase(file)
    await expect(restoreDatabase(copy, file, NOW)).rejects.toThrow(/Another Vigie is running/)
    await lock.release()
  })

  test.each([
    ['text', () => writeFileSync(copy, 'no database'.repeat(100)), /is no SQLite database/],
    [
      'a database of something else',
      () => new DatabaseSync(copy).exec('create table x (y)'),
      /is no database of Vigie/,
    ],
    ['nothing', () => undefined, /does not exist/],
    [
      'a damaged copy',
      () => {
        copyDatabase(file, copy)
        const bytes = readFileSync(copy)
        writeFileSync(copy, bytes.fill(0x5a, 4096, bytes.length))
      },
      /damaged|malformed|SQLITE/i,
    ],
  ])('of %s is refused, and the database stays', async (_what, make, message) => {
    make()
    await expect(restoreDatabase(copy, file, NOW)).rejects.toThrow(message)
    expect(words(file)).toEqual(['first'])
  })
})
