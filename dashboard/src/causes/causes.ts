import type { RouteLocationRaw } from 'vue-router'
import type { BackupStatus, CauseKind, CauseRowFragment, Health, PlaceVerdict } from '../gql/graphql.ts'

/** What a cause is shown by: the shape of a disk's health, or of a backup's status. */
export type Glyph = { health: Health } | { status: BackupStatus }

/** A new kind does not compile until it has its shape. */
const GLYPHS: Record<CauseKind, (worst: { status: string | null; severity: string }) => Glyph> = {
  DISK: ({ status }) => ({ health: status === 'AT_RISK' ? 'AT_RISK' : status === 'FAILED' ? 'FAILED' : 'UNKNOWN' }),
  DISKS_MISSING: () => ({ health: 'UNKNOWN' }),
  ARRAY: ({ status }) => ({ health: status === 'FAILED' ? 'FAILED' : 'AT_RISK' }),
  MACHINE_SILENT: () => ({ health: 'WARNING' }),
  SMART_LOST: () => ({ health: 'UNKNOWN' }),
  SECURITY_OVERDUE: () => ({ health: 'WARNING' }),
  REBOOT_OVERDUE: () => ({ health: 'WARNING' }),
  UPDATES_BROKEN: () => ({ health: 'UNKNOWN' }),
  ACTION: ({ status }) => ({ health: status === 'INTERRUPTED' ? 'UNKNOWN' : 'AT_RISK' }),
  BACKUP: ({ status }) => ({
    status:
      status === 'TRANSFER_INTEGRITY_FAILED' || status === 'HASH_MISMATCH' || status === 'MISSING'
        ? status
        : status === 'DOUBTFUL'
          ? 'UNKNOWN'
          : 'FAILED',
  }),
  BACKUPS_MISSING: () => ({ status: 'MISSING' }),
  FILES: ({ status }) => ({ status: status === 'BACKUP_LOST' ? 'MISSING' : 'TRANSFER_INTEGRITY_FAILED' }),
  REPORTS: () => ({ health: 'WARNING' }),
  SCANNER: ({ severity }) => ({ health: severity === 'FAILED' ? 'FAILED' : 'AT_RISK' }),
  FILE_SYSTEM: ({ status }) => ({ health: status === 'SCARCE' || status === 'READ_ONLY' ? 'AT_RISK' : 'WARNING' }),
  BUSY: () => ({ health: 'WARNING' }),
  MESSAGES: ({ severity }) => ({ health: severity === 'FAILED' ? 'FAILED' : 'AT_RISK' }),
  ROOM: ({ status }) => ({ health: status === 'SCARCE' ? 'AT_RISK' : 'WARNING' }),
}
export const glyphOf = ({ kind, worst, severity }: Pick<CauseRowFragment, 'kind' | 'worst' | 'severity'>): Glyph =>
  GLYPHS[kind]({ status: worst[0]?.status ?? null, severity })

const OF_MACHINES: readonly CauseKind[] = [
  'MACHINE_SILENT',
  'SMART_LOST',
  'SECURITY_OVERDUE',
  'REBOOT_OVERDUE',
  'UPDATES_BROKEN',
  'ACTION',
  'FILE_SYSTEM',
  'BUSY',
  'DISKS_MISSING',
  'ARRAY',
]

/** Where the evidence of a cause stands, and what the link to it says. */
export function evidenceOf({
  kind,
  jobs,
  machine,
  disk,
  worst,
}: Pick<CauseRowFragment, 'kind' | 'jobs' | 'machine' | 'disk' | 'worst'>): {
  to: RouteLocationRaw
  words: 'openDisk' | 'openMachine' | 'openMessages' | 'openJob' | 'openJobs' | 'openInbox' | 'openScanner'
} {
  const [job] = jobs
  if (kind === 'DISK' && disk) return { to: { name: 'disk', params: { id: disk.id } }, words: 'openDisk' }
  if (machine && kind === 'MESSAGES')
    return { to: { name: 'log-messages', query: { machine: machine.id } }, words: 'openMessages' }
  if (machine && OF_MACHINES.includes(kind))
    return { to: { name: 'machine', params: { id: machine.id } }, words: 'openMachine' }
  const entry = worst[0]?.entry
  if (job && jobs.length === 1)
    return {
      to: entry ? { name: 'entry', params: { id: job.id, entry: entry.id } } : { name: 'job', params: { id: job.id } },
      words: 'openJob',
    }
  if (job) return { to: { name: 'backups', query: { search: job.agentId } }, words: 'openJobs' }
  return kind === 'REPORTS'
    ? { to: { name: 'inbox' }, words: 'openInbox' }
    : { to: { name: 'scanner' }, words: 'openScanner' }
}

const DANGER: readonly PlaceVerdict[] = ['LOST', 'LOSES']
export const isDanger = (verdict: PlaceVerdict): boolean => DANGER.includes(verdict)
/** How long a cause is new. */
const NEW_FOR = 24 * 3_600_000
/** Causes that are told whole; the others stand in groups of their kind. */
const MOST_WHOLE = 6

type Told = Pick<CauseRowFragment, 'id' | 'kind' | 'since' | 'endangers'>

/**
 * What is told whole: what endangers data, and what is new, in the order of the list. All others fold into groups of one
 * kind, each with all of its causes; nothing is left out.
 */
export function folded<C extends Told>(
  causes: readonly C[],
  now: Date,
): { whole: C[]; groups: { kind: CauseKind; causes: C[] }[] } {
  const wanted = causes.filter(
    ({ endangers, since }) =>
      endangers.some(({ place }) => isDanger(place.verdict)) || now.getTime() - Date.parse(since) < NEW_FOR,
  )
  const whole = causes.length <= MOST_WHOLE ? [...causes] : wanted.slice(0, MOST_WHOLE)
  const groups = new Map<CauseKind, C[]>()
  for (const cause of causes) {
    if (whole.includes(cause)) continue
    const group = groups.get(cause.kind)
    if (group) group.push(cause)
    else groups.set(cause.kind, [cause])
  }
  return { whole, groups: [...groups].map(([kind, own]) => ({ kind, causes: own })) }
}
