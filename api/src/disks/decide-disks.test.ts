import { describe, expect, test } from 'vitest'
import type { DiskChange, DiskRow, Known, StayRow } from './changes.ts'
import { decideDisks } from './decide-disks.ts'
import type { DiskReport } from './disk-report.ts'
import { DiskType, ReadingOutcome, ReadingSource } from './disk-words.ts'
import { evidenceOf } from './identity.ts'
import { recognise } from './recognition.ts'
import type { DiskSighting, Reading } from './sighting.ts'
import { NOTHING_READ } from './smart-facts.ts'

const at = (minute: number): Date => new Date(Date.UTC(2026, 10, 1, 0, minute))

/** How a disk answers: with so many pending sectors, asleep, not at all, or not asked. */
type Answer = number | 'ASLEEP' | 'UNREADABLE' | null

function readingOf(answer: Answer): Reading | null {
  if (answer === null) return null
  const none = { source: ReadingSource.AGENT, ofMachine: false, findings: [], document: null, reported: null }
  if (answer === 'UNREADABLE')
    return { ...none, outcome: ReadingOutcome.UNREADABLE, cause: 'no answer within 15 s', facts: null }
  if (answer === 'ASLEEP')
    return { ...none, outcome: ReadingOutcome.ASLEEP, cause: null, facts: { ...NOTHING_READ, asleep: true } }
  const pending = { id: 197, name: 'Current_Pending_Sector', value: 100, worst: 100, threshold: 0, raw: answer }
  const attributes = [{ ...pending, packed: answer, whenFailed: null, prefailure: false }]
  return {
    ...none,
    outcome: ReadingOutcome.READ,
    cause: null,
    facts: { ...NOTHING_READ, protocol: 'ATA', smartAvailable: true, passed: true, attributes },
  }
}

const sightingOf = (serial: string, answer: Answer, device = 'sda'): DiskSighting => ({
  label: device,
  evidence: evidenceOf({ serial, kernelSerial: serial, model: 'ST4000DM004', wwn: null, aliases: [] }),
  place: device,
  device,
  path: `/dev/${device}`,
  type: DiskType.HDD,
  bus: 'sata',
  role: null,
  capacityBytes: 4_000_787_030_016,
  firmware: null,
  rotationRpm: 5400,
  located: true,
  shown: true,
  thorough: true,
  standing: { said: [], clears: () => true },
  reading: readingOf(answer),
})

interface Step {
  machine: string
  minute: number
  /** Null = the report is without the disk. */
  answer: Answer | 'ABSENT'
  silent?: string[]
  late?: boolean
  script?: boolean
}

const step = (machine: string, minute: number, answer: Step['answer'] = 0, more: Partial<Step> = {}): Step => ({
  machine,
  minute,
  answer,
  ...more,
})

/** Deeply frozen: a decision that writes on what it was given fails. */
const frozen = <T>(value: T): T => {
  if (typeof value === 'object' && value !== null && !(value instanceof Date) && !Object.isFrozen(value)) {
    Object.freeze(value)
    Object.values(value).forEach(frozen)
  }
  return value
}

/** What a database would hold, after each report in turn. */
class World {
  private readonly rows = new Map<string, DiskRow>()
  private readonly stays = new Map<string, StayRow>()

  tell({ machine, minute, answer, silent = [], late = false, script = false }: Step): DiskChange[] {
    const report: DiskReport = frozen({
      machineId: machine,
      hostname: machine,
      times: { collectedAt: at(minute), receivedAt: at(minute), at: at(minute) },
      newest: !late && !script,
      disks: answer === 'ABSENT' ? [] : [sightingOf('ZL2A1F0K', answer)],
      complete: { kernel: true, controllers: true },
      readingsOnly: script,
    })
    const rows = frozen([...this.rows.values()])
    const known: Known = frozen({
      stays: Map.groupBy(frozen([...this.stays.values()]), ({ disk }) => disk),
      silent: new Set(silent),
      baselines: new Map(),
      rivals: new Map(),
      own: new Map(),
    })
    const changes = decideDisks(report, recognise(report, rows).sighted, rows, known)
    for (const { row, current, stays } of changes) {
      if (current) this.rows.set(row.id, frozen({ ...row }))
      for (const stay of stays) this.stays.set(stay.id, frozen({ ...stay }))
    }
    return changes
  }

  retire(minute: number): void {
    this.rows.set(this.disk.id, frozen({ ...this.disk, archivedAt: at(minute) }))
  }

  get disk(): DiskRow {
    expect(this.rows.size).toBe(1)
    return [...this.rows.values()][0] as DiskRow
  }

  /** Where it was, and whether it still is there. */
  get places(): string[] {
    return [...this.stays.values()].map(({ machine, until }) => (until ? machine : `${machine} …`))
  }
}

const eventsOf = (changes: readonly DiskChange[]): string[] =>
  changes.flatMap(({ events }) =>
    events.map(({ type, from, to }) => [type, from, to].filter((word) => word != null).join(' ')),
  )

describe('What becomes of a disk', () => {
  test.each<[string, Step[], string[], Partial<DiskRow>, string[]]>([
    ['that is seen for the first time', [step('A', 1)], ['DISK_ADDED A'], { health: 'OK' as never }, ['A …']],
    ['that is seen again', [step('A', 1), step('A', 2)], [], { lastSeenAt: at(2) }, ['A …']],
    ['that is failing when it comes', [step('A', 1, 9)], ['DISK_ADDED A', 'HEALTH_CHANGED AT_RISK'], {}, ['A …']],
    ['that gets worse', [step('A', 1), step('A', 2, 9)], ['HEALTH_CHANGED OK AT_RISK'], {}, ['A …']],
    ['that gets well', [step('A', 1, 9), step('A', 2)], ['HEALTH_CHANGED AT_RISK OK'], {}, ['A …']],
    ['that is plugged elsewhere', [step('A', 1), step('B', 2)], ['DISK_MOVED A B'], { machine: 'B' }, ['A', 'B …']],
    [
      'that its former machine tells of again, beside the other',
      [step('A', 1), step('B', 2), step('A', 3)],
      ['DISK_IN_CONFLICT B A'],
      { machine: 'A', conflictSince: at(3) },
      ['A', 'B …', 'A …'],
    ],
    [
      'that its former machine tells of again, once the other fell silent',
      [step('A', 1), step('B', 2), step('A', 3, 0, { silent: ['B'] })],
      ['DISK_MOVED B A'],
      { machine: 'A', conflictSince: null },
      ['A', 'B', 'A …'],
    ],
    [
      'in conflict, that one of the two reports without',
      [step('A', 1), step('B', 2), step('A', 3), step('A', 4, 'ABSENT')],
      ['DISK_CONFLICT_ENDED A'],
      { machine: 'B', conflictSince: null },
      ['A', 'B …', 'A'],
    ],
    [
      'in conflict, whose other machine falls silent',
      [step('A', 1), step('B', 2), step('A', 3), step('A', 4, 0, { silent: ['B'] })],
      ['DISK_CONFLICT_ENDED A'],
      { machine: 'A', conflictSince: null },
      ['A', 'B', 'A …'],
    ],
    [
      'that its machine reports without',
      [step('A', 1), step('A', 2, 'ABSENT')],
      ['DISK_MISSING A'],
      { missingSince: at(2) },
      ['A …'],
    ],
    [
      'that stays away',
      [step('A', 1), step('A', 2, 'ABSENT'), step('A', 3, 'ABSENT')],
      [],
      { missingSince: at(2) },
      ['A …'],
    ],
    [
      'that is back',
      [step('A', 1), step('A', 2, 'ABSENT'), step('A', 3)],
      ['DISK_BACK A'],
      { missingSince: null },
      ['A …'],
    ],
    [
      'of which a spooled report tells, from before it went missing',
      [step('A', 1), step('A', 3, 'ABSENT'), step('A', 2, 0, { late: true })],
      [],
      { missingSince: at(3), lastSeenAt: at(2) },
      ['A …'],
    ],
    [
      'of which a report comes late',
      [step('A', 1), step('B', 5), step('A', 3, 9, { late: true })],
      [],
      { machine: 'B', health: 'OK' as never, lastSeenAt: at(5) },
      ['A', 'B …'],
    ],
    [
      'that fails to answer once',
      [step('A', 1), step('A', 2, 'UNREADABLE')],
      ['HEALTH_CHANGED OK UNKNOWN'],
      { failedReadings: 1, unreadableSince: at(2) },
      ['A …'],
    ],
    [
      'that fails to answer twice',
      [step('A', 1), step('A', 2, 'UNREADABLE'), step('A', 3, 'UNREADABLE')],
      ['DISK_STOPPED_ANSWERING', 'HEALTH_CHANGED UNKNOWN WARNING'],
      { failedReadings: 2, unreadableSince: at(2) },
      ['A …'],
    ],
    [
      'that answers again',
      [step('A', 1), step('A', 2, 'UNREADABLE'), step('A', 3, 'UNREADABLE'), step('A', 4)],
      ['DISK_ANSWERS', 'HEALTH_CHANGED WARNING OK'],
      { failedReadings: 0, unreadableSince: null },
      ['A …'],
    ],
    ['that sleeps', [step('A', 1), step('A', 2, 'ASLEEP')], [], { lastReadAt: at(1), failedReadings: 0 }, ['A …']],
    ['that is there and was not asked', [step('A', 1), step('A', 2, null)], [], { lastReadAt: at(1) }, ['A …']],
    [
      'of which a script tells beside the agent',
      [step('A', 1), step('A', 2, 9, { script: true })],
      ['HEALTH_CHANGED OK AT_RISK'],
      { lastSeenAt: at(1), lastReadAt: at(2) },
      ['A …'],
    ],
    [
      'that is missing, of which a script tells',
      [step('A', 1), step('A', 2, 'ABSENT'), step('A', 3, 9, { script: true })],
      [],
      { missingSince: at(2), health: 'OK' as never },
      ['A …'],
    ],
  ])('%s', (_, steps, events, row, places) => {
    const world = new World()
    const told = steps.map((each) => world.tell(each))
    expect(eventsOf(told.at(-1) ?? [])).toEqual(events)
    expect(world.disk).toMatchObject(row)
    expect(world.places).toEqual(places)
  })

  test('a reading is kept whenever it comes, also the one that changes nothing', () => {
    const world = new World()
    world.tell(step('A', 7))
    const [late] = world.tell(step('A', 1, 9, { late: true }))
    expect(late).toMatchObject({ current: false, shown: false, snapshot: { at: at(1), health: 'AT_RISK' } })
  })

  test.each([
    ['a worse word of the last minutes', [step('A', 7)], step('A', 2, 9, { late: true }), 'AT_RISK'],
    ['a worse word of before', [step('A', 7)], step('A', 1, 9, { late: true }), 'OK'],
    ['a better word of the last minutes', [step('A', 7, 9)], step('A', 6, 0, { late: true }), 'AT_RISK'],
    ['a reading after the last one that was read', [step('A', 1), step('A', 30, null)], step('A', 20, 9), 'AT_RISK'],
    ['a reading of a machine that it has left', [step('A', 1), step('B', 30)], step('A', 29, 9), 'OK'],
  ] as const)('by a clock that is behind: %s', (_, before, late, health) => {
    const world = new World()
    for (const each of before) world.tell(each)
    world.tell(late)
    expect(world.disk.health).toBe(health)
  })

  test('that was retired comes back as a new one: what stands is told anew', () => {
    const world = new World()
    world.tell(step('A', 1, 9))
    world.retire(2)
    expect(eventsOf(world.tell(step('A', 3, 9)))).toEqual(['DISK_BACK A', 'HEALTH_CHANGED AT_RISK'])
  })
})
