import { Language } from '../reasons/reasons.resolver.ts'
import { PlaceVerdict } from './place-verdict.ts'
import type { Judgement } from './place-verdict.ts'

interface Words {
  verdict: Record<PlaceVerdict, string>
  proven: (age: string) => string
  never: string
  age: (amount: number, unit: 'minute' | 'hour' | 'day') => string
}

const WORDS: Record<Language, Words> = {
  [Language.EN]: {
    verdict: {
      LOST: 'A disk below it is failing, and no proven copy lies elsewhere',
      LOSES: 'A disk below it is failing, and its last proven copy is stale',
      NONE: 'No copy of it lies elsewhere',
      STALE: 'Its last proven copy is stale',
      UNKNOWN: 'Whether a copy of it can be used is not known',
      COVERED: 'A disk below it is failing; a fresh proven copy lies elsewhere',
      SAFE: 'A fresh proven copy lies elsewhere',
    },
    proven: (age) => `last proven backup ${age} ago`,
    never: 'no backup was ever proven',
    age: (amount, unit) => `${amount} ${unit}${amount === 1 ? '' : 's'}`,
  },
  [Language.FR]: {
    verdict: {
      LOST: 'Un disque en dessous est en train de lâcher, et aucune copie prouvée n’est ailleurs',
      LOSES: 'Un disque en dessous est en train de lâcher, et la dernière copie prouvée est trop vieille',
      NONE: 'Aucune copie n’est ailleurs',
      STALE: 'La dernière copie prouvée est trop vieille',
      UNKNOWN: 'On ne sait pas si une copie est utilisable',
      COVERED: 'Un disque en dessous est en train de lâcher ; une copie prouvée et récente est ailleurs',
      SAFE: 'Une copie prouvée et récente est ailleurs',
    },
    proven: (age) => `dernière sauvegarde prouvée il y a ${age}`,
    never: 'aucune sauvegarde n’a jamais été prouvée',
    age: (amount, unit) => {
      const word = { minute: 'minute', hour: 'heure', day: 'jour' }[unit]
      return `${amount} ${word}${amount > 1 ? 's' : ''}`
    },
  },
}

/** "A disk below it is failing; a fresh proven copy lies elsewhere: last proven backup 5 hours ago." */
export function placeSentence(
  { verdict, provenAt, copies }: Pick<Judgement, 'verdict' | 'provenAt'> & { copies: readonly unknown[] },
  language: Language,
  now: Date,
): string {
  const words = WORDS[language]
  const said = words.verdict[verdict]
  if (copies.length === 0) return `${said}.`
  const last = provenAt ? words.proven(ageOf(now.getTime() - provenAt.getTime(), words)) : words.never
  return `${said}${language === Language.FR ? ' : ' : ': '}${last}.`
}

function ageOf(ms: number, { age }: Words): string {
  const minutes = Math.max(0, Math.round(ms / 60_000))
  if (minutes < 90) return age(minutes, 'minute')
  const hours = Math.round(minutes / 60)
  return hours < 48 ? age(hours, 'hour') : age(Math.round(hours / 24), 'day')
}
