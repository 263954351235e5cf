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
  ])
  return words.replace(/\{(de )?(\w+)\}/g, (_, isOf: string | undefined, key: string) => {
    const value = values.get(key) ?? '?'
    return isOf ? de(value) : value
  })
}

function keyOf({ type, from, to }: EventTold): keyof typeof EN {
  if (from === null || from !== to) return type
  if (type === EventType.HEALTH_CHANGED) return 'HEALTH_CHANGED_WORSE'
  if (type === EventType.ARRAY_CHANGED) return 'ARRAY_CHANGED_WORSE'
  return type === EventType.BACKUP_STATUS_CHANGED ? 'BACKUP_STATUS_CHANGED_AGAIN' : type
}
