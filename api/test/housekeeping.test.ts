import { beforeEach, expect, test } from 'vitest'
import { tables } from '../src/database/tables.ts'
import { Health } from '../src/disks/health.ts'
import { RULES_VERSION } from '../src/disks/judge.ts'
import { rejudge } from '../src/disks/rejudge.ts'
import { thinDocuments, thinReports, thinSnapshots } from '../src/disks/thinning.ts'
import { minutes, report } from './builders.ts'
import { apiForThisTest, type TestApi } from './start-api.ts'

let api: TestApi
beforeEach(async () => {
  api = await apiForThisTest()
})
const DAY = 24 * 60
const thin = (): Promise<{ removed: number; next: string | null }> =>
  api.app.transact(api.orm.em, ({ em }) => thinSnapshots(em, api.clock.now, ''))
const readings = async () =>
  (
    await api.ask('{ disks { nodes { snapshots(first: 500) { nodes { at reallocated } } } } }')
  ).data.disks.nodes[0].snapshots.nodes.reverse()

test('Readings older than seven days become one a day, and every one where a counter moved stays', async () => {
  for (let hour = 0; hour < 72; hour += 6)
    await report(api, {
      collectedAt: minutes(hour * 60),
      disks: [{ temperature: 30 + (hour % 7), hours: 1000 + hour, raw: { 5: hour >= 30 ? 2 : 0 } }],
    })
  await report(api, { collectedAt: minutes(9 * DAY), disks: [{ raw: { 5: 2 } }] })
  api.clock.now = minutes(20 * DAY)
  await thin()
  expect(
    (await readings()).map(
      ({ at, reallocated }: { at: string; reallocated: string }) => `${at.slice(0, 13)} ${reallocated}`,
    ),
  ).toEqual([
    '2026-11-21T12 0', // the first
    '2026-11-21T18 0', // the last of its day
    '2026-11-22T18 2', // the step, and the last of its day
    '2026-11-23T18 2',
    '2026-11-24T06 2',
    '2026-11-30T12 2',
  ])
  expect((await thin()).removed).toBe(0)
})

test('Readings of the last seven days all stay', async () => {
  for (let hour = 0; hour < 24; hour += 1) await report(api, { collectedAt: minutes(hour * 60) })
  api.clock.now = minutes(7 * DAY)
  expect((await thin()).removed).toBe(0)
})

test('Daily documents go after thirty days, and their readings point to the one that says the same', async () => {
  for (let day = 0; day < 4; day += 1) await report(api, { collectedAt: minutes(day * DAY) })
  const documents = async () =>
    (await tables(api.orm.em.fork()).selectFrom('SmartDocument').select('daily').orderBy('at').execute()).map(
      ({ daily }) => daily,
    )
  expect(await documents()).toEqual([false, true, true, true])
  api.clock.now = minutes(60 * DAY)
  await api.app.transact(api.orm.em, ({ em }) => thinDocuments(em, api.clock.now))
  // The newest stays: the disk points to it.
  expect(await documents()).toEqual([false, true])
  const { data } = await api.ask(
    '{ disks(first: 2) { nodes { snapshots(first: 50) { nodes { document { json } } } } } }',
  )
  expect(data.disks.nodes[0].snapshots.nodes.every(({ document }: { document: unknown }) => document !== null)).toBe(
    true,
  )
})

test('Reports are known by their ids for a month', async () => {
  await report(api)
  api.clock.now = minutes(29 * DAY)
  expect(await thinReports(api.orm.em.fork(), api.clock.now)).toBe(0)
  api.clock.now = minutes(31 * DAY)
  expect(await thinReports(api.orm.em.fork(), api.clock.now)).toBe(1)
})

test('New rules judge every disk again, with an event for each change and one for all; old readings keep their verdict', async () => {
  await report(api, { disks: [{}, { raw: { 5: 2 } }] })
  await report(api, { collectedAt: minutes(60), disks: [{}, { raw: { 5: 3 } }] })
  await api.orm.em.getConnection().execute("update disk set rules_version = 0, health = 'OK', reasons = '[]'")
  const judge = () =>
    rejudge(
      api.orm.em,
      api.app.transact,
      () => api.clock.now,
      () => false,
    )
  expect(await judge()).toBe(2)
  const { data } = await api.ask(
    '{ disks(orderBy: SERIAL) { nodes { health rulesVersion reasons { code } snapshots { nodes { health } } } } events(first: 2) { nodes { type cause from to } } }',
  )
  expect(data.disks.nodes).toMatchObject([
    { health: 'OK', rulesVersion: RULES_VERSION },
    {
      health: 'AT_RISK',
      rulesVersion: RULES_VERSION,
      reasons: [{ code: 'REALLOCATED_GROWING' }],
      snapshots: { nodes: [{ health: 'AT_RISK' }, { health: 'WARNING' }] },
    },
  ])
  expect(data.events.nodes).toEqual([
    { type: 'RULES_CHANGED', cause: 'RULES', from: null, to: null },
    { type: 'HEALTH_CHANGED', cause: 'RULES', from: 'OK', to: 'AT_RISK' },
  ])
  expect(await judge()).toBe(0)
})

test('A disk whose document cannot be read keeps its verdict, and no other from being judged anew', async () => {
  await report(api, { disks: [{}, { serial: 'S2' }, { serial: 'S3' }] })
  const db = tables(api.orm.em.fork())
  await db.updateTable('Disk').set({ rulesVersion: 0, health: Health.WARNING }).execute()
  await db
    .updateTable('SmartDocument')
    .set({ content: Buffer.from([0]) })
    .where((eb) =>
      eb.exists(
        eb
          .selectFrom('Disk')
          .select('Disk.id')
          .where('serial', '=', 'S2')
          .whereRef('lastDocument', '=', 'SmartDocument.id'),
      ),
    )
    .execute()
  const judge = rejudge(
    api.orm.em,
    api.app.transact,
    () => api.clock.now,
    () => false,
  )
  await expect(judge).rejects.toThrow('1 disks could not be judged anew')
  const { data } = await api.ask('{ disks(orderBy: SERIAL) { nodes { serial health rulesVersion } } }')
  expect(data.disks.nodes).toEqual([
    { serial: 'S1', health: 'OK', rulesVersion: RULES_VERSION },
    { serial: 'S2', health: 'WARNING', rulesVersion: 0 },
    { serial: 'S3', health: 'OK', rulesVersion: RULES_VERSION },
  ])
})
