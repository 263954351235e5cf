import { createHash } from 'node:crypto'
import { describe, expect, test } from 'vitest'
import type { DeclaredReport } from '../backups/declared.ts'
import { readReportFile, timeOf } from './report-file.ts'

const HASH = 'ab'.repeat(32)
const time = '2026-11-21T02:00:00Z'
const NOT_TOLD = { startedAt: null, endedAt: null, sha256: null, size: null, error: null }
const reportOf = (crm: unknown, more: object = {}) => ({ agent_id: 'lyon-01', databases: { crm }, ...more })

function read(json: unknown): DeclaredReport {
  const answer = readReportFile(Buffer.from(JSON.stringify(json)))
  if (!answer.ok) throw new Error(answer.detail)
  return answer.report
}
/** Why the part about one database was refused, whatever else the report holds. */
const refusedPart = (crm: unknown): string | undefined => read(reportOf(crm)).refused[0]?.detail
const step = (more: object) => ({ BACKUP: { status: true, ...more } })

describe('A report', () => {
  test('of the dialect with BACKUP, COMPRESS and TRANSFER is read whole', () => {
    const crm = {
      BACKUP: { status: true, start_time: time, end_time: '2026-11-21T02:01:00Z', sha256_checksum: HASH, size: 5000 },
      COMPRESS: { status: true, sha256_checksum: HASH.toUpperCase(), size: 1000 },
      TRANSFER: { status: false, start_time: time, end_time: time, error_message: 'refused' },
      staged_file_name: 'crm.sql.gz',
      logs_summary: 'all went well',
    }
    const times = { operation_start_time: time, operation_end_time: '2026-11-21T02:05:00Z' }
    expect(read(reportOf(crm, { ...times, overall_status: 'partial', run_id: 'r1' }))).toEqual({
      agentId: 'lyon-01',
      runId: 'r1',
      overallStatus: 'partial',
      refused: [],
      startedAt: '2026-11-21T02:00:00.000Z',
      endedAt: '2026-11-21T02:05:00.000Z',
      databases: [
        {
          name: 'crm',
          stagedFileName: 'crm.sql.gz',
          logsSummary: 'all went well',
          raw: JSON.stringify(crm),
          backup: {
            ok: true,
            sha256: HASH,
            size: 5000,
            error: null,
            startedAt: '2026-11-21T02:00:00.000Z',
            endedAt: '2026-11-21T02:01:00.000Z',
          },
          compress: { ...NOT_TOLD, ok: true, sha256: HASH, size: 1000 },
          transfer: {
            ...NOT_TOLD,
            ok: false,
            error: 'refused',
            startedAt: '2026-11-21T02:00:00.000Z',
            endedAt: '2026-11-21T02:00:00.000Z',
          },
        },
      ],
    })
  })

  test.each(['operation_timestamp_utc', 'operation_timestamp'])('of the dialect with %s tells the same', (stamp) => {
    const crm = {
      backup_process: {
        status: 'success',
        sha256_checksum: HASH,
        size_bytes: '5000',
        error_message: '',
        backup_process_start_time: '2026-11-21 02:00:00',
        timestamp: '2026-11-21 02:01:00',
      },
      compress_process: { status: 'success', compress_process_start_time: time, size_bytes: 1000 },
      transfer_process: { status: 'failed', error_message: { code: 12 } },
      logs_summary: { lines: 3 },
    }
    expect(read(reportOf(crm, { [stamp]: '2026-11-21T02:05:00' }))).toMatchObject({
      startedAt: null,
      endedAt: '2026-11-21T02:05:00.000Z',
      databases: [
        {
          stagedFileName: null,
          logsSummary: '{"lines":3}',
          backup: {
            ok: true,
            sha256: HASH,
            size: 5000,
            error: null,
            startedAt: '2026-11-21T02:00:00.000Z',
            endedAt: '2026-11-21T02:01:00.000Z',
          },
          compress: { ok: true, startedAt: '2026-11-21T02:00:00.000Z', size: 1000 },
          transfer: { ok: false, error: '{"code":12}' },
        },
      ],
    })
  })

  test('without run id is known by its content', () => {
    const content = Buffer.from(JSON.stringify(reportOf(step({}))))
    expect(readReportFile(content)).toMatchObject({
      report: { runId: createHash('sha256').update(content).digest('hex') },
    })
  })

  test('may begin with a byte order mark', () => {
    expect(readReportFile(Buffer.from(`\uFEFF${JSON.stringify(reportOf(step({})))}`)).ok).toBe(true)
  })

  test('names its steps in one of the dialects; an empty one is none', () => {
    const crm = { BACKUP: null, backup_process: { status: true }, TRANSFER: { status: true }, COMPRESS: null }
    expect(read(reportOf(crm)).databases).toMatchObject([
      { backup: { ok: true }, compress: null, transfer: { ok: true } },
    ])
  })
})

describe('The status of a step', () => {
  test.each([
    [true, true],
    [false, false],
    ...['success', 'SUCCESS', ' Succeeded ', 'successful', 'ok', 'true', 'done', 'completed'].map((word) => [
      word,
      true,
    ]),
    ...['failed', 'FAILED', 'failure', 'fail', 'error', 'false', 'ko'].map((word) => [word, false]),
  ])('%j means %s', (status, ok) => {
    expect(read(reportOf({ BACKUP: { status } })).databases[0]?.backup?.ok).toBe(ok)
  })

  test.each([[undefined], [null], [''], ['maybe'], [1], [0], [[]], [{}]])('%j is neither good nor bad', (status) => {
    expect(refusedPart({ BACKUP: { status } })).toMatch(/^databases\.crm\.BACKUP\.status must be/)
  })
})

describe('A time', () => {
  test.each([
    ['2026-11-21T02:00:00Z', '2026-11-21T02:00:00.000Z'],
    ['2026-11-21T02:00:00', '2026-11-21T02:00:00.000Z'],
    ['2026-11-21 02:00', '2026-11-21T02:00:00.000Z'],
    ['2026-11-21T02:00:00+01:00', '2026-11-21T01:00:00.000Z'],
    ['2026-11-21 02:00:00 +0100', '2026-11-21T01:00:00.000Z'],
    ['2026-11-21T02:00:00-05:30', '2026-11-21T07:30:00.000Z'],
    ['2026-11-21T00:30:00+01:00', '2026-11-20T23:30:00.000Z'],
    ['2026-11-21T02:00:00.123456789Z', '2026-11-21T02:00:00.123Z'],
    ['2026-11-21T02:00:00,5', '2026-11-21T02:00:00.500Z'],
    ['2026-11-21t02:00:00z', '2026-11-21T02:00:00.000Z'],
    ['20261121T020000Z', '2026-11-21T02:00:00.000Z'],
    ['20261121_0200', '2026-11-21T02:00:00.000Z'],
    ['2026-11-21', '2026-11-21T00:00:00.000Z'],
    ['1970-01-01T00:00:00', '1970-01-01T00:00:00.000Z'],
    ['2028-02-29', '2028-02-29T00:00:00.000Z'],
    ['', null],
    [null, null],
    [undefined, null],
  ])('%j is %s', (value, expected) => {
    expect(timeOf(value, 'start_time')).toBe(expected)
  })

  test.each([
    'yesterday',
    '02:00',
    '2026-13-01',
    '2026-11-32',
    '2026-11-21T25:00:00Z',
    '2026-11-21T02:60:00Z',
    '2026-11-21T02:00:00+25:00',
    '2026-11-21T02:00:00Z; rm',
    'x'.repeat(100_000),
    1_700_000_000,
    true,
    {},
    [],
  ])('%j is none, and the field is named', (value) => {
    expect(() => timeOf(value, 'start_time')).toThrow('start_time must be a time such as')
  })
})

describe('A part of a wrong type', () => {
  test.each<[string, unknown]>([
    ['databases.crm must be an object', null],
    ['databases.crm must be an object', []],
    ['databases.crm must be an object', 'ok'],
    ['databases.crm holds no step', {}],
    ['databases.crm.BACKUP must be an object', { BACKUP: true }],
    ['databases.crm.backup_process must be an object', { backup_process: [] }],
    ['databases.crm.BACKUP.sha256_checksum must be a SHA-256', step({ sha256_checksum: 'ab' })],
    ['databases.crm.BACKUP.sha256_checksum must be a SHA-256', step({ sha256_checksum: `${HASH}0` })],
    ['databases.crm.BACKUP.sha256_checksum must be a SHA-256', step({ sha256_checksum: 7 })],
    ['databases.crm.BACKUP.size must be a whole number', step({ size: -1 })],
    ['databases.crm.BACKUP.size must be a whole number', step({ size: 1.5 })],
    ['databases.crm.BACKUP.size must be a whole number', step({ size: '1e3' })],
    ['databases.crm.BACKUP.size must be a whole number', step({ size: 2 ** 53 })],
    ['databases.crm.BACKUP.size must be a whole number', step({ size: true })],
    ['databases.crm.BACKUP.start_time must be a time', step({ start_time: 5 })],
    ['databases.crm.BACKUP.end_time must be a time', step({ timestamp: 'soon' })],
    ['databases.crm.staged_file_name must be a plain name', { ...step({}), staged_file_name: '../crm.sql' }],
    ['databases.crm.staged_file_name must be a plain name', { ...step({}), staged_file_name: '/etc/passwd' }],
    ['databases.crm.staged_file_name must be a plain name', { ...step({}), staged_file_name: '.crm.sql.x1B2c3' }],
    ['databases.crm.staged_file_name must be a plain name', { ...step({}), staged_file_name: ['crm'] }],
  ])('is named: %s', (detail, crm) => {
    expect(refusedPart(crm)).toContain(detail)
  })

  test('costs the others nothing, and is kept as it was', () => {
    const { databases, refused } = read({
      agent_id: 'lyon-01',
      databases: { bad: { BACKUP: 1 }, crm: step({}), '../etc': step({}), 'a\nb': step({}), '': step({}) },
    })
    // A name with slashes is a name: in paths it is made safe.
    expect(databases.map(({ name }) => name)).toEqual(['crm', '../etc'])
    expect(refused.map(({ name }) => name)).toEqual(['bad', 'a?b', '?'])
    expect(refused[0]?.raw).toBe('{"BACKUP":1}')
  })
})

describe('A report as a whole is refused', () => {
  const many = Object.fromEntries(Array.from({ length: 1001 }, (_, index) => [`db${index}`, step({})]))

  test.each<[string, string | Buffer, string, string]>([
    ['empty', '', 'NOT_JSON', 'The file is empty.'],
    ['of blanks', ' \n', 'NOT_JSON', 'The file is empty.'],
    ['truncated', '{"agent_id": "lyon-01", "databases": {', 'NOT_JSON', 'The file is no whole JSON'],
    ['binary', Buffer.from([0x1f, 0x8b, 0xff, 0]), 'NOT_JSON', 'The file is no whole JSON'],
    ['of two documents', '{}{}', 'NOT_JSON', 'The file is no whole JSON'],
    ['a list', '[]', 'WRONG_TYPES', 'The report must be an object.'],
    ['null', 'null', 'WRONG_TYPES', 'The report must be an object.'],
    ['without databases', '{"agent_id":"lyon-01"}', 'WRONG_TYPES', 'databases must be an object.'],
    ['with a list of them', '{"databases":[]}', 'WRONG_TYPES', 'databases must be an object.'],
    ['with none', '{"databases":{}}', 'WRONG_TYPES', 'databases is empty'],
    ['with too many', JSON.stringify({ databases: many }), 'WRONG_TYPES', 'databases holds more than 1000'],
    ['without agent', '{"databases":{"crm":{}}}', 'WRONG_TYPES', 'agent_id must be a plain name'],
    ['of an agent in a path', JSON.stringify(reportOf({}, { agent_id: '../x' })), 'WRONG_TYPES', 'agent_id must be'],
    [
      'of no time',
      JSON.stringify(reportOf({}, { operation_start_time: 5 })),
      'WRONG_TYPES',
      'operation_start_time must',
    ],
  ])('where it is %s', (_, content, outcome, detail) => {
    const answer = readReportFile(Buffer.from(content))
    expect(answer).toMatchObject({ ok: false, outcome, detail: expect.stringContaining(detail) })
    expect((answer as { raw: string }).raw.length).toBeLessThanOrEqual(64 * 1024)
  })
})

describe('A hostile report', () => {
  test('touches no prototype', () => {
    const text = `{"__proto__":{"agent_id":"x"},"agent_id":"lyon-01","databases":{"__proto__":{"BACKUP":{"status":true}},"constructor":{"BACKUP":{"status":true,"__proto__":{"size":5}}}}}`
    const answer = readReportFile(Buffer.from(text))
    expect(answer).toMatchObject({
      report: {
        agentId: 'lyon-01',
        databases: [
          { name: '__proto__', backup: { ok: true, size: null } },
          { name: 'constructor', backup: { ok: true, size: null } },
        ],
        refused: [],
      },
    })
    expect(({} as { BACKUP?: unknown }).BACKUP).toBeUndefined()
  })

  const nested = (depth: number, inside = ''): Buffer =>
    Buffer.from(
      `{"agent_id":"lyon-01","databases":{"crm":{"BACKUP":{"status":true}},"erp":${'['.repeat(depth)}${inside}${']'.repeat(depth)}}}`,
    )

  test.each([
    ['998 levels in its second', nested(998)],
    ['brackets without end in a text', nested(10, JSON.stringify('"\\[{'.repeat(100_000)))],
  ])('with %s is answered all the same', (_what, report) => {
    expect(readReportFile(report)).toMatchObject({
      report: { databases: [{ name: 'crm' }], refused: [{ name: 'erp', detail: 'databases.erp must be an object.' }] },
    })
  })

  test.each([999, 200_000])('that is nested without end (%d) is refused in words', (depth) => {
    expect(readReportFile(nested(depth))).toMatchObject({
      ok: false,
      outcome: 'NOT_JSON',
      detail: 'The file is nested deeper than 1000 levels.',
    })
  })

  test('is cut where its texts are long: the end of an error stands', () => {
    const crm = {
      BACKUP: { status: false, error_message: `${'x'.repeat(20_000)} disk full` },
      logs_summary: 'y'.repeat(20_000),
    }
    const [database] = read(reportOf(crm, { overall_status: 'z'.repeat(1000), run_id: 'r'.repeat(1000) })).databases
    expect(database?.backup?.error).toMatch(/^x+ disk full$/)
    expect([database?.backup?.error?.length, database?.logsSummary?.length]).toEqual([8192, 8192])
  })
})
