import { registerEnumType } from 'type-graphql'
import { fold } from '../platform/fold.ts'

// Which backups may hold a place: only a person says it, and these are what a person would try first.

export enum LinkClue {
  DATABASE_FOLDER = 'DATABASE_FOLDER',
  NAME_IN_PATH = 'NAME_IN_PATH',
  SAME_MACHINE = 'SAME_MACHINE',
  SAME_NAME = 'SAME_NAME',
}
registerEnumType(LinkClue, {
  name: 'LinkClue',
  description: 'Why a backup may hold a place; the strongest first',
  valuesConfig: {
    DATABASE_FOLDER: { description: 'It is a dump of a database whose data lie there by default' },
    NAME_IN_PATH: { description: 'Its database is called like a folder of the path' },
    SAME_MACHINE: { description: 'Its agent runs on this machine, or it protects other paths of it' },
    SAME_NAME: { description: 'Its agent is called like this machine' },
  },
})

/** A job in service, as far as it tells what it may hold. */
export interface OfferedJob {
  id: string
  agentId: string
  databaseName: string
  /** Where its agent runs, and whose paths it protects already. */
  machines: readonly string[]
  /** What wrote its newest dump, such as mysqldump; null = not known. */
  tool: string | null
}

export interface OfferingPlace {
  machineId: string
  /** What its machine is called. */
  names: readonly string[]
  /** Where it is mounted. */
  points: readonly string[]
  /** Whether a path of its machine lies in it. */
  holds(path: string): boolean
}

export interface LinkOffer {
  jobId: string
  path: string
  clues: LinkClue[]
}

/** Where servers keep their data unless somebody says otherwise (the packages of Debian, Fedora and their kin). */
const FOLDER_OF: readonly (readonly [RegExp, string])[] = [
  [/^(mysql|mariadb)/, '/var/lib/mysql'],
  [/^pg_/, '/var/lib/postgresql'],
]
const folderOf = (tool: string | null): string | null =>
  FOLDER_OF.find(([pattern]) => tool !== null && pattern.test(tool))?.[1] ?? null

const RANK = Object.fromEntries(Object.values(LinkClue).map((clue, index) => [clue, index])) as Record<LinkClue, number>
const MOST = 6
/** Shorter names stand in too many paths. */
const SHORTEST_NAME = 3

/** The backups that may hold a place, the likeliest first. Pure. */
export function offersFor(place: OfferingPlace, jobs: readonly OfferedJob[]): LinkOffer[] {
  const point = place.points.toSorted((a, b) => a.length - b.length)[0]
  if (point === undefined) return []
  const offers = jobs.flatMap((job): LinkOffer[] => {
    const folder = folderOf(job.tool)
    const isHere = job.machines.includes(place.machineId)
    const isDatabase = folder !== null && isNear(place, job) && place.holds(folder)
    const clues = [
      ...(isDatabase ? [LinkClue.DATABASE_FOLDER] : []),
      ...(standsIn(job.databaseName, place.points) ? [LinkClue.NAME_IN_PATH] : []),
      ...(isHere ? [LinkClue.SAME_MACHINE] : []),
      ...(!isHere && isNear(place, job) ? [LinkClue.SAME_NAME] : []),
    ]
    return clues.length === 0 ? [] : [{ jobId: job.id, path: isDatabase ? folder : point, clues }]
  })
  return offers.toSorted((a, b) => strength(a) - strength(b) || b.clues.length - a.clues.length).slice(0, MOST)
}

/** Whether its agent runs here, it protects something here, or it is called like this machine: what it dumps may lie here. */
export function isNear(
  { machineId, names }: Pick<OfferingPlace, 'machineId' | 'names'>,
  job: Pick<OfferedJob, 'agentId' | 'machines'>,
) {
  return job.machines.includes(machineId) || isCalled(names, job.agentId)
}

const isCalled = (names: readonly string[], agentId: string): boolean =>
  names.some((name) => [fold(name), fold(name.split('.')[0] ?? '')].includes(fold(agentId)))

const strength = ({ clues }: LinkOffer): number => Math.min(...clues.map((clue) => RANK[clue]))

function standsIn(databaseName: string, points: readonly string[]): boolean {
  const name = fold(databaseName)
  return name.length >= SHORTEST_NAME && points.some((point) => fold(point).split('/').includes(name))
}
