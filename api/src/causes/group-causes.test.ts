import { describe, expect, test } from 'vitest'
import { AlertType } from '../alerts/alert.entity.ts'
import { Language } from '../reasons/reasons.resolver.ts'
import { Severity } from '../reasons/reason.ts'
import { causeSentence } from './cause-sentence.ts'
import { type AlertRow, CauseKind, groupCauses, type Related } from './group-causes.ts'

let made = 0
const alert = (type: AlertType, more: Partial<AlertRow> = {}): AlertRow => ({
  id: `alert-${String((made += 1)).padStart(4, '0')}`,
  cause: '',
  type,
  severity: Severity.AT_RISK,
  status: null,
  job: null,
  machine: null,
  disk: null,
  openedAt: new Date('2026-11-29T02:00:00Z'),
  facts: {},
  ...more,
})
const disk = (id: string, status = 'FAILED', more: Partial<AlertRow> = {}) =>
  alert(AlertType.DISK, { disk: id, machine: 'nas', status, severity: Severity.FAILED, ...more })
const array = (name: string, more: Partial<AlertRow> = {}) =>
  alert(AlertType.ARRAY, { machine: 'nas', status: 'AT_RISK', facts: { kind: 'MDRAID', name }, ...more })
const backup = (job: string, status = 'MISSING') => alert(AlertType.BACKUP, { job, status, severity: Severity.FAILED })
const silent = (machine: string) => alert(AlertType.MACHINE_SILENT, { machine, severity: Severity.WARNING })

/** The agent of a job stands before its slash; what it protects is the machine of the same name. */
const related: Related = {
  agentOf: (job) => job.split('/')[0] ?? '',
  machinesOf: (job) => [job.split('/')[0] ?? ''],
  arraysOf: (id) => (id.startsWith('member-of-md0') ? ['MDRAID md0', 'MDRAID md1'] : []),
}
const ids = (alerts: AlertRow[]): Record<string, number> =>
  Object.fromEntries(groupCauses(alerts, related).map(({ id, alerts: own }) => [id, own.length]))
const LATER = new Date('2026-11-29T09:00:00Z')

test.each<[string, AlertRow[], Record<string, number>]>([
  [
    'what one agent did not send',
    [backup('a/1'), backup('a/2'), backup('b/1')],
    { 'BACKUPS_MISSING a': 2, 'BACKUPS_MISSING b': 1 },
  ],
  ['what a silent machine did not send', [backup('a/1'), backup('a/2'), silent('a')], { 'MACHINE_SILENT a': 3 }],
  [
    'a backup that came from a silent machine and failed',
    [backup('a/1', 'FAILED'), silent('a')],
    { 'BACKUP a/1': 1, 'MACHINE_SILENT a': 1 },
  ],
  [
    'backups that failed, each by itself',
    [backup('a/1', 'FAILED'), backup('a/2', 'FAILED')],
    { 'BACKUP a/1': 1, 'BACKUP a/2': 1 },
  ],
  ['a backup that is bad and doubtful', [backup('a/1', 'FAILED'), backup('a/1', 'DOUBTFUL')], { 'BACKUP a/1': 2 }],
  ['a disk that fails and stops answering', [disk('d1'), disk('d1', 'STOPPED_ANSWERING')], { 'DISK d1': 2 }],
  ['a disk that failed and left', [disk('d1'), disk('d1', 'MISSING')], { 'DISK d1': 2 }],
  [
    'disks that left one machine',
    [disk('d1', 'MISSING'), disk('d2', 'MISSING'), disk('d3', 'MISSING', { machine: 'other' })],
    { 'DISKS_MISSING nas': 2, 'DISKS_MISSING other': 1 },
  ],
  ['an array and the disk that fails in it', [array('md0'), disk('member-of-md0')], { 'DISK member-of-md0': 2 }],
  ['two arrays on one disk', [array('md0'), array('md1'), disk('member-of-md0')], { 'DISK member-of-md0': 3 }],
  ['an array and a failing disk beside it', [array('md0'), disk('d9')], { 'ARRAY nas MDRAID md0': 1, 'DISK d9': 1 }],
  [
    'an array and the disk that left at the same time',
    [array('md0'), disk('d9', 'MISSING')],
    { 'DISKS_MISSING nas': 2 },
  ],
  [
    'an array and a disk that left hours later',
    [array('md0'), disk('d9', 'MISSING', { openedAt: LATER })],
    { 'ARRAY nas MDRAID md0': 1, 'DISKS_MISSING nas': 1 },
  ],
  [
    'an array of one machine and a disk that left another',
    [array('md0'), disk('d9', 'MISSING', { machine: 'other' })],
    { 'ARRAY nas MDRAID md0': 1, 'DISKS_MISSING other': 1 },
  ],
  [
    'files of the vault',
    [
      alert(AlertType.FILE, { status: 'BACKUP_LOST' }),
      alert(AlertType.FILE, { status: 'BACKUP_LOST' }),
      alert(AlertType.FILE, { status: 'BACKUP_DAMAGED' }),
    ],
    { 'FILES BACKUP_LOST': 2, 'FILES BACKUP_DAMAGED': 1 },
  ],
  [
    'reports of one agent',
    ['a/1', 'a/2', 'b/1'].map((name) => alert(AlertType.REPORT, { facts: { name } })),
    { 'REPORTS a': 2, 'REPORTS b': 1 },
  ],
  ['what Vigie cannot do', [alert(AlertType.SCANNER), alert(AlertType.SCANNER)], { 'SCANNER ': 2 }],
  [
    'rooms that fill up',
    ['/', '/vault'].map((name) => alert(AlertType.ROOM, { facts: { name } })),
    { 'ROOM /': 1, 'ROOM /vault': 1 },
  ],
  ['nothing', [], {}],
])('The causes of %s', (_, alerts, causes) => {
  expect(ids(alerts)).toEqual(causes)
  expect(ids(alerts.toReversed()), 'in any order').toEqual(causes)
})

test('Each alert belongs to exactly one cause, whatever stands together', () => {
  const types = Object.values(AlertType)
  const all = Array.from({ length: 400 }, (_, index) =>
    alert(types[index % types.length] as AlertType, {
      status: ['FAILED', 'MISSING', 'AT_RISK', null][index % 4] ?? null,
      job: index % 3 ? `a${index % 7}/${index}` : null,
      machine: index % 5 ? `a${index % 7}` : null,
      disk: index % 2 ? `member-of-md0-${index % 11}` : null,
      facts: { name: `md${index % 2}`, kind: 'MDRAID' },
    }),
  )
  const grouped = groupCauses(all, related)
  expect(grouped.flatMap(({ alerts }) => alerts.map(({ id }) => id)).toSorted()).toEqual(
    all.map(({ id }) => id).toSorted(),
  )
  expect(new Set(grouped.map(({ id }) => id)).size).toBe(grouped.length)
})

describe('The sentence of a cause', () => {
  const job = (databaseName: string, badInARow = 1, agentId = 'atlas') => ({ databaseName, agentId, badInARow })
  const facts = { machine: 'atlas', disk: 'ZL2X', jobs: [] }
  test.each<[Parameters<typeof causeSentence>[0], string, string]>([
    [
      { ...facts, kind: CauseKind.DISK, alerts: [disk('d')] },
      'The disk ZL2X of atlas is failing',
      'Le disque ZL2X d’atlas est en train de lâcher',
    ],
    [
      { ...facts, kind: CauseKind.DISK, alerts: [disk('d', 'AT_RISK')], machine: 'nas' },
      'The disk ZL2X of nas is at risk',
      'Le disque ZL2X de nas est en danger',
    ],
    [
      { ...facts, kind: CauseKind.DISKS_MISSING, alerts: [disk('d', 'MISSING')] },
      'The disk ZL2X is not in atlas any more',
      'Le disque ZL2X n’est plus dans atlas',
    ],
    [
      { ...facts, kind: CauseKind.DISKS_MISSING, alerts: [disk('d', 'MISSING'), disk('e', 'MISSING'), array('md0')] },
      '2 disks are not in atlas any more',
      '2 disques ne sont plus dans atlas',
    ],
    [
      { ...facts, kind: CauseKind.ARRAY, alerts: [array('md0')] },
      'The array md0 of atlas is at risk',
      'La grappe md0 d’atlas est en danger',
    ],
    [
      {
        ...facts,
        kind: CauseKind.ARRAY,
        alerts: [array('tank', { status: 'FAILED', facts: { kind: 'ZFS', name: 'tank' } })],
      },
      'The pool tank of atlas has failed',
      'Le pool tank d’atlas est tombé',
    ],
    [
      { ...facts, kind: CauseKind.MACHINE_SILENT, alerts: [silent('a')] },
      'atlas does not report',
      'atlas ne donne plus signe de vie',
    ],
    [
      {
        ...facts,
        kind: CauseKind.MACHINE_SILENT,
        alerts: [silent('a'), backup('a/1'), backup('a/2')],
        jobs: [job('x'), job('y')],
      },
      'atlas does not report, and 2 backups of it are missing',
      'atlas ne donne plus signe de vie, et 2 de ses sauvegardes manquent',
    ],
    [
      { ...facts, kind: CauseKind.BACKUPS_MISSING, alerts: [backup('a/1')], jobs: [job('crm', 3)] },
      'The backup crm of atlas is missing, not good 3 times in a row',
      'La sauvegarde crm d’atlas manque, 3 fois de suite sans être bonne',
    ],
    [
      {
        ...facts,
        kind: CauseKind.BACKUPS_MISSING,
        alerts: [backup('a/1'), backup('a/2')],
        jobs: [job('crm'), job('erp')],
      },
      '2 backups of atlas are missing',
      '2 sauvegardes d’atlas manquent',
    ],
    [
      { ...facts, kind: CauseKind.BACKUP, alerts: [backup('a/1', 'TRANSFER_INTEGRITY_FAILED')], jobs: [job('crm')] },
      'The backup crm of atlas arrived damaged',
      'La sauvegarde crm d’atlas est arrivée altérée',
    ],
    [
      { ...facts, kind: CauseKind.FILES, alerts: [alert(AlertType.FILE, { status: 'BACKUP_LOST' })] },
      'A file of the vault is lost',
      'Un fichier du coffre est perdu',
    ],
    [
      {
        ...facts,
        kind: CauseKind.REPORTS,
        alerts: ['b/1', 'b/2'].map((name) => alert(AlertType.REPORT, { status: 'UNDECLARED', facts: { name } })),
      },
      '2 reports of b belong to no job',
      '2 rapports de b ne correspondent à aucune sauvegarde attendue',
    ],
    [
      {
        ...facts,
        kind: CauseKind.ROOM,
        alerts: [alert(AlertType.ROOM, { status: 'SCARCE', facts: { name: '/vault' } })],
      },
      '/vault is almost full',
      '/vault est presque plein',
    ],
    [
      { ...facts, kind: CauseKind.SCANNER, alerts: [alert(AlertType.SCANNER)] },
      'Vigie cannot do its work',
      'Vigie ne peut pas faire son travail',
    ],
  ])('%#: %s', (cause, english, french) => {
    expect([causeSentence(cause, Language.EN), causeSentence(cause, Language.FR)]).toEqual([english, french])
  })
})
