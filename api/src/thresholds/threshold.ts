import { registerEnumType } from 'type-graphql'
import { InvalidInputError } from '../platform/errors.ts'
import { fold } from '../platform/fold.ts'

// From where on something of a machine is told: for every machine, and otherwise for those that carry a tag. Pure.

export enum ThresholdKind {
  FILE_SYSTEM_PERCENT = 'FILE_SYSTEM_PERCENT',
  FILE_SYSTEM_DAYS = 'FILE_SYSTEM_DAYS',
  LOAD_PER_CPU = 'LOAD_PER_CPU',
  MEMORY_PERCENT = 'MEMORY_PERCENT',
  SECURITY_DAYS = 'SECURITY_DAYS',
  REBOOT_DAYS = 'REBOOT_DAYS',
}
registerEnumType(ThresholdKind, {
  name: 'ThresholdKind',
  valuesConfig: {
    FILE_SYSTEM_PERCENT: {
      description:
        'Percent of a file system in use: from it on it fills up, from halfway between it and 100 it is almost full',
    },
    FILE_SYSTEM_DAYS: {
      description: 'Days until it is full at the pace of the last month; almost full from a quarter of them on',
    },
    LOAD_PER_CPU: { description: 'Load for each processor, on average of an hour' },
    MEMORY_PERCENT: { description: 'Percent of memory in use, on average of an hour' },
    SECURITY_DAYS: { description: 'Days that security updates may wait' },
    REBOOT_DAYS: { description: 'Days that a restart may wait' },
  },
})
export const THRESHOLD_KINDS = Object.values(ThresholdKind)

interface Rule {
  /** Where nobody said anything. */
  usual: number
  least: number
  most: number
  isWhole: boolean
}

/** Where nobody said anything, and what may be said. */
export const THRESHOLD_RULES: Record<ThresholdKind, Rule> = {
  [ThresholdKind.FILE_SYSTEM_PERCENT]: { usual: 90, least: 1, most: 99, isWhole: true },
  [ThresholdKind.FILE_SYSTEM_DAYS]: { usual: 14, least: 1, most: 365, isWhole: true },
  // Of those that could run, two in three wait: a check of an array alone is not that.
  [ThresholdKind.LOAD_PER_CPU]: { usual: 3, least: 0.1, most: 1000, isWhole: false },
  [ThresholdKind.MEMORY_PERCENT]: { usual: 95, least: 1, most: 99, isWhole: true },
  [ThresholdKind.SECURITY_DAYS]: { usual: 7, least: 1, most: 3650, isWhole: true },
  [ThresholdKind.REBOOT_DAYS]: { usual: 14, least: 1, most: 3650, isWhole: true },
}

export interface ThresholdFacts {
  kind: ThresholdKind
  /** Null = every machine. */
  tag: string | null
  /** Null = it is never told. */
  value: number | null
}

/** Errors: BAD_USER_INPUT */
export function readThreshold(kind: ThresholdKind, value: number | null): number | null {
  if (value === null) return null
  const { least, most, isWhole } = THRESHOLD_RULES[kind]
  if (!(value >= least && value <= most) || (isWhole && !Number.isInteger(value)))
    throw new InvalidInputError(
      'value',
      `must be ${isWhole ? 'a whole number' : 'a number'} from ${least} to ${most}`,
      'Leave it out for “never”.',
    )
  return value
}

/** What holds for which machine. */
export class Thresholds {
  constructor(private readonly said: readonly ThresholdFacts[]) {}

  /**
   * Of several tags of a machine the strictest word counts, before what holds for every machine, before the default. Null
   * = it is never told.
   */
  of(kind: ThresholdKind, tags: readonly string[]): number | null {
    const own = new Set(tags.map(fold))
    const words = this.said.filter((one) => one.kind === kind && one.tag !== null && own.has(fold(one.tag)))
    if (words.length > 0) return strictest(kind, words)
    const general = this.said.find((one) => one.kind === kind && one.tag === null)
    return general ? general.value : THRESHOLD_RULES[kind].usual
  }

  /** The lowest that any machine may have; null = it is told of none. For searching among all of them. */
  least(kind: ThresholdKind): number | null {
    const words = this.said.filter((one) => one.kind === kind)
    const general = words.find(({ tag }) => tag === null)?.value
    const values = [general === undefined ? THRESHOLD_RULES[kind].usual : general, ...words.map(({ value }) => value)]
    const told = values.filter((value) => value !== null)
    return told.length > 0 ? Math.min(...told) : null
  }
}

function strictest(kind: ThresholdKind, words: readonly ThresholdFacts[]): number | null {
  const told = words.flatMap(({ value }) => value ?? [])
  if (told.length === 0) return null
  return kind === ThresholdKind.FILE_SYSTEM_DAYS ? Math.max(...told) : Math.min(...told)
}
