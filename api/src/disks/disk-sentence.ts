import { de } from '../reasons/names.ts'
import { Language } from '../reasons/reasons.resolver.ts'

const STATUS: Record<Language, Record<string, string>> = {
  [Language.EN]: {
    FAILED: 'is failing',
    AT_RISK: 'is at risk',
    STOPPED_ANSWERING: 'has stopped answering',
    MISSING: 'is missing',
  },
  [Language.FR]: {
    FAILED: 'est en train de lâcher',
    AT_RISK: 'est en danger',
    STOPPED_ANSWERING: 'ne répond plus',
    MISSING: 'est absent',
  },
}

/** "The disk ZL2X of nas-maison is failing", without a full stop. `status` as alerts have it: a health, or what it does. */
export function diskSentence(
  { disk, machine, status }: { disk: string; machine: string; status: string | null },
  language: Language,
): string {
  const name = language === Language.FR ? `Le disque ${disk} ${de(machine)}` : `The disk ${disk} of ${machine}`
  return `${name} ${STATUS[language][status ?? ''] ?? STATUS[language]['AT_RISK']}`
}
