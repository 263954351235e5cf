import { Language } from '../reasons/reasons.resolver.ts'
import type { Judgement, PlaceVerdict } from './place-verdict.ts'

interface Words {
  verdict: Record<PlaceVerdict, string>
  proven: (age: string) => string
  never: string
  age: (amount: number, unit: 'minute' | 'hour' | 'day') => string
}

const WORDS: Record<Language, Words> = {
  [Language.EN]: {
    verdict: {
      LOST: 'A disk under it is failing or missing, and no proven copy is known to lie elsewhere',
      LOSES: 'A disk under it is failing or missing, and its last proven copy is stale or not of all of it',
      NONE: 'No copy of it lies elsewhere',
      STALE: 'Its last proven copy is stale',
      PARTLY: 'Only parts of it have a proven copy elsewhere',
      UNKNOWN: 'Whether a copy of it can be used is not known',
      COVERED: 'A disk under it is failing or missing; a fresh proven copy lies elsewhere',
      SAFE: 'A fresh proven copy lies elsewhere',
    },
    proven: (age) => `last proven backup ${age} ago`,
    never: 'not all of it was ever proven',
    age: (amount, unit) => `${amount} ${unit}${amount === 1 ? '' : 's'}`,
  },
  [Language.FR]: {
    verdict: {
      LOST: 'Un de ses disques est défaillant ou absent, et on ne connaît aucune copie prouvée ailleurs',
      LOSES: 'Un de ses disques est défaillant ou absent, et la dernière copie prouvée est trop vieille ou incomplète',
      NONE: 'Aucune copie ne se trouve ailleurs',
      STALE: 'La dernière copie prouvée est trop vieille',
      PARTLY: 'Seules des parties ont ailleurs une copie prouvée',
      UNKNOWN: 'On ne sait pas si une copie est utilisable',
      COVERED: 'Un de ses disques est défaillant ou absent\u202f; une copie prouvée et récente se trouve ailleurs',
      SAFE: 'Une copie prouvée et récente se trouve ailleurs',
    },
    proven: (age) => `dernière sauvegarde prouvée il y a ${age}`,
    never: 'tout n’a pas encore été prouvé',
    age: (amount, unit) => {
      const word = { minute: 'minute', hour: 'heure', day: 'jour' }[unit]
      return `${amount} ${word}${amount > 1 ? 's' : ''}`
    },
  },
}

/** "A disk under it is failing or missing; a fresh proven copy lies elsewhere: last proven backup 5 hours ago." */
export function placeSentence(
  { verdict, provenAt, copies }: Pick<Judgement, 'verdict' | 'provenAt'> & { copies: readonly unknown[] },
  language: Language,
  now: Date,
): string {
  const words = WORDS[language]
  const said = words.verdict[verdict]
  if (copies.length === 0) return `${said}.`
  const last = provenAt ? words.proven(ageOf(now.getTime() - provenAt.getTime(), words)) : words.never
  return `${said}${language === Language.FR ? '\u00a0: ' : ': '}${last}.`
}

function ageOf(ms: number, { age }: Words): string {
  const minutes = Math.max(0, Math.round(ms / 60_000))
  if (minutes < 90) return age(minutes, 'minute')
  const hours = Math.round(minutes / 60)
  return hours < 48 ? age(hours, 'hour') : age(Math.round(hours / 24), 'day')
}
