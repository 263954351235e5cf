import { AsyncLocalStorage } from 'node:async_hooks'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import type { EntityManager, Orm } from '../src/database/database.ts'
import { openDatabase } from '../src/database/database.ts'
import { ApiClient } from '../src/access/api-client.entity.ts'
import { insertRows } from '../src/database/rows.ts'
import { tables } from '../src/database/tables.ts'
import { createGroupTransact } from '../src/database/group-transaction.ts'
import type { TransactionOutbox } from '../src/database/transaction.ts'
import { onPostgresql, type TestDatabase, testDatabase } from './test-database.ts'

// Whether it was one transaction is seen by what another connection finds meanwhile.

let folder: string
let database: TestDatabase
let orm: Orm
let other: Orm
/** What was told, in order. */
let told: string[]

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'vigie-together-'))
  database = await testDatabase(folder)
  orm = await openDatabase(database.address)
  other = await openDatabase(database.address)
  // SQLite is set up by its first question, for which it must be free.
  await idsIn(other)
  told = []
})
afterEach(async () => {
  await orm.close()
  await other.close()
  await database.drop()
  rmSync(folder, { recursive: true, force: true })
})

class Outbox implements TransactionOutbox<string[]> {
  readonly tell: string[] = []
  async store(): Promise<void> {}
  publish(): void {
    told.push(...this.tell)
  }
}
/** A full disk ends a transaction of SQLite, and a connection that breaks one of PostgreSQL. */
const LOST = onPostgresql() ? 'select pg_terminate_backend(pg_backend_pid())' : 'rollback'
const open = () => createGroupTransact<string[]>(() => new Outbox())

const insert = (em: EntityManager, id: string): Promise<void> =>
  insertRows(em, ApiClient, [
    {
      id,
      name: id,
      prefix: id,
      hash: id,
      scopes: [],
      anyMachine: false,
      machine: null,
      agents: [],
      createdAt: new Date(),
      lastUsedAt: null,
      refused: null,
      revokedAt: null,
    },
  ])
const idsIn = async ({ em }: { em: EntityManager }): Promise<string[]> =>
  (await tables(em.fork()).selectFrom('ApiClient').select('id').orderBy('id').execute()).map(({ id }) => id)

describe('Work that waits', () => {
  test('is done in order, in one transaction, and told after its commit', async () => {
    const together = open()
    const seen: string[][] = []
    // Inside of a transaction MikroORM takes every em for that of the transaction.
    const outside = AsyncLocalStorage.snapshot()
    const work = (id: string) =>
      together(orm.em, async ({ em, tell }) => {
        seen.push(await outside(() => idsIn(other)))
        tell.push(id)
        expect(told).toEqual([])
        await insert(em, id)
        return id
      })
    expect(await Promise.all(['a', 'b', 'c'].map(work))).toEqual(['a', 'b', 'c'])
    expect(seen).toEqual([[], [], []])
    expect(told).toEqual(['a', 'b', 'c'])
    expect(await idsIn(other)).toEqual(['a', 'b', 'c'])
  })

  test('and fails costs itself alone: nothing of it is kept or told', async () => {
    const together = open()
    const work = (id: string, fails = false) =>
      together(orm.em, async ({ em, tell }) => {
        tell.push(id)
        await insert(em, id)
        if (fails) throw new Error(`${id} fails`)
        return id
      })
    const answers = await Promise.allSettled([work('a'), work('b', true), work('c')])
    expect(answers).toMatchObject([{ value: 'a' }, { reason: new Error('b fails') }, { value: 'c' }])
    expect(await idsIn(other)).toEqual(['a', 'c'])
    expect(told).toEqual(['a', 'c'])
  })

  test('and breaks a rule of the database costs itself alone, too', async () => {
    const together = open()
    const work = (id: string) => together(orm.em, async ({ em }) => insert(em, id).then(() => id))
    await work('a')
    const answers = await Promise.allSettled([work('b'), work('a'), work('c')])
    expect(answers.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled'])
    expect(await idsIn(other)).toEqual(['a', 'b', 'c'])
  })

  test('and is lost as a whole is done each by itself; where the database went away, all are told', async () => {
    const together = open()
    const rounds: string[] = []
    const work = (id: string) =>
      together(orm.em, async ({ em }) => {
        rounds.push(id)
        await insert(em, id)
        // The first time that two are in one transaction it is lost as a whole.
        if (rounds.join('') === 'ab') await em.execute(LOST).catch(() => undefined)
        return id
      })
    const answers = await Promise.allSettled([work('a'), work('b')])
    if (onPostgresql()) {
      const gone = { reason: { extensions: { code: 'DATABASE_UNREACHABLE' } } }
      expect(answers).toMatchObject([gone, gone])
      expect(await Promise.all([work('a'), work('b')])).toEqual(['a', 'b'])
    } else expect(answers).toMatchObject([{ value: 'a' }, { value: 'b' }])
    expect(rounds.join('')).toBe('abab')
    expect(await idsIn(other)).toEqual(['a', 'b'])
  })

  test('is done as well where more waits than one transaction takes', async () => {
    const together = open()
    const ids = Array.from({ length: 50 }, (_, index) => `id-${String(index).padStart(2, '0')}`)
    await Promise.all(ids.map((id) => together(orm.em, async ({ em }) => insert(em, id))))
    expect(await idsIn(other)).toEqual(ids)
  })

  test('goes on after work that has failed alone', async () => {
    const together = open()
    await expect(together(orm.em, async () => Promise.reject(new Error('no')))).rejects.toThrow('no')
    expect(await together(orm.em, async ({ em }) => insert(em, 'a').then(() => 'kept'))).toBe('kept')
  })
})
