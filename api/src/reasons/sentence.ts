import { BACKUP_REASONS } from './backup-reasons.ts'
import { DISK_REASONS } from './disk-reasons.ts'
import { MACHINE_REASONS } from './machine-reasons.ts'
import type { Entry } from './entry.ts'
import type { Reason } from './reason.ts'

/** The one catalogue of reasons; each feature writes its own part. */
export const REASONS = { ...DISK_REASONS, ...BACKUP_REASONS, ...MACHINE_REASONS }

export type ReasonCode = keyof typeof REASONS

/** The reason in words. A code that this version does not know stands for itself. */
export function sentence({ code, value, limit, subject }: Reason, language: 'en' | 'fr'): string {
  const entry = Object.hasOwn(REASONS, code) ? (REASONS[code] as Entry) : null
  if (!entry) return code
  return entry[language]({ value: value ?? '?', limit: limit ?? '?', name: subject ?? '?', subject })
}
