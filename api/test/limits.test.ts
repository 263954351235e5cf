import { getIntrospectionQuery } from 'graphql'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { fleet, smartDocument } from './fleet.ts'
import { section } from './builders.ts'
import { startApi, type TestApi } from './start-api.ts'

let api: TestApi
let disk = ''
let job = ''

beforeAll(async () => {
  api = await startApi({ VIGIE_LOG_LEVEL: 'silent' })
  for (const { key, hostname, disks } of fleet(1, 60)) {
    await send(key, hostname, [
      section('lsblk', {
        blockdevices: disks.map((each) => ({ name: each.device, kname: each.device, type: 'disk', size: 10 ** 12 })),
      }),
      ...disks.map((each) => section('smartctl', smartDocument(each, 1), each.device)),
    ])
  }
  disk = (await api.ask('{ disks(first: 1) { nodes { id } } }')).data.disks.nodes[0].id
  job = (
    await api.ask(
      'mutation { createExpectedJob(input: { agentId: "lyon-01", databaseName: "crm", frequency: DAILY, expectedHourUtc: 2 }) { id } }',
    )
  ).data.createExpectedJob.id
})
afterAll(() => api?.stop())

const send = async (machineKey: string, hostname: string, sections: unknown[]): Promise<any> => {
  const report = {
    id: crypto.randomUUID(),
    machineKey,
    hostname,
    agentVersion: '0.1.0',
    collectedAt: api.clock.now.toISOString(),
    sections,
  }
  const { data, errors } = await api.ask(
    'mutation ($report: InventoryReportInput!) { reportInventory(report: $report) { id sections { kind outcome refusals { rule } } } }',
    { report },
  )
  if (errors) throw new Error(errors[0]?.message)
  return data.reportInventory
}
const aliases = (count: number, what: string): string =>
  Array.from({ length: count }, (_, index) => `a${index}: ${what}`).join(' ')

describe('A small question that would cost without bound is refused with 400, and what to ask for', () => {
  test.each<[string, () => string]>([
    [
      'the history of one disk under 130 names',
      () => `{ disk(id: "${disk}") { ${aliases(130, 'attributeHistory(attribute: "5") { at value }')} } }`,
    ],
    [
      'each disk’s machine’s disks, and so on',
      () => `{ disk(id: "${disk}") { ${'machine { disks { '.repeat(4)} id ${'} }'.repeat(4)} } }`,
    ],
    [
      'each disk of each machine, its machine’s disks, and theirs',
      () => '{ machines(first: 500) { nodes { disks { machine { disks { machine { disks { id } } } } } } } }',
    ],
    [
      'the same behind more fields than are counted',
      () =>
        `{ ${aliases(500, '...F')} disk(id: "${disk}") { ${aliases(130, 'attributeHistory(attribute: "5") { at value }')} } }
          fragment F on Query { ${'__typename '.repeat(100)} }`.replaceAll(/a\d+: \.\.\./g, '...'),
    ],
    [
      'the document of each disk, under five names',
      () => `{ disks(first: 500) { nodes { ${aliases(5, 'lastReading { document { json } }')} } } }`,
    ],
    ['pages in pages', () => '{ machines(first: 500) { nodes { disks { snapshots(first: 500) { nodes { id } } } } } }'],
  ])('%s', async (_what, query) => {
    const answer = await api.ask(query())
    expect([answer.errors?.[0]?.extensions.code, answer.errors?.[0]?.message]).toEqual([
      'TOO_EXPENSIVE',
      expect.stringMatching(/Ask for fewer/),
    ])
    expect(answer.status).toBe(400)
  })

  test.each<[string, string, Record<string, unknown>, string]>([
    [
      'a text longer than any name',
      'query ($a: String!) { machine(hostname: $a) { id } }',
      { a: 'x'.repeat(20_000) },
      'BAD_USER_INPUT',
    ],
    [
      'a name that is searched for, in a variable that is called as a long text',
      'query ($text: String!) { machines(filter: { search: $text }) { totalCount } }',
      { text: '%_'.repeat(20_000) },
      'BAD_USER_INPUT',
    ],
    [
      'a hundred values that do not fit',
      'query ($a: [BackupStatus!]) { backupEntries(filter: { status: $a }) { nodes { id } } }',
      { a: Array.from({ length: 100 }, () => 'NOWHERE') },
      'BAD_USER_INPUT',
    ],
    ['the schema under ten names', `{ ${aliases(10, '__schema { types { name } }')} }`, {}, 'BAD_USER_INPUT'],
    ['a token that is bound to nothing', 'mutation { bindToken(id: "x") { id } }', {}, 'BAD_USER_INPUT'],
  ])('%s is a bad request, not our failure', async (_what, query, variables, code) => {
    const answer = await api.ask(query, variables)
    expect([answer.status < 500, answer.errors?.at(-1)?.extensions.code]).toEqual([true, code])
  })

  test('the schema is told whole to who asks for it once, and not to who asks for each part under many names', async () => {
    const whole = await api.ask(getIntrospectionQuery())
    expect(whole.errors).toBeUndefined()
    expect(whole.data.__schema.types.length).toBeGreaterThan(50)
    const often = await api.ask(`{ __schema { types { ${aliases(100, 'fields { name args { name } }')} } } }`)
    expect([often.status, often.errors?.[0]?.extensions.code]).toEqual([400, 'TOO_EXPENSIVE'])
  })

  test('a large report that was sent is kept and shown by its first 64 KiB', async () => {
    const logsSummary = 'x'.repeat(3_000_000)
    const run = {
      runId: crypto.randomUUID(),
      agentId: 'unknown-01',
      startedAt: api.clock.now.toISOString(),
      databases: [{ name: 'crm', backup: { ok: true }, logsSummary }],
    }
    const { errors } = await api.ask(
      'mutation ($run: BackupRunInput!) { reportBackupRun(run: $run) { runs { id } } }',
      {
        run,
      },
    )
    expect(errors).toBeUndefined()
    const { data } = await api.ask('{ reportInbox(first: 100) { nodes { raw } } }')
    expect(data.reportInbox.nodes[0].raw.length).toBeLessThan(66_000)
    expect(data.reportInbox.nodes[0].raw).toMatch(/… \(cut: 3000\d+ characters were sent\)$/)
    const often = await api.ask(`{ reportInbox(first: 1) { nodes { ${aliases(600, 'raw')} } } }`)
    expect([often.status, often.errors?.[0]?.extensions.code]).toEqual([400, 'TOO_EXPENSIVE'])
  })
})

describe('Block devices that lie on each other as no machine’s do', () => {
  const chain = (count: number, closed: boolean) =>
    Array.from({ length: count }, (_, index) => ({
      name: `d${index}`,
      kname: `d${index}`,
      type: index ? 'lvm' : 'disk',
      size: 1000,
      pkname: index ? `d${index - 1}` : closed ? `d${count - 1}` : null,
    }))
  test.each<[string, unknown[], string]>([
    ['a chain of 5,000', chain(5000, false), 'ACCEPTED'],
    ['a circle', chain(50, true), 'REFUSED'],
    [
      'one on 40,000',
      Array.from({ length: 40_000 }, (_, index) => ({
        name: 'dm-0',
        kname: 'dm-0',
        type: 'lvm',
        pkname: `sd${index}`,
      })),
      'ACCEPTED',
    ],
    ['30,000 devices', chain(30_000, false), 'REFUSED'],
    [
      'a net of two parents each, 20 wide and 900 high, over 20 disks',
      Array.from({ length: 18_000 }, (_, index) => ({
        name: `n${index}`,
        type: index < 20 ? 'disk' : 'lvm',
        size: 1000,
        pkname: index < 20 ? null : `n${index - 20}`,
        children: index < 17_000 ? [{ name: `n${20 + ((index * 7) % 20) + Math.floor(index / 20) * 20}` }] : [],
      })),
      'ACCEPTED',
    ],
  ])('%s', async (what, blockdevices, outcome) => {
    const receipt = await send(`key-of-what-is-${what.replaceAll(/\W+/g, '-')}`, 'tangled', [
      section('lsblk', { blockdevices }),
    ])
    expect(receipt.sections.map((each: any) => each.outcome)).toEqual([outcome])
  })
})

describe('Words that JavaScript’s objects know are words like others', () => {
  const WORDS = ['constructor', '__proto__', 'toString', 'hasOwnProperty']
  test.each(WORDS)('%s in a script’s report, and as an attribute', async (word) => {
    const response = await api.post('/api/ingest', {
      hostname: word,
      os: word,
      kind: word,
      disks: [
        {
          serial: `S-${word}`,
          model: word,
          type: word,
          bus: word,
          proxmox_role: word,
          smart: { status: word, attributes: { [word]: 1 } },
          partitions: [
            { mountpoint: `/${word}`, fstype: word, size_human: `1${word}`, homes: [{ user: word, size_human: word }] },
          ],
        },
      ],
    })
    expect([word, response.status]).toEqual([word, 200])
    const { data, errors } = await api.ask(
      `{ disk(id: "${disk}") { attributeHistory(attribute: "${word}") { value } } }`,
    )
    expect(errors).toBeUndefined()
    expect(data.disk.attributeHistory.every((point: any) => point.value === null)).toBe(true)
  })
})

// 200,000 times something that a pattern, a normalisation or a search could take quadratic time for. Four seconds are
// far more than any of them takes here, and far less than 200,000 squared.
describe('Texts of 200,000 characters are read or refused at once', () => {
  const LONG: [string, string][] = [
    ['slashes', '/'.repeat(200_000)],
    ['blanks between two words', `1${' '.repeat(200_000)}1`],
    ['combining marks', `e${'\u0301\u0316'.repeat(100_000)}`],
    ['digits and dots', '1.'.repeat(100_000)],
    ['brackets', '{'.repeat(200_000)],
    ['wildcards', '%_'.repeat(100_000)],
    ['ideographic blanks', `a${'\u3000'.repeat(100_000)}a`],
    ['at signs', `${'a@'.repeat(100_000)}`],
    ['hyphens', 'a-'.repeat(100_000)],
  ]

  test.each(LONG)('%s', { timeout: 60_000 }, async (_what, text) => {
    const { data } = await api.ask(
      '{ __type(name: "ExpectedJobInput") { inputFields { name type { name ofType { name } } } } }',
    )
    const fields = data.__type.inputFields
      .filter((field: any) => [field.type.name, field.type.ofType?.name].includes('String'))
      .map((field: any) => field.name as string)
    expect(fields.length).toBeGreaterThan(5)
    const asked: [string, () => Promise<unknown>][] = [
      ...fields.map((field: string): [string, () => Promise<unknown>] => [
        `createExpectedJob.${field}`,
        () =>
          api.ask('mutation ($input: ExpectedJobInput!) { createExpectedJob(input: $input) { id } }', {
            input: { agentId: 'lyon-01', databaseName: 'crm', frequency: 'DAILY', expectedHourUtc: 2, [field]: text },
          }),
      ]),
      [
        'labelDisk',
        () =>
          api.ask('mutation ($id: ID!, $label: String) { labelDisk(id: $id, label: $label) { id } }', {
            id: disk,
            label: text,
          }),
      ],
      [
        'noteDisks',
        () =>
          api.ask('mutation ($ids: [ID!]!, $note: String) { noteDisks(ids: $ids, note: $note) { id } }', {
            ids: [disk],
            note: text,
          }),
      ],
      [
        'createToken',
        () =>
          api.ask('mutation ($name: String!) { createToken(name: $name, scopes: [READ]) { token } }', { name: text }),
      ],
      ...['machines', 'disks', 'expectedJobs'].map((list): [string, () => Promise<unknown>] => [
        `${list}.search`,
        () => api.ask(`query ($text: String) { ${list}(filter: { search: $text }) { totalCount } }`, { text }),
      ]),
      ['after', () => api.ask('query ($after: String) { disks(after: $after) { totalCount } }', { after: text })],
      ['serial', () => api.ask('query ($serial: String) { disk(serial: $serial) { id } }', { serial: text })],
      [
        'attribute',
        () =>
          api.ask('query ($id: ID!, $a: String!) { disk(id: $id) { attributeHistory(attribute: $a) { at } } }', {
            id: disk,
            a: text,
          }),
      ],
      [
        'import',
        () =>
          api.ask(
            'mutation ($content: String!) { importExpectedJobs(content: $content, format: CSV, dryRun: true) { created { agentId } } }',
            { content: text },
          ),
      ],
      [
        'script',
        () =>
          api.post('/api/ingest', {
            hostname: text,
            os: text,
            os_version: text,
            kind: text,
            agent_version: text,
            report_id: text,
            collected_at: text,
          }),
      ],
      [
        'script’s disk',
        () =>
          api.post('/api/ingest', {
            hostname: 'long-texts',
            disks: [
              {
                serial: text,
                model: text,
                type: text,
                bus: text,
                device: text,
                by_id: text,
                path: text,
                capacity_bytes: text,
                smart: { status: text, summary: text, temperature_c: text, power_on_hours: text, raw: text },
                partitions: [
                  {
                    mountpoint: text,
                    fstype: text,
                    size_bytes: text,
                    homes: [{ user: text, size_human: text, size_bytes: text }],
                  },
                ],
              },
            ],
          }),
      ],
      [
        'lsblk',
        () =>
          send('key-of-the-one-with-long-texts', 'long-texts', [
            section('lsblk', {
              blockdevices: [
                {
                  name: text,
                  kname: text,
                  type: text,
                  size: text,
                  serial: text,
                  model: text,
                  wwn: text,
                  mountpoints: [text],
                  pkname: text,
                },
              ],
            }),
            section(
              'smartctl',
              {
                serial_number: text,
                model_name: text,
                device: { type: text, protocol: text },
                ata_smart_attributes: { table: [{ id: 5, name: text, raw: { string: text }, when_failed: text }] },
              },
              'sda',
            ),
            section('machine', { hostname: text, os: text, kind: text }),
          ]),
      ],
      [
        'reportBackupRun',
        () =>
          api.ask('mutation ($run: BackupRunInput!) { reportBackupRun(run: $run) { runs { id } } }', {
            run: {
              runId: 'r',
              agentId: 'a',
              databases: [
                {
                  name: 'crm',
                  backup: { ok: false, error: text, sha256: text },
                  stagedFileName: text,
                  logsSummary: text,
                },
              ],
            },
          }),
      ],
    ]
    for (const [field, ask] of asked) {
      const began = performance.now()
      await ask()
      expect([field, performance.now() - began < 4000]).toEqual([field, true])
    }
    expect(job).not.toBe('')
  })
})
