import { beforeEach, describe, expect, test } from 'vitest'
import { Scope } from '../src/graphql/scope.ts'
import { machineSection, minutes, REPORT, report, reportOf, section, unavailable } from './builders.ts'
import { apiForThisTest, type TestApi } from './start-api.ts'

// A report token speaks for whom somebody said it speaks for, not for whom it says.
let api: TestApi
beforeEach(async () => {
  api = await apiForThisTest()
})
const fresh = (name: string): Promise<string> => api.token([Scope.REPORT], { anyMachine: false, name })
const send = async (token: string, options: Parameters<typeof reportOf>[0]) => {
  const answer = await api.ask(REPORT, { report: reportOf(options) }, token)
  return answer.errors?.[0]?.extensions.code ?? 'ACCEPTED'
}
const OWN = {
  hostname: 'deneb',
  machineKey: 'key-of-deneb-and-nobody-else',
  disks: [{ serial: 'S1', model: 'M1', passed: false }],
}
const machines = async () =>
  (await api.ask('{ machines { nodes { hostname silent disks { serial health machine { hostname } } } } }')).data
    .machines.nodes

describe('A fresh token', () => {
  test('is bound by its first report, which the log tells, and speaks for no other machine then', async () => {
    const token = await fresh('deneb')
    expect(await send(token, OWN)).toBe('ACCEPTED')
    const { data } = await api.ask('{ events { nodes { type } } apiClients { name machine { hostname } } }')
    expect(data.events.nodes.map((event: any) => event.type)).toContain('TOKEN_BOUND')
    expect(data.apiClients.find((client: any) => client.name === 'deneb').machine).toEqual({ hostname: 'deneb' })
    expect(await send(token, { hostname: 'vega', machineKey: 'key-of-vega-and-nobody-else' })).toBe('FORBIDDEN')
    expect(await machines()).toHaveLength(1)
  })

  test('tells whoever waits for its machine why a report was refused, until one is accepted', async () => {
    const refused = async (): Promise<string | null> =>
      (await api.ask('{ apiClients { name refused } }')).data.apiClients.find(({ name }: any) => name === 'deneb')
        .refused
    const token = await fresh('deneb')
    await send(token, OWN)
    expect(await refused()).toBeNull()
    expect(await send(token, { hostname: 'vega', machineKey: 'key-of-vega-and-nobody-else' })).toBe('FORBIDDEN')
    expect(await refused()).toMatch(/The token "deneb" reports for another machine\. Make one for this machine/)
    expect(await send(token, { ...OWN, collectedAt: minutes(10) })).toBe('ACCEPTED')
    expect(await refused()).toBeNull()
  })

  test('takes over no machine that another token speaks for, by its name or by the serials of its disks', async () => {
    await send(await fresh('deneb'), OWN)
    const stranger = await fresh('stranger')
    const answer = await api.post(
      '/api/ingest',
      { hostname: 'deneb', ip: '6.6.6.6', disks: [{ serial: 'S1', model: 'M1', smart: { status: 'ok' } }] },
      { authorization: `Bearer ${stranger}` },
    )
    expect(answer.status).toBe(403)
    expect(((await answer.json()) as any).errors[0].message).toMatch(
      /The token "deneb" reports for the machine deneb\. Revoke it/,
    )
    expect(await machines()).toMatchObject([{ hostname: 'deneb', disks: [{ serial: 'S1', health: 'FAILED' }] }])
  })

  test('goes on for a machine whose token was revoked, and for an agent that knows the machine’s key', async () => {
    await send(await fresh('first'), OWN)
    expect(await send(await fresh('installed anew'), { ...OWN, collectedAt: minutes(10) })).toBe('ACCEPTED')
    const { data } = await api.ask('{ apiClients { id name } }')
    for (const { id, name } of data.apiClients)
      if (name !== 'test') await api.ask('mutation ($id: ID!) { revokeToken(id: $id) { id } }', { id })
    const script = await api.post(
      '/api/ingest',
      { hostname: 'deneb', disks: [{ serial: 'S1', model: 'M1', smart: { status: 'ok' } }] },
      { authorization: `Bearer ${await fresh('script')}` },
    )
    expect(script.status).toBe(200)
    expect(await machines()).toHaveLength(1)
  })

  test('goes on for its machine where the agent lost its key, and for no copy of it', async () => {
    const token = await fresh('deneb')
    const sent = (at: number, machineKey: string, hardware: string) =>
      send(token, {
        ...OWN,
        machineKey,
        collectedAt: minutes(at),
        sections: [machineSection({ machineIdHash: 'a'.repeat(32), hardwareHash: hardware.repeat(32) })],
      })
    expect(await sent(0, OWN.machineKey, '1')).toBe('ACCEPTED')
    expect(await sent(10, 'a-key-that-was-made-anew', '1')).toBe('ACCEPTED')
    expect(await sent(20, 'a-key-that-was-made-anew', '1')).toBe('ACCEPTED')
    expect(await sent(30, 'the-key-of-a-copied-machine', '2')).toBe('FORBIDDEN')
    expect(await machines()).toMatchObject([{ hostname: 'deneb', disks: [{ serial: 'S1' }] }])
    const { data } = await api.ask('{ events { nodes { type } } }')
    const types = data.events.nodes.map((event: any) => event.type)
    expect(types.filter((type: string) => /^(MACHINE|DISK)_(ADDED|MOVED|CLONED)$/.test(type))).toEqual([
      'DISK_ADDED',
      'MACHINE_ADDED',
    ])
  })

  test('is bound by a person to a machine that another speaks for', async () => {
    await send(await fresh('deneb'), OWN)
    const script = await fresh('script')
    const { data } = await api.ask('{ apiClients { id name } machines { nodes { id } } }')
    const id = data.apiClients.find((client: any) => client.name === 'script').id
    const machineId = data.machines.nodes[0].id
    const made = await api.ask(
      'mutation ($id: ID!, $machineId: ID) { bindToken(id: $id, machineId: $machineId) { machine { hostname } } }',
      { id, machineId },
    )
    expect(made.data.bindToken.machine).toEqual({ hostname: 'deneb' })
    expect(
      (await api.post('/api/ingest', { hostname: 'deneb', disks: [] }, { authorization: `Bearer ${script}` })).status,
    ).toBe(200)
    expect(await machines()).toHaveLength(1)
    for (const machineId of ['nobody', '']) {
      const bind = 'mutation ($id: ID!, $machineId: ID) { bindToken(id: $id, machineId: $machineId) { id } }'
      expect((await api.ask(bind, { id, machineId })).errors?.[0]?.extensions.code).toBe('NOT_FOUND')
    }
  })
})

describe('A backup run', () => {
  const RUN = 'mutation ($run: BackupRunInput!) { reportBackupRun(run: $run) { runs { id } } }'
  const run = (agentId: string) => ({
    run: { runId: crypto.randomUUID(), agentId, databases: [{ name: 'crm', backup: { ok: true } }] },
  })
  const says = async (token: string, agentId: string) =>
    (await api.ask(RUN, run(agentId), token)).errors?.[0]?.extensions.code ?? 'ACCEPTED'

  test('is told for another agent by no token, fresh or bound, whatever its machine calls itself', async () => {
    const token = await fresh('evil')
    expect(await says(token, 'lyon-01')).toBe('FORBIDDEN')
    await send(token, { hostname: 'lyon-01', machineKey: 'key-of-the-one-that-lies' })
    expect(await says(token, 'lyon-01')).toBe('FORBIDDEN')
  })

  test('is told for the agents that a person named, and for those of jobs on the token’s machine', async () => {
    const token = await fresh('lyon')
    await send(token, { hostname: 'db1', machineKey: 'key-of-the-database-server' })
    const { data } = await api.ask('{ apiClients { id name } machines { nodes { id } } }')
    const id = data.apiClients.find((client: any) => client.name === 'lyon').id
    const bound = await api.ask(
      'mutation ($id: ID!) { bindToken(id: $id, agents: ["lyon-01"]) { agents machine { hostname } } }',
      { id },
    )
    expect(bound.data.bindToken).toEqual({ agents: ['lyon-01'], machine: { hostname: 'db1' } })
    expect(await says(token, 'lyon-01')).toBe('ACCEPTED')
    expect(await says(token, 'lyon-02')).toBe('FORBIDDEN')
    await api.ask(
      'mutation ($machineId: ID) { createExpectedJob(input: { agentId: "lyon-02", databaseName: "crm", frequency: DAILY, expectedHourUtc: 2, machineId: $machineId }) { id } }',
      { machineId: data.machines.nodes[0].id },
    )
    expect(await says(token, 'lyon-02')).toBe('ACCEPTED')
    const wrong = await api.ask('mutation ($id: ID!) { bindToken(id: $id, agents: ["a/b"]) { id } }', { id })
    expect(wrong.errors?.[0]?.extensions).toMatchObject({ code: 'BAD_USER_INPUT', field: 'agents[0]' })
  })
})

describe('Of a disk that two machines claim the worst word counts', () => {
  const FAILED = { serial: 'S1', model: 'M1', passed: false }
  const GOOD = { serial: 'S1', model: 'M1' }
  const A = { hostname: 'a', machineKey: 'key-of-machine-a-in-this-test' }
  const B = { hostname: 'b', machineKey: 'key-of-machine-b-in-this-test' }
  const disk = async () =>
    (await api.ask('{ disk(serial: "S1") { health reasons { code sentence } machine { hostname } } }')).data.disk

  test('from the first report of the second machine on, until the first one reports without it', async () => {
    await report(api, { ...A, disks: [FAILED], collectedAt: minutes(0) })
    await report(api, { ...B, disks: [GOOD], collectedAt: minutes(10) })
    expect(await disk()).toMatchObject({ health: 'FAILED' })
    expect((await disk()).reasons.map((reason: any) => reason.code)).toContain('CLAIMED_BY_TWO')
    await report(api, { ...A, disks: [FAILED], collectedAt: minutes(20) })
    await report(api, { ...B, disks: [GOOD], collectedAt: minutes(30) })
    expect(await disk()).toMatchObject({ health: 'FAILED' })
    await report(api, { ...A, disks: [], collectedAt: minutes(40) })
    await report(api, { ...B, disks: [GOOD], collectedAt: minutes(50) })
    expect(await disk()).toMatchObject({ health: 'OK', machine: { hostname: 'b' }, reasons: [] })
  })

  test.each<[string, object]>([
    ['could not ask lsblk', { lsblk: null, disks: [], sections: [unavailable('lsblk')] }],
    ['told nothing at all', { lsblk: null, disks: [], sections: [] }],
  ])('also where the newest report of the first one %s: it was not without the disk', async (_what, blind) => {
    await report(api, { ...A, disks: [FAILED], collectedAt: minutes(0) })
    await report(api, { ...A, ...blind, collectedAt: minutes(5) })
    await report(api, { ...B, disks: [GOOD], collectedAt: minutes(10) })
    expect(await disk()).toMatchObject({ health: 'FAILED' })
  })

  test('and a better word of the machine that had it worse counts at once', async () => {
    await report(api, { ...A, disks: [FAILED], collectedAt: minutes(0) })
    await report(api, { ...B, disks: [GOOD], collectedAt: minutes(10) })
    await report(api, { ...A, disks: [GOOD], collectedAt: minutes(20) })
    await report(api, { ...B, disks: [GOOD], collectedAt: minutes(30) })
    expect(await disk()).toMatchObject({ health: 'OK' })
  })

  test('and is not kept as the disk’s own when its machine gives the disk up; what the disk itself had is', async () => {
    const partial = {
      disks: [],
      lsblk: [{ device: 'sda', serial: 'S1' }],
      sections: [
        section(
          'smartctl',
          { device: { protocol: 'ATA' }, serial_number: 'S1', model_name: 'M1', smart_status: { passed: true } },
          'sda',
        ),
      ],
    }
    await report(api, { ...A, disks: [{ ...GOOD, raw: { 197: 624 } }], collectedAt: minutes(0) })
    await report(api, { ...B, disks: [FAILED], collectedAt: minutes(10) })
    await report(api, { ...A, disks: [{ ...GOOD, raw: { 197: 624 } }], collectedAt: minutes(20) })
    expect(await disk()).toMatchObject({ health: 'FAILED' })
    await report(api, { ...B, disks: [], collectedAt: minutes(30) })
    await report(api, { ...A, ...partial, collectedAt: minutes(40) })
    expect(await disk()).toMatchObject({ health: 'AT_RISK', machine: { hostname: 'a' } })
    expect((await disk()).reasons.map((reason: any) => reason.code)).toEqual([
      'PENDING_SECTORS',
      'FINDINGS_NOT_READ_AGAIN',
    ])
  })

  test('not of a machine that fell silent', async () => {
    await report(api, { ...A, disks: [FAILED], collectedAt: minutes(0) })
    await report(api, { ...B, disks: [GOOD], collectedAt: minutes(60 * 24 * 30) })
    expect(await disk()).toMatchObject({ health: 'OK', machine: { hostname: 'b' } })
  })
})
