import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { report } from './builders.ts'
import { startApi, type TestApi } from './start-api.ts'
import { Scope } from '../src/graphql/scope.ts'

let api: TestApi
let ids: string[]

beforeAll(async () => {
  api = await startApi()
  // Sectors of one disk go bad in two weeks of their own; a reading between them told nothing.
  const readings: [string, Record<number, number> | null][] = [
    ['2026-10-01T12:00:00Z', { 5: 0, 197: 0 }],
    ['2026-10-02T12:00:00Z', { 5: 8, 197: 0 }],
    ['2026-10-03T12:00:00Z', { 5: 12, 197: 0 }],
    ['2026-10-20T12:00:00Z', null],
    ['2026-11-20T12:00:00Z', { 5: 16, 197: 8 }],
    ['2026-11-21T12:00:00Z', { 5: 16, 197: 0 }],
  ]
  for (const [collectedAt, raw] of readings) {
    await report(api, {
      hostname: 'atlas',
      collectedAt,
      disks: raw ? [{ serial: 'SICK', raw }] : [],
      lsblk: [
        { device: 'sda', serial: 'SICK' },
        { device: 'sdb', serial: 'WELL' },
      ],
    })
  }
  ids = (await api.ask('{ disks(orderBy: SERIAL) { nodes { id } } }')).data.disks.nodes.map((disk: any) => disk.id)
})
afterAll(() => api.stop())

const note = (of: readonly string[], text: string | null, token?: string) =>
  api.ask(
    'mutation ($ids: [ID!]!, $note: String) { noteDisks(ids: $ids, note: $note) { serial note } }',
    { ids: of, note: text },
    token,
  )

describe('What is noted of a disk', () => {
  test('may have several lines, is found, and is forgotten again', async () => {
    expect((await note([ids[0] as string], '  Spare ordered 22 Nov\nticket 4127 ')).data.noteDisks).toEqual([
      { serial: 'SICK', note: 'Spare ordered 22 Nov\nticket 4127' },
    ])
    const { data } = await api.ask('{ disks(filter: { search: "TICKET 4127" }) { nodes { serial } } }')
    expect(data.disks.nodes).toEqual([{ serial: 'SICK' }])
    expect((await note([ids[0] as string], '  ')).data.noteDisks).toEqual([{ serial: 'SICK', note: null }])
  })

  test('stays when its machine reports again', async () => {
    await note([ids[0] as string], 'stays')
    await report(api, {
      hostname: 'atlas',
      collectedAt: '2026-11-21T12:05:00Z',
      disks: [{ serial: 'SICK', raw: { 5: 16, 197: 0 } }],
    })
    expect((await api.ask('{ disk(serial: "SICK") { note } }')).data.disk.note).toBe('stays')
  })

  test('is noted of all or, where one is not known, of none', async () => {
    const unknown = await note([...ids, 'nobody'], 'one order')
    expect(unknown.errors?.[0]?.extensions).toMatchObject({ code: 'NOT_FOUND' })
    const { data } = await api.ask('{ disks(filter: { search: "one order" }) { totalCount } }')
    expect(data.disks.totalCount).toBe(0)
    expect((await note(ids, 'one order')).data.noteDisks).toMatchObject([{ note: 'one order' }, { note: 'one order' }])
  })

  test.each([
    ['1,001 characters', 'x'.repeat(1001)],
    ['a control character', 'a\u0000b'],
    ['an escape of a terminal', '\u001b[2J'],
  ])('of %s is refused, and the field is named', async (_, text) => {
    expect((await note(ids, text)).errors?.[0]?.extensions).toMatchObject({ code: 'BAD_USER_INPUT', field: 'note' })
  })

  test('may be pasted from a spreadsheet: a tab is a blank', async () => {
    expect((await note(ids, '4127\tordered')).data.noteDisks).toMatchObject([{ note: '4127 ordered' }, {}])
  })

  test('of 1,000 characters is kept', async () => {
    expect((await note(ids, 'x'.repeat(1000))).errors).toBeUndefined()
  })

  test('is for who may operate, and of a page of disks at most', async () => {
    const refused = await note(ids, 'mine', await api.token([Scope.READ]))
    expect(refused.errors?.[0]?.extensions).toMatchObject({ code: 'FORBIDDEN' })
    const many = await note(
      Array.from({ length: 501 }, (_, index) => `id-${index}`),
      'mine',
    )
    expect(many.errors?.[0]?.extensions).toMatchObject({ code: 'BAD_USER_INPUT', field: 'ids' })
  })
})

describe('The steps of a disk', () => {
  const steps = async (serial: string) =>
    (
      await api.ask(
        'query ($serial: String!) { disk(serial: $serial) { steps { counter since until from to count } } }',
        { serial },
      )
    ).data.disk.steps

  test('are where its counters rose and fell, joined within a week, the newest first', async () => {
    expect(await steps('SICK')).toEqual([
      {
        counter: 'PENDING',
        since: '2026-11-21T12:00:00.000Z',
        until: '2026-11-21T12:00:00.000Z',
        from: '8',
        to: '0',
        count: 1,
      },
      {
        counter: 'REALLOCATED',
        since: '2026-11-20T12:00:00.000Z',
        until: '2026-11-20T12:00:00.000Z',
        from: '12',
        to: '16',
        count: 1,
      },
      {
        counter: 'PENDING',
        since: '2026-11-20T12:00:00.000Z',
        until: '2026-11-20T12:00:00.000Z',
        from: '0',
        to: '8',
        count: 1,
      },
      {
        counter: 'REALLOCATED',
        since: '2026-10-02T12:00:00.000Z',
        until: '2026-10-03T12:00:00.000Z',
        from: '0',
        to: '12',
        count: 2,
      },
    ])
  })

  test('are none where nothing was read', async () => {
    expect(await steps('WELL')).toEqual([])
  })
})
