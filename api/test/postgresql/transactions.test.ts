import { expect, test } from 'vitest'
import { findRows, saveRows, selectRows } from '../../src/database/rows.ts'
import { tables } from '../../src/database/tables.ts'
import { Event, EventCause, EventType } from '../../src/events/event.entity.ts'
import { type Reason, Severity } from '../../src/reasons/reason.ts'
import { Disk } from '../../src/disks/disk.entity.ts'
import { Machine } from '../../src/machines/machine.entity.ts'
import { report } from '../builders.ts'
import { apiForThisTest, type TestApi } from '../start-api.ts'

const event = (n: number) => ({
  type: EventType.JOB_CHANGED,
  severity: Severity.INFO,
  cause: EventCause.USER,
  at: new Date('2026-11-21T12:00:00Z'),
  facts: { name: String(n) },
})

test('Transactions that read, decide and write the same row at once lose nothing of each other', async () => {
  const api = await apiForThisTest()
  await report(api)
  const [known] = await tables(api.orm.em.fork()).selectFrom('Machine').select('id').execute()
  const id = known?.id ?? ''
  let runs = 0
  await Promise.all(
    Array.from({ length: 20 }, () =>
      api.app.transact(api.orm.em, async ({ em, tell }) => {
        runs += 1
        const [machine] = await selectRows(em, Machine, 'id', [id])
        if (!machine) throw new Error('The machine is gone')
        machine.name = String(Number(machine.name ?? 0) + 1)
        await saveRows(em, Machine, [machine])
        tell.event({ ...event(runs), machine: id })
      }),
    ),
  )
  const [after] = await selectRows(api.orm.em.fork(), Machine, 'id', [id])
  expect(after?.name).toBe('20')
  // Some met, and were begun anew; what they told before is not told.
  expect(runs).toBeGreaterThan(20)
  const told = await selectRows(api.orm.em.fork(), Event, 'machine', [id])
  expect(told.filter(({ type }) => type === EventType.JOB_CHANGED)).toHaveLength(20)
})

test('Numbers of events are committed in their order: who reads on from one passes over none', async () => {
  const api = await apiForThisTest()
  let [seen, last, writing] = [0, 0, true]
  const read = async (): Promise<void> => {
    while (writing) {
      const events = await tables(api.orm.em.fork())
        .selectFrom('Event')
        .select('id')
        .where('id', '>', last)
        .orderBy('id')
        .execute()
      seen += events.length
      last = events.at(-1)?.id ?? last
    }
  }
  const reading = read()
  const before = await count(api)
  await Promise.all(
    Array.from({ length: 60 }, (_, n) => api.app.transact(api.orm.em, async ({ tell }) => tell.event(event(n)))),
  )
  expect((await count(api)) - before).toBe(60)
  writing = false
  await reading
  const rest = await tables(api.orm.em.fork()).selectFrom('Event').select('id').where('id', '>', last).execute()
  expect(seen + rest.length).toBe(await count(api))
})

const count = async (api: TestApi): Promise<number> =>
  (await tables(api.orm.em.fork()).selectFrom('Event').select('id').execute()).length

test('What PostgreSQL cannot keep in a text is kept without it, and searched for without an error', async () => {
  const api = await apiForThisTest()
  await report(api)
  const { data } = await api.ask('{ machines { nodes { id } } }')
  const { errors } = await api.ask('query ($s: String!) { machines(filter: { search: $s }) { totalCount } }', {
    s: 'a\u0000b',
  })
  expect(errors).toBeUndefined()
  const cursor = Buffer.from(JSON.stringify(['no time', 'x'])).toString('base64url')
  const answer = await api.ask(`{ machines(orderBy: LAST_SEEN, after: "${cursor}") { nodes { id } } }`)
  expect(answer.errors?.[0]?.extensions.code).toBe('BAD_USER_INPUT')
  expect(data.machines.nodes).toHaveLength(1)
})

test('Connections that are cut within a transaction are replaced: thirty of them cost no place', async () => {
  const api = await apiForThisTest({ VIGIE_LOG_LEVEL: 'silent' })
  const before = await count(api)
  for (let turn = 0; turn < 3; turn += 1) {
    const cut = Array.from({ length: 10 }, () =>
      api.app.transact(api.orm.em, async ({ em }) => {
        await em.execute('select pg_terminate_backend(pg_backend_pid())')
      }),
    )
    for (const { status } of await Promise.allSettled(cut)) expect(status).toBe('rejected')
  }
  await Promise.all(
    Array.from({ length: 20 }, (_, n) => api.app.transact(api.orm.em, async ({ tell }) => tell.event(event(n)))),
  )
  expect((await count(api)) - before).toBe(20)
})

test('A transaction in which a statement failed is not taken for kept, whoever passes over the failure', async () => {
  const api = await apiForThisTest({ VIGIE_LOG_LEVEL: 'silent' })
  const passesOver = api.app.transact(api.orm.em, async ({ em }) => {
    await em.execute('select 1 / 0').catch(() => undefined)
  })
  await expect(passesOver).rejects.toThrow('nothing was kept')
})

test('A row whose JSON has its fields in another order is not written anew', async () => {
  const api = await apiForThisTest()
  await report(api)
  const { app, orm } = api
  const version = async () => (await orm.em.fork().execute<{ xmin: string }[]>('select xmin::text from disk'))[0]?.xmin
  const save = (reasons: Reason[]) =>
    app.transact(orm.em, async ({ em }) => {
      const [disk] = await findRows(em, Disk, (query) => query.limit(1))
      if (!disk) throw new Error('The disk is gone')
      await saveRows(em, Disk, [Object.assign(disk, { reasons })])
    })
  const [code, severity] = ['PENDING_SECTORS', Severity.WARNING] as const
  await save([{ code, severity, value: 1, limit: null, subject: 'a\u0000 \\u0000' }])
  const first = await version()
  await save([{ subject: 'a\uFFFD \\u0000', limit: null, value: 1, severity, code }])
  expect(await version()).toBe(first)
  await save([{ subject: 'a\uFFFD \\u0000', limit: null, value: 2, severity, code }])
  expect(await version()).not.toBe(first)
})
