import { Action } from '@vigie/agent/actions'
import { describe, expect, test } from 'vitest'
import { BackupStatus, ExpectChange, statusSeverity } from '../backups/backup-status.ts'
import { EventCause, EventType } from '../events/event.entity.ts'
import { Severity } from '../reasons/reason.ts'
import { ALERTING, consequencesOf, groupMessages, nextTry } from './alert-rules.ts'

type Told = Parameters<typeof consequencesOf>[0]

const event = (type: EventType, more: Partial<Told> = {}): Told => ({
  type,
  severity: Severity.INFO,
  cause: EventCause.READING,
  job: 'J',
  disk: 'D',
  machine: 'M',
  to: null,
  facts: {},
  ...more,
})
const judged = (to: BackupStatus, expectChange = ExpectChange.ALERT, facts: Told['facts'] = {}) =>
  event(EventType.BACKUP_STATUS_CHANGED, { to, facts, severity: statusSeverity(to, expectChange) })
const healthOf = (to: string) => event(EventType.HEALTH_CHANGED, { to })
const words = (told: Told): string[] =>
  consequencesOf(told).map(({ action, type, cause, status }) => [action, type, cause, status ?? ''].join(' ').trim())

const { SUCCESS, FAILED, MISSING, TRANSFER_INTEGRITY_FAILED, HASH_MISMATCH, UNKNOWN } = BackupStatus
const path = { path: 'lyon-01/crm/x.sql.gz' }
const name = { name: 'lyon-01/crm' }

const CASES: [string, Told, string[]][] = [
  ['a backup that failed', judged(FAILED), ['OPEN BACKUP backup J FAILED']],
  ['a backup that is missing', judged(MISSING), ['OPEN BACKUP backup J MISSING']],
  [
    'a backup that was damaged in transfer',
    judged(TRANSFER_INTEGRITY_FAILED),
    ['OPEN BACKUP backup J TRANSFER_INTEGRITY_FAILED'],
  ],
  ['an unchanged backup', judged(HASH_MISMATCH), ['OPEN BACKUP backup J HASH_MISMATCH']],
  [
    'an unchanged backup that may be so',
    judged(HASH_MISMATCH, ExpectChange.INFO),
    ['RESOLVE BACKUP backup J HASH_MISMATCH'],
  ],
  ['a good backup', judged(SUCCESS), ['RESOLVE BACKUP backup J SUCCESS']],
  ['a backup of which nothing is known', judged(UNKNOWN), []],
  ['a late word about an older good backup', judged(SUCCESS, ExpectChange.ALERT, { newest: false }), []],
  ['a late word about an older bad backup', judged(FAILED, ExpectChange.ALERT, { newest: false }), []],
  ['a bad newest backup', judged(FAILED, ExpectChange.ALERT, { newest: true }), ['OPEN BACKUP backup J FAILED']],
  ['a retired job', event(EventType.JOB_ARCHIVED), ['CLOSE BACKUP backup J', 'CLOSE BACKUP doubt J']],
  ['a good backup that is doubtful', event(EventType.BACKUP_DOUBTED), ['OPEN BACKUP doubt J DOUBTFUL']],
  ['a backup beyond doubt again', event(EventType.BACKUP_TRUSTED), ['RESOLVE BACKUP doubt J']],
  ['a new job', event(EventType.JOB_CREATED, { facts: name }), ['CLOSE REPORT undeclared lyon-01/crm']],
  [
    'a paused job',
    event(EventType.JOB_CHANGED, { facts: { ...name, active: false } }),
    ['CLOSE REPORT undeclared lyon-01/crm', 'CLOSE BACKUP backup J'],
  ],
  [
    'a job that goes on',
    event(EventType.JOB_CHANGED, { facts: { ...name, active: true } }),
    ['CLOSE REPORT undeclared lyon-01/crm'],
  ],
  ['a lost file', event(EventType.BACKUP_LOST, { facts: path }), [`OPEN FILE file ${path.path} BACKUP_LOST`]],
  ['a damaged file', event(EventType.BACKUP_DAMAGED, { facts: path }), [`OPEN FILE file ${path.path} BACKUP_DAMAGED`]],
  ['a file found intact', event(EventType.BACKUP_INTACT, { facts: path }), [`RESOLVE FILE file ${path.path}`]],
  ['a deleted file', event(EventType.BACKUP_DELETED, { facts: path }), [`CLOSE FILE file ${path.path}`]],
  [
    'a bad report',
    event(EventType.REPORT_REFUSED, { to: 'NOT_JSON', facts: { name: 'lyon-01', path: 'lyon-01/log/A.json' } }),
    ['OPEN REPORT report lyon-01 lyon-01/log/A.json NOT_JSON'],
  ],
  [
    'a bad part of a report',
    event(EventType.REPORT_REFUSED, { to: 'WRONG_TYPES', facts: { ...name, path: 'lyon-01/log/A.json' } }),
    ['OPEN REPORT report lyon-01/crm WRONG_TYPES'],
  ],
  [
    'an undeclared database',
    event(EventType.REPORT_UNDECLARED, { to: 'UNDECLARED', facts: name }),
    ['OPEN REPORT undeclared lyon-01/crm UNDECLARED'],
  ],
  [
    'a settled report',
    event(EventType.REPORT_SETTLED, { facts: name }),
    ['CLOSE REPORT report lyon-01/crm', 'CLOSE REPORT undeclared lyon-01/crm'],
  ],
  ['a disk that is at risk', healthOf('AT_RISK'), ['OPEN DISK disk D AT_RISK']],
  ['a disk that failed', healthOf('FAILED'), ['OPEN DISK disk D FAILED']],
  ['a disk that is well', healthOf('OK'), ['RESOLVE DISK disk D OK']],
  ['a disk that is better', healthOf('WARNING'), ['RESOLVE DISK disk D WARNING']],
  ['a disk of which nothing is known', healthOf('UNKNOWN'), []],
  ['a disk that tells nothing', healthOf('UNSUPPORTED'), []],
  [
    'a disk whose finding somebody accepted',
    event(EventType.HEALTH_CHANGED, { to: 'OK', cause: EventCause.USER }),
    ['CLOSE DISK disk D'],
  ],
  [
    'a disk of which a part was accepted',
    event(EventType.HEALTH_CHANGED, { to: 'AT_RISK', cause: EventCause.USER }),
    ['OPEN DISK disk D AT_RISK'],
  ],
  ['a disk that stopped answering', event(EventType.DISK_STOPPED_ANSWERING), ['OPEN DISK answer D STOPPED_ANSWERING']],
  ['one that answers again', event(EventType.DISK_ANSWERS), ['RESOLVE DISK answer D']],
  ['a missing disk', event(EventType.DISK_MISSING), ['CLOSE DISK answer D', 'OPEN DISK missing D MISSING']],
  ['one that is back', event(EventType.DISK_BACK), ['RESOLVE DISK missing D']],
  [
    'a retired disk',
    event(EventType.DISK_ARCHIVED),
    ['CLOSE DISK disk D', 'CLOSE DISK answer D', 'CLOSE DISK missing D'],
  ],
  [
    'a degraded array',
    event(EventType.ARRAY_CHANGED, { to: 'AT_RISK', facts: { name: 'md0', kind: 'MDRAID' } }),
    ['OPEN ARRAY array M MDRAID md0 AT_RISK', 'RESOLVE ARRAY answer array M MDRAID md0'],
  ],
  [
    'an array that is whole again',
    event(EventType.ARRAY_CHANGED, { to: 'OK', facts: { name: 'md0', kind: 'MDRAID' } }),
    ['RESOLVE ARRAY array M MDRAID md0', 'RESOLVE ARRAY answer array M MDRAID md0'],
  ],
  [
    'an array that is gone',
    event(EventType.ARRAY_GONE, { facts: { name: 'md0', kind: 'MDRAID' } }),
    ['CLOSE ARRAY array M MDRAID md0', 'CLOSE ARRAY answer array M MDRAID md0', 'NOTICE ARRAY gone M MDRAID md0 GONE'],
  ],
  [
    'an array that was degraded and is gone',
    event(EventType.ARRAY_GONE, { to: 'AT_RISK', facts: { name: 'md0', kind: 'MDRAID' } }),
    ['CLOSE ARRAY answer array M MDRAID md0', 'NOTICE ARRAY gone M MDRAID md0 GONE'],
  ],
  [
    'an array that somebody forgets',
    event(EventType.ARRAY_FORGOTTEN, { facts: { name: 'md0', kind: 'MDRAID' } }),
    ['CLOSE ARRAY array M MDRAID md0', 'CLOSE ARRAY answer array M MDRAID md0'],
  ],
  ['S.M.A.R.T. that cannot be had', event(EventType.SMART_LOST), ['OPEN SMART_LOST smart M']],
  ['S.M.A.R.T. that is there again', event(EventType.SMART_READ), ['RESOLVE SMART_LOST smart M']],
  ['security updates that wait', event(EventType.SECURITY_OVERDUE), ['OPEN SECURITY_OVERDUE security M']],
  ['security updates that came', event(EventType.SECURITY_UPDATED), ['RESOLVE SECURITY_OVERDUE security M']],
  ['a restart that waits', event(EventType.REBOOT_OVERDUE), ['OPEN REBOOT_OVERDUE reboot M']],
  ['a restart that came', event(EventType.REBOOTED), ['RESOLVE REBOOT_OVERDUE reboot M']],
  ['a package manager in trouble', event(EventType.UPDATES_BROKEN), ['OPEN UPDATES_BROKEN updates M']],
  ['a package manager that is well again', event(EventType.UPDATES_MENDED), ['RESOLVE UPDATES_BROKEN updates M']],
  ['security updates that may wait longer', event(EventType.SECURITY_TOLERATED), ['CLOSE SECURITY_OVERDUE security M']],
  ['a restart that may wait longer', event(EventType.REBOOT_TOLERATED), ['CLOSE REBOOT_OVERDUE reboot M']],
  [
    'a file system that fills up',
    event(EventType.FILE_SYSTEM_LOW, { to: 'LOW', facts: { name: '/var', fileSystem: 'F' } }),
    ['OPEN FILE_SYSTEM file system F LOW'],
  ],
  [
    'a file system with room again',
    event(EventType.FILE_SYSTEM_ENOUGH, { facts: { fileSystem: 'F' } }),
    ['RESOLVE FILE_SYSTEM file system F'],
  ],
  [
    'a file system that is mounted no more',
    event(EventType.FILE_SYSTEM_LEFT, { facts: { fileSystem: 'F' } }),
    ['CLOSE FILE_SYSTEM file system F'],
  ],
  [
    'a file system that became read-only after errors',
    event(EventType.FILE_SYSTEM_READ_ONLY, { facts: { name: '/var', fileSystem: 'F' } }),
    ['OPEN FILE_SYSTEM read-only file system F READ_ONLY'],
  ],
  [
    'a file system that can be written to again',
    event(EventType.FILE_SYSTEM_WRITABLE, { facts: { fileSystem: 'F' } }),
    ['RESOLVE FILE_SYSTEM read-only file system F'],
  ],
  [
    'a read-only file system that is unmounted',
    event(EventType.FILE_SYSTEM_UNMOUNTED, { facts: { fileSystem: 'F' } }),
    ['CLOSE FILE_SYSTEM read-only file system F'],
  ],
  ['programs that said something', event(EventType.MESSAGES_FOUND), ['OPEN MESSAGES messages M']],
  ['messages that somebody read', event(EventType.MESSAGES_ACKNOWLEDGED), ['CLOSE MESSAGES messages M']],
  ['a machine under load', event(EventType.LOAD_HIGH), ['OPEN BUSY load M LOAD']],
  ['a machine whose load is over', event(EventType.LOAD_NORMAL), ['RESOLVE BUSY load M']],
  [
    'a load that nobody wants to hear of any more',
    event(EventType.LOAD_NORMAL, { cause: EventCause.USER }),
    ['CLOSE BUSY load M'],
  ],
  ['memory that is short', event(EventType.MEMORY_HIGH), ['OPEN BUSY memory M MEMORY']],
  ['memory that is there again', event(EventType.MEMORY_NORMAL), ['RESOLVE BUSY memory M']],
  [
    'a machine that tells no load any more',
    event(EventType.METRICS_LOST, { facts: { kind: 'LOAD' } }),
    ['CLOSE BUSY load M'],
  ],
  [
    'a machine that tells no memory any more',
    event(EventType.METRICS_LOST, { facts: { kind: 'MEMORY' } }),
    ['CLOSE BUSY memory M'],
  ],
  [
    'a file system that may be fuller by now',
    event(EventType.FILE_SYSTEM_ENOUGH, { cause: EventCause.USER, facts: { fileSystem: 'F' } }),
    ['CLOSE FILE_SYSTEM file system F'],
  ],
  ['a silent machine', event(EventType.MACHINE_SILENT), ['OPEN MACHINE_SILENT machine M']],
  ['a machine that is back', event(EventType.MACHINE_BACK), ['RESOLVE MACHINE_SILENT machine M']],
  [
    'a retired machine',
    event(EventType.MACHINE_ARCHIVED),
    [
      'CLOSE MACHINE_SILENT machine M',
      'CLOSE SMART_LOST smart M',
      'CLOSE SECURITY_OVERDUE security M',
      'CLOSE REBOOT_OVERDUE reboot M',
      'CLOSE UPDATES_BROKEN updates M',
      'CLOSE BUSY load M',
      'CLOSE BUSY memory M',
    ],
  ],
  [
    'an action that failed',
    event(EventType.EXECUTION_FAILED, { to: 'FAILED', facts: { action: Action.APT_APPLY } }),
    ['OPEN ACTION action M apt.apply FAILED'],
  ],
  [
    'an action that was interrupted',
    event(EventType.EXECUTION_FAILED, { to: 'INTERRUPTED', facts: { action: Action.REBOOT } }),
    ['OPEN ACTION action M reboot INTERRUPTED'],
  ],
  [
    'an action whose programs ended well, before anybody saw that it was done',
    event(EventType.EXECUTION_ENDED, { to: 'SUCCEEDED', facts: { action: Action.APT_APPLY } }),
    [],
  ],
  [
    'an action that was seen to be done',
    event(EventType.EXECUTION_CONFIRMED, { facts: { action: Action.APT_APPLY } }),
    ['RESOLVE ACTION action M apt.apply'],
  ],
  [
    'an action that was seen not to be done',
    event(EventType.EXECUTION_CONTRADICTED, { facts: { action: Action.APT_APPLY } }),
    ['OPEN ACTION action M apt.apply CONTRADICTED'],
  ],
  [
    'a service that came up, and no other',
    event(EventType.EXECUTION_ENDED, {
      to: 'SUCCEEDED',
      facts: { action: Action.SERVICE_RESTART, about: 'nginx.service' },
    }),
    ['RESOLVE ACTION action M service.restart nginx.service'],
  ],
  [
    'an action that was stopped',
    event(EventType.EXECUTION_ENDED, { to: 'CANCELLED', facts: { action: Action.APT_APPLY } }),
    [],
  ],
  [
    'an order that is not the one that was approved',
    event(EventType.EXECUTION_CONFLICT, { facts: { execution: 'E' } }),
    ['NOTICE ACTION conflict E CONFLICT'],
  ],
  ['a blind scanner', event(EventType.SCANNER_BLIND), ['OPEN SCANNER scanner']],
  ['a scanner that sees again', event(EventType.SCANNER_SEES), ['RESOLVE SCANNER scanner']],
  [
    'a disk that fills up',
    event(EventType.ROOM_LOW, { to: 'LOW', facts: { name: '/srv' } }),
    ['OPEN ROOM room /srv LOW'],
  ],
  ['a disk with room again', event(EventType.ROOM_ENOUGH, { facts: { name: '/srv' } }), ['RESOLVE ROOM room /srv']],
  ['a scanner that was away', event(EventType.SCANNER_AWAY), ['NOTICE SCANNER scanner away']],
]

describe('What is told of', () => {
  test.each(CASES)('%s', (_, told, expected) => {
    expect(words(told)).toEqual(expected)
  })

  test('every kind of event that is read, and of no other', () => {
    expect(new Set(CASES.map(([, { type }]) => type))).toEqual(new Set(ALERTING))
    const others = Object.values(EventType).filter((type) => !(ALERTING as readonly EventType[]).includes(type))
    expect(others.flatMap((type) => words(event(type, { severity: Severity.FAILED, to: 'FAILED' })))).toEqual([])
  })
})

test('What one event opens, its counterpart finds by the same cause', () => {
  const causeOf = (type: EventType, facts: Told['facts'] = {}) => consequencesOf(event(type, { facts }))[0]?.cause
  const report = { name: 'lyon-01', path: 'lyon-01/log/A.json' }
  for (const [opened, closed, facts] of [
    [EventType.BACKUP_LOST, EventType.BACKUP_DELETED, path],
    [EventType.REPORT_REFUSED, EventType.REPORT_SETTLED, report],
    [EventType.REPORT_UNDECLARED, EventType.JOB_CREATED, name],
    [EventType.MACHINE_SILENT, EventType.MACHINE_BACK, {}],
  ] as const)
    expect(causeOf(opened, facts)).toBe(causeOf(closed, facts))
})

describe('Alerts that arise together', () => {
  const to = (recipient: string, ...alerts: [string | null, string][]) =>
    alerts.map(([agentId, alert]) => ({ recipient, agentId, alert }))
  const grouped = (addressed: Parameters<typeof groupMessages<string>>[0]) =>
    groupMessages(addressed).map(({ recipient, alerts }) => `${recipient}: ${alerts.join(' ')}`)

  test.each([
    ['none are no message', [], []],
    ['one is one message', to('ann', ['lyon', 'crm']), ['ann: crm']],
    ['two of one agent are one message', to('ann', ['lyon', 'crm'], ['lyon', 'erp']), ['ann: crm erp']],
    ['two of two agents are two', to('ann', ['lyon', 'crm'], ['paris', 'erp']), ['ann: crm', 'ann: erp']],
    ['two of no agent are two', to('ann', [null, 'disk'], [null, 'scanner']), ['ann: disk', 'ann: scanner']],
    [
      'three of three agents are three',
      to('ann', ['lyon', 'a'], ['paris', 'b'], ['nice', 'c']),
      ['ann: a', 'ann: b', 'ann: c'],
    ],
    [
      'four are one digest, whosever they are',
      to('ann', ['lyon', 'a'], ['paris', 'b'], [null, 'c'], ['nice', 'd']),
      ['ann: a b c d'],
    ],
    [
      'each recipient is counted alone',
      [...to('ann', ['lyon', 'a'], ['paris', 'b']), ...to('bob', ['lyon', 'a'], ['lyon', 'c'])],
      ['ann: a', 'ann: b', 'bob: a c'],
    ],
  ])('%s', (_, addressed, expected) => {
    expect(grouped(addressed)).toEqual(expected)
  })
})

describe('A delivery that failed', () => {
  const now = new Date('2026-01-15T02:00:00.000Z')
  const pauseOf = (attempts: number, random: number): number =>
    (nextTry(attempts, now, () => random).getTime() - now.getTime()) / 1000

  test.each([
    [1, 60],
    [2, 120],
    [3, 240],
    [9, 15_360],
    [10, 21_600],
    [1000, 21_600],
  ])('%d times is tried again after %d s, give or take a fifth', (attempts, seconds) => {
    expect(pauseOf(attempts, 0.5)).toBe(seconds)
    expect(pauseOf(attempts, 0)).toBe(seconds * 0.8)
    expect(pauseOf(attempts, 1)).toBe(seconds * 1.2)
  })
})
