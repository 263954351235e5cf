import { de } from '../reasons/names.ts'
import { Language } from '../reasons/reasons.resolver.ts'
import { EventType } from './event.entity.ts'
import { EN, FR } from './event-words.ts'

/** What a sentence names. */
export interface EventTold {
  type: EventType
  from: string | null
  to: string | null
  count: number | null
  /** As they are called; `?` = it is about none. */
  machine: string
  fromMachine: string
  disk: string
  name: string
  /** Of a threshold: its kind, and the tag of the machines that it holds for; null = every machine. */
  threshold?: { kind: string; tag: string | null }
}

const HEALTHS: Record<Language, Map<string, string>> = {
  [Language.EN]: new Map([
    ['OK', 'Healthy'],
    ['WARNING', 'To watch'],
    ['AT_RISK', 'At risk'],
    ['FAILED', 'Failing'],
    ['UNKNOWN', 'No data'],
    ['UNSUPPORTED', 'No S.M.A.R.T.'],
  ]),
  [Language.FR]: new Map([
    ['OK', 'Sain'],
    ['WARNING', 'À surveiller'],
    ['AT_RISK', 'À risque'],
    ['FAILED', 'Défaillant'],
    ['UNKNOWN', 'Sans données'],
    ['UNSUPPORTED', 'Sans S.M.A.R.T.'],
  ]),
}
const STATUSES: Record<Language, Map<string, string>> = {
  [Language.EN]: new Map([
    ['SUCCESS', 'Good'],
    ['FAILED', 'Failed'],
    ['MISSING', 'Missing'],
    ['TRANSFER_INTEGRITY_FAILED', 'Damaged in transfer'],
    ['HASH_MISMATCH', 'Unchanged'],
    ['UNKNOWN', 'Not judged yet'],
  ]),
  [Language.FR]: new Map([
    ['SUCCESS', 'Bonne'],
    ['FAILED', 'En échec'],
    ['MISSING', 'Manquante'],
    ['TRANSFER_INTEGRITY_FAILED', 'Altérée au transfert'],
    ['HASH_MISMATCH', 'Inchangée'],
    ['UNKNOWN', 'Pas encore jugée'],
  ]),
}
const THRESHOLDS: Record<Language, Map<string, string>> = {
  [Language.EN]: new Map([
    ['FILE_SYSTEM_PERCENT', 'Threshold of full file systems'],
    ['FILE_SYSTEM_DAYS', 'Threshold of file systems that will be full'],
    ['LOAD_PER_CPU', 'Threshold of load'],
    ['MEMORY_PERCENT', 'Threshold of memory'],
    ['SECURITY_DAYS', 'Threshold of security updates that wait'],
    ['REBOOT_DAYS', 'Threshold of a restart that waits'],
    ['NEVER', 'never'],
    ['USUAL', 'as every machine'],
    ['EVERY', 'every machine'],
  ]),
  [Language.FR]: new Map([
    ['FILE_SYSTEM_PERCENT', 'Seuil des systèmes de fichiers pleins'],
    ['FILE_SYSTEM_DAYS', 'Seuil des systèmes de fichiers bientôt pleins'],
    ['LOAD_PER_CPU', 'Seuil de la charge'],
    ['MEMORY_PERCENT', 'Seuil de la mémoire'],
    ['SECURITY_DAYS', 'Seuil des mises à jour de sécurité en attente'],
    ['REBOOT_DAYS', 'Seuil d’un redémarrage en attente'],
    ['NEVER', 'jamais'],
    ['USUAL', 'comme toutes'],
    ['EVERY', 'toutes les machines'],
  ]),
}
const NEW: Record<Language, string> = { [Language.EN]: 'new', [Language.FR]: 'nouveau' }

/** What happened, without a full stop. Pure. */
export function eventSentence(told: EventTold, language: Language): string {
  const { type, machine, fromMachine, disk, name, count } = told
  const words = (language === Language.FR ? FR : EN)[keyOf(told)]
  // UNKNOWN means one thing of a disk and another of a backup.
  const known = (type === EventType.BACKUP_STATUS_CHANGED ? STATUSES : HEALTHS)[language]
  const values = new Map([
    ['machine', machine],
    ['from', fromMachine],
    ['disk', disk],
    ['name', name],
    ['n', count === null ? '?' : String(count)],
    ['before', known.get(told.from ?? '') ?? NEW[language]],
    ['after', known.get(told.to ?? '') ?? ''],
    ...thresholdWords(told, language),
  ])
  return words.replace(/\{(de )?(\w+)\}/g, (_, isOf: string | undefined, key: string) => {
    const value = values.get(key) ?? '?'
    return isOf ? de(value) : value
  })
}

/** A number is itself, in its language. */
function thresholdWords({ threshold, from, to }: EventTold, language: Language): [string, string][] {
  if (!threshold) return []
  const words = THRESHOLDS[language]
  const of = (value: string | null): string =>
    words.get(value ?? 'USUAL') ?? (language === Language.FR ? (value ?? '').replace('.', ',') : (value ?? ''))
  return [
    ['kind', words.get(threshold.kind) ?? threshold.kind],
    ['tag', threshold.tag ?? words.get('EVERY') ?? ''],
    ['before', of(from)],
    ['after', of(to)],
  ]
}

function keyOf({ type, from, to }: EventTold): keyof typeof EN {
  if (type === EventType.FILE_SYSTEM_LOW && to === 'SCARCE') return 'FILE_SYSTEM_SCARCE'
  if (type === EventType.FILE_SYSTEM_LOW && from === 'SCARCE') return 'FILE_SYSTEM_EASED'
  if (from === null || from !== to) return type
  if (type === EventType.HEALTH_CHANGED) return 'HEALTH_CHANGED_WORSE'
  if (type === EventType.ARRAY_CHANGED) return 'ARRAY_CHANGED_WORSE'
  return type === EventType.BACKUP_STATUS_CHANGED ? 'BACKUP_STATUS_CHANGED_AGAIN' : type
}
