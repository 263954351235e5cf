import { Language } from '../reasons/reasons.resolver.ts'
import { Elsewhere, type Judgement, PlaceDoubt, PlaceVerdict } from './place-verdict.ts'
import type { Place } from './places.service.ts'

interface Words {
  verdict: Record<PlaceVerdict, string>
  proven: (age: string) => string
  never: string
  age: (amount: number, unit: 'minute' | 'hour' | 'day') => string
  liesOnIt: (path: string) => string
  onlyOf: (paths: string) => string
  unreadable: string
  none: string
  unneeded: string
  on: (machine: string) => string
  onOtherDisk: string
  onSameDisk: string
  somewhere: string
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
      UNNEEDED: 'Somebody said that no copy of it is needed',
    },
    proven: (age) => `last proven backup ${age} ago`,
    never: 'not all of it was ever proven',
    age: (amount, unit) => `${amount} ${unit}${amount === 1 ? '' : 's'}`,
    liesOnIt: (path) => `${path} lies on it`,
    onlyOf: (paths) => `only ${paths} has a backup, `,
    unreadable: ', in a vault that is in trouble',
    none: 'no backup of it is declared',
    unneeded: 'somebody said that no copy of it is needed',
    on: (machine) => `, on ${machine}`,
    onOtherDisk: ', on another disk of the machine',
    onSameDisk: ', on the same disk, which is no copy',
    somewhere: ', and it is not known on which machine that lies',
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
      UNNEEDED: 'Quelqu’un a dit qu’aucune copie n’en est nécessaire',
    },
    proven: (age) => `dernière sauvegarde prouvée il y a ${age}`,
    never: 'tout n’a pas encore été prouvé',
    age: (amount, unit) => {
      const word = { minute: 'minute', hour: 'heure', day: 'jour' }[unit]
      return `${amount} ${word}${amount > 1 ? 's' : ''}`
    },
    liesOnIt: (path) => `${path} s’y trouve`,
    onlyOf: (paths) => `seul ${paths} a une sauvegarde, `,
    unreadable: ', dans un coffre en difficulté',
    none: 'aucune sauvegarde n’en est déclarée',
    unneeded: 'quelqu’un a dit qu’aucune copie n’en est nécessaire',
    on: (machine) => `, sur ${machine}`,
    onOtherDisk: ', sur un autre disque de la machine',
    onSameDisk: ', sur le même disque, ce qui n’est pas une copie',
    somewhere: ', et on ne sait pas sur quelle machine',
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

/** "/home lies on it; last proven backup 5 hours ago, on vault-1." For a disk, or what holds several together. */
export function sentenceOnDisk(place: Place, copyMachine: string | null, language: Language, now: Date): string {
  const words = WORDS[language]
  const { fileSystem, copies, provenAt, elsewhere, doubts, whole } = place
  const path = words.liesOnIt(fileSystem.mountpoint ?? fileSystem.source ?? '?')
  const copy = (): string => {
    if (copies.length === 0) return place.verdict === PlaceVerdict.UNNEEDED ? words.unneeded : words.none
    if (provenAt === null) return words.never
    const where = {
      [Elsewhere.OTHER_MACHINE]: words.on(copyMachine ?? '?'),
      [Elsewhere.OTHER_DISK]: words.onOtherDisk,
      [Elsewhere.SAME_DISK]: words.onSameDisk,
    }
    const age = words.proven(ageOf(now.getTime() - provenAt.getTime(), words))
    const lies = elsewhere === null ? words.somewhere : where[elsewhere]
    const vault = doubts.includes(PlaceDoubt.VAULT_IN_TROUBLE) ? words.unreadable : ''
    const part = whole ? '' : words.onlyOf(copies.map((each) => each.path).join(', '))
    return `${part}${age}${lies}${vault}`
  }
  const said = `${path}${language === Language.FR ? '\u202f' : ''}; ${copy()}.`
  return said.charAt(0).toUpperCase() + said.slice(1)
}

function ageOf(ms: number, { age }: Words): string {
  const minutes = Math.max(0, Math.round(ms / 60_000))
  if (minutes < 90) return age(minutes, 'minute')
  const hours = Math.round(minutes / 60)
  return hours < 48 ? age(hours, 'hour') : age(Math.round(hours / 24), 'day')
}
