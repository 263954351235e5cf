import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { Kysely, sql } from 'kysely'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { SqliteEngine } from './sqlite-engine.ts'

interface Tables {
  word: { id: number; text: string | null; content: Buffer | null }
}

let folder = ''
let file = ''
let engine: SqliteEngine
let db: Kysely<Tables>

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'vigie-dialect-'))
  file = join(folder, 'x.sqlite')
  await open()
  await sql`create table word (id integer primary key, text text, content blob)`.execute(db)
  await sql`create table page (id integer primary key, word_id integer references word (id) deferrable initially deferred)`.execute(
    db,
  )
})
afterEach(async () => {
  await db.destroy()
  rmSync(folder, { recursive: true, force: true })
})

async function open(pragmas: string[] = []): Promise<void> {
  await db?.destroy()
  const all = [...pragmas, 'journal_mode = wal', 'foreign_keys = on']
  engine = new SqliteEngine(file, { turn: 300, lock: 60 }, all)
  db = new Kysely<Tables>({ dialect: engine })
}

const words = async (): Promise<unknown[]> =>
  (await db.selectFrom('word').select('text').execute()).map((row) => row.text)
const add = (text: string): Promise<unknown> =>
  db
    .insertInto('word')
    .values({ text } as never)
    .execute()
const codeOf = (work: Promise<unknown>): Promise<unknown> =>
  work.then(
    () => 'no error',
    (error: { extensions?: { code?: string }; message: string }) => error.extensions?.code ?? error.message,
  )

describe('The connection comes back, whatever fails', () => {
  test('when another program holds the lock: a transaction and a statement say so, reading goes on', async () => {
    await add('before')
    const other = new DatabaseSync(file)
    other.exec('begin immediate')
    expect(await codeOf(db.startTransaction().execute())).toBe('DATABASE_BUSY')
    expect(await codeOf(add('during'))).toBe('DATABASE_BUSY')
    expect(await words()).toEqual(['before'])
    other.exec('rollback')
    other.close()
    await add('after')
    expect(await words()).toEqual(['before', 'after'])
  })

  test('and who waits while the lock is given back gets it', async () => {
    const other = new DatabaseSync(file)
    other.exec('begin immediate')
    const waiting = add('waited')
    setTimeout(() => other.exec('rollback'), 20)
    await waiting
    other.close()
    expect(await words()).toEqual(['waited'])
  })

  test('while one waits for the lock of another program, the others go on', async () => {
    await add('before')
    const other = new DatabaseSync(file)
    other.exec('begin immediate')
    const waiting = codeOf(add('during'))
    const order: string[] = []
    await Promise.all([waiting.then(() => order.push('waited')), words().then(() => order.push('read'))])
    expect(order).toEqual(['read', 'waited'])
    other.close()
  })

  test('and once it is closed, who still waits is told so, and no file is opened anew', async () => {
    const transaction = await db.startTransaction().execute()
    const waiting = codeOf(words())
    engine.closeAtOnce()
    await transaction.rollback().execute()
    expect(await waiting).toBe('The database is closed')
  })

  test('when the disk is full, in a statement and in COMMIT, and nothing of the transaction stays', async () => {
    await open(['cache_size = 10', 'max_page_count = 12'])
    const big = 'x'.repeat(20 * 4096)
    expect(await codeOf(add(big))).toBe('DATABASE_FULL')
    const transaction = await db.startTransaction().execute()
    await transaction
      .insertInto('word')
      .values({ text: 'small' } as never)
      .execute()
    expect(
      await codeOf(
        transaction
          .insertInto('word')
          .values({ text: big } as never)
          .execute(),
      ),
    ).toBe('DATABASE_FULL')
    await transaction.rollback().execute()
    expect(await words()).toEqual([])
    await add('fits')
    expect(await words()).toEqual(['fits'])
  })

  test('when COMMIT fails, and a rollback after it is no error', async () => {
    const transaction = await db.startTransaction().execute()
    await sql`insert into page (word_id) values (99)`.execute(transaction)
    expect(await codeOf(transaction.commit().execute())).toBe('FOREIGN KEY constraint failed')
    await transaction.rollback().execute()
    await add('after')
    expect(await words()).toEqual(['after'])
    expect((await sql`select * from page`.execute(db)).rows).toEqual([])
  })

  test('when SQLite ended the transaction by itself: what comes after it is not written outside of it', async () => {
    const transaction = await db.startTransaction().execute()
    await sql`insert into word (text) values ('first')`.execute(transaction)
    await sql`rollback`.execute(transaction)
    expect(await codeOf(sql`insert into word (text) values ('second')`.execute(transaction))).toMatch(/has ended/)
    expect(await codeOf(transaction.commit().execute())).toMatch(/no transaction is active/)
    expect(await words()).toEqual([])
  })

  test('when the work in a transaction fails', async () => {
    const work = db.transaction().execute(async (transaction) => {
      await transaction
        .insertInto('word')
        .values({ text: 'never' } as never)
        .execute()
      throw new Error('the work failed')
    })
    expect(await codeOf(work)).toBe('the work failed')
    expect(await words()).toEqual([])
  })

  test('and a transaction that never ends keeps the others waiting for a bounded time, and is seen', async () => {
    const transaction = await db.startTransaction().execute()
    expect(engine.heldFor).toBe(0)
    const waiting = codeOf(words())
    await new Promise(setImmediate)
    expect(engine.heldFor).toBeGreaterThan(0)
    expect(await waiting).toBe('DATABASE_BUSY')
    const second = words()
    await transaction.commit().execute()
    expect(await second).toEqual([])
  })
})

describe('What is written is read again', () => {
  test.each<[string, unknown, unknown]>([
    ['a whole number in a text', 5, '5'],
    ['zero', 0, '0'],
    ['a negative number', -7, '-7'],
    ['a fraction', 1.5, '1.5'],
    ['text', 'L’été', 'L’été'],
    ['nothing', null, null],
  ])('%s', async (_what, value, expected) => {
    await add(value as string)
    expect(await words()).toEqual([expected])
  })

  test('bytes as a Buffer, also where the first row has none and where they are computed', async () => {
    await db
      .insertInto('word')
      .values([{ content: null }, { content: Buffer.from('bytes') }] as never)
      .execute()
    const rows = await db.selectFrom('word').select('content').execute()
    expect(rows.map(({ content }) => Buffer.isBuffer(content) && content.toString())).toEqual([false, 'bytes'])
    const computed = await sql<{ c: unknown }>`select max(content) as c from word`.execute(db)
    expect(Buffer.isBuffer(computed.rows[0]?.c)).toBe(true)
  })

  test('a whole number beyond 2^53 as the nearest that there is', async () => {
    await sql`insert into word (id) values (9223372036854775807)`.execute(db)
    expect(await db.selectFrom('word').select('id').executeTakeFirst()).toEqual({ id: 2 ** 63 })
    expect(await db.selectFrom('word').select('id').executeTakeFirst()).toEqual({ id: 2 ** 63 })
  })

  test('a pragma does all of its work, not one step of it', async () => {
    await db.destroy()
    file = join(folder, 'y.sqlite')
    await open(['auto_vacuum = incremental'])
    await sql`create table word (id integer primary key, text text, content blob)`.execute(db)
    for (let count = 0; count < 50; count += 1) await add('x'.repeat(20_000))
    await sql`delete from word`.execute(db)
    const free = async () =>
      Object.values((await sql<object>`pragma freelist_count`.execute(db)).rows[0] ?? {})[0] as number
    expect(await free()).toBeGreaterThan(100)
    await sql`pragma incremental_vacuum(1000)`.execute(db)
    expect(await free()).toBe(0)
  })

  test('savepoints are given up without the transaction', async () => {
    const transaction = await db.startTransaction().execute()
    await sql`insert into word (text) values ('kept')`.execute(transaction)
    const inner = await transaction.savepoint('one').execute()
    await sql`insert into word (text) values ('given up')`.execute(inner)
    await inner.rollbackToSavepoint('one').execute()
    await transaction.commit().execute()
    expect(await words()).toEqual(['kept'])
  })

  test('what was asked at once is answered in that order', async () => {
    await Promise.all(Array.from({ length: 50 }, (_, index) => add(String(index))))
    expect(await words()).toEqual(Array.from({ length: 50 }, (_, index) => String(index)))
  })
})
