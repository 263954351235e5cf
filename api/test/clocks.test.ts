import { beforeEach, describe, expect, test } from 'vitest'
import { machineSection, minutes, report, REPORT, reportOf } from './builders.ts'
import { apiForThisTest, type TestApi } from './start-api.ts'

let api: TestApi
beforeEach(async () => {
  api = await apiForThisTest()
})

const disk = async (): Promise<any> =>
  (await api.ask('{ disks { nodes { health lastSeenAt lastReadAt missingSince } } }')).data.disks.nodes[0]
const machines = async (): Promise<any[]> =>
  (await api.ask('{ machines { nodes { hostname lastSeenAt notes silent disks { serial } } } }')).data.machines.nodes
const types = async (): Promise<string[]> =>
  (await api.ask('{ events(first: 100) { nodes { type } } }')).data.events.nodes.map(({ type }: any) => type)

describe('A machine whose clock is wrong', () => {
  test.each([
    ['a day behind', '2026-11-20T12:30:00Z'],
    ['of 2015', '2015-01-01T00:30:00Z'],
    ['of the year 1', '0001-01-01T00:30:00Z'],
    ['of next year', '2027-11-21T12:30:00Z'],
  ])('%s: its disk that fails is told as failing, and the clock is noted', async (_, clock) => {
    await report(api, { disks: [{}] })
    api.clock.now = minutes(30)
    const told = { ...reportOf({ collectedAt: clock, disks: [{ passed: false }] }), sentAt: clock }
    const { data } = await api.ask(REPORT, { report: told })
    expect(data.reportInventory.notes.join()).toMatch(/Its clock is .* (behind|ahead of) this server's/)
    expect(await disk()).toMatchObject({ health: 'FAILED', lastSeenAt: minutes(30).toISOString() })
  })

  test('keeps the order of what it held back while the server was away', async () => {
    await report(api, { disks: [{}] })
    api.clock.now = minutes(120)
    // Collected an hour before it was sent, by a clock that is a day behind.
    const held = {
      ...reportOf({ collectedAt: '2026-11-20T13:00:00Z', disks: [{ raw: { 197: 3 } }] }),
      sentAt: '2026-11-20T14:00:00Z',
    }
    await api.ask(REPORT, { report: held })
    expect(await disk()).toMatchObject({ health: 'AT_RISK', lastSeenAt: minutes(60).toISOString() })
  })

  test('a script is ordered by its arrival', async () => {
    const post = (collected_at: string, status: string) =>
      api.post('/api/ingest', {
        hostname: 'nas',
        collected_at,
        disks: [{ device: 'sda', serial: 'S1', model: 'M', type: 'HDD', smart: { status } }],
      })
    await post('2026-11-21T12:00:00Z', 'ok')
    api.clock.now = minutes(60)
    const answer = (await (await post('2015-01-01T00:00:00Z', 'fail')).json()) as { notes: string[] }
    expect(await disk()).toMatchObject({ health: 'FAILED' })
    expect(answer.notes.join()).toMatch(/Is the clock right\?/)
  })
})

test.each([120, 400 * 24 * 60])(
  'A server whose own clock was %i minutes ahead for one report believes the next ones',
  async (ahead) => {
    await report(api, { disks: [{}] })
    api.clock.now = minutes(ahead)
    await report(api, { collectedAt: minutes(ahead), disks: [{}] })
    // Set right again.
    api.clock.now = minutes(15)
    await report(api, { collectedAt: minutes(15), disks: [{ raw: { 197: 3 } }] })
    expect(await disk()).toMatchObject({
      health: 'AT_RISK',
      lastSeenAt: minutes(15).toISOString(),
      lastReadAt: minutes(15).toISOString(),
    })
    expect((await machines())[0]).toMatchObject({ lastSeenAt: minutes(15).toISOString() })
    api.clock.now = minutes(30)
    await report(api, { collectedAt: minutes(30), disks: [], lsblk: [] })
    expect(await disk()).toMatchObject({ missingSince: minutes(30).toISOString() })
  },
)

describe('Two machines with one key (a copied disk image)', () => {
  const hash = (letter: string) => letter.repeat(32)
  const send = (at: number, id: string, hostname: string, serial: string, more: Record<string, string> = {}) =>
    report(api, {
      collectedAt: minutes(at),
      hostname,
      disks: [{ serial }],
      sections: [machineSection({ machineIdHash: hash(id), ...more })],
    })
  const names = async () =>
    (await machines()).map(({ hostname, disks }) => `${hostname} ${disks.map((one: any) => one.serial)}`).toSorted()

  test('are kept apart by their names, told once, and noted on both', async () => {
    await send(0, 'a', 'web1', 'S1')
    await send(5, 'b', 'web2', 'S2')
    for (const at of [15, 30, 45]) {
      await send(at, 'a', 'web1', 'S1')
      await send(at + 5, 'b', 'web2', 'S2')
    }
    expect(await names()).toEqual(['web1 S1', 'web2 S2'])
    expect((await types()).filter((type) => type === 'MACHINE_CLONED')).toHaveLength(1)
    expect(await types()).not.toContain('DISK_MISSING')
    for (const { notes } of await machines()) {
      expect(notes.join()).toMatch(/uses the same key as web[12]/)
      // Said once, also where the transaction was begun anew.
      expect(new Set(notes).size).toBe(notes.length)
    }
  })

  test('of one name are kept apart once the first comes back', async () => {
    await send(0, 'a', 'web', 'S1')
    await send(5, 'b', 'web', 'S2')
    for (const at of [15, 30, 45]) {
      await send(at, 'a', 'web', 'S1')
      await send(at + 5, 'b', 'web', 'S2')
    }
    expect(await names()).toEqual(['web S1', 'web S2'])
    expect((await types()).filter((type) => type === 'MACHINE_CLONED')).toHaveLength(1)
  })

  test('are kept apart by their disks at once, and where one report lacks what tells them', async () => {
    await send(0, 'a', 'web', 'S1')
    await send(5, 'b', 'web', 'S2')
    expect(await names()).toEqual(['web S1', 'web S2'])
    await send(10, 'a', 'web1', 'S1')
    await send(15, 'b', 'web2', 'S2')
    await report(api, { collectedAt: minutes(20), hostname: 'web2', disks: [{ serial: 'S2' }] })
    expect(await names()).toEqual(['web1 S1', 'web2 S2'])
    expect(await types()).not.toContain('DISK_MOVED')
  })

  test('are kept apart though the machine was copied whole, its id, name and disks’ serials too', async () => {
    const first = { hardwareHash: hash('1'), bootHash: hash('3') }
    const copy = { hardwareHash: hash('2'), bootHash: hash('4') }
    await send(0, 'a', 'web', 'QM00001', first)
    const id = (await machines())[0].id
    for (const at of [15, 30, 45]) {
      await send(at, 'a', 'web', 'QM00001', first)
      await send(at + 5, 'a', 'web', 'QM00001', copy)
    }
    // The copy starts anew.
    await send(60, 'a', 'web', 'QM00001', first)
    await send(65, 'a', 'web', 'QM00001', { ...copy, bootHash: hash('5') })
    const found = await machines()
    expect(found).toHaveLength(2)
    expect((await types()).filter((type) => type === 'MACHINE_CLONED')).toHaveLength(1)
    for (const { notes } of found) expect(notes.join()).toContain('It uses the same key as web')
    expect(found.find((one: any) => one.id === id).lastSeenAt).toBe(minutes(60).toISOString())
  })

  test.each([
    ['its network card was replaced', { hardwareHash: hash('2'), bootHash: hash('4') }],
    ['it went back to a saved state', { hardwareHash: hash('1'), bootHash: hash('4') }],
  ])('are one where %s', async (_, later) => {
    const first = { hardwareHash: hash('1'), bootHash: hash('3') }
    await send(0, 'a', 'web', 'S1', first)
    for (const at of [15, 30, 45]) await send(at, 'a', 'web', 'S1', later)
    await send(60, 'a', 'web', 'S1', { ...later, bootHash: hash('3') })
    await send(75, 'a', 'web', 'S1', { ...later, bootHash: hash('3') })
    expect(await machines()).toHaveLength(1)
    expect(await types()).not.toContain('MACHINE_CLONED')
  })

  test('are one where a system was installed anew and kept its key', async () => {
    await send(0, 'a', 'web', 'S1')
    for (const at of [15, 30]) await send(at, 'b', 'web', 'S1')
    expect(await names()).toEqual(['web S1'])
    expect(await types()).not.toContain('MACHINE_CLONED')
  })
})
