import type { Expression, ExpressionBuilder } from 'kysely'
import type { List } from './seek.ts'
import type { Tables } from './tables.ts'

type Table = keyof Tables

/** One way to sort a list. */
export interface Order<T extends Table> {
  direction: 'asc' | 'desc'
  /** What the list is ordered by; null where it is not known. */
  by: (eb: ExpressionBuilder<Tables, T>) => Expression<unknown>
  /** Stands in for null, which no list can be ordered by; only where there is none. */
  otherwise?: (eb: ExpressionBuilder<Tables, T>) => Expression<unknown>
}

/** What is not known stands last, whichever way the list goes: it is neither small nor large. */
export function knownLast<T extends 'Machine' | 'Disk' | 'ExpectedJob'>(
  { direction: usual, by, otherwise }: Order<T>,
  reverse: boolean,
): Pick<List<T>, 'order' | 'direction'> {
  const direction = turned(usual, reverse)
  if (!otherwise) return { direction, order: [by, 'id' as const] }
  const last = direction === 'asc' ? 1 : 0
  return {
    direction,
    order: [
      (eb) =>
        eb
          .case()
          .when(by(eb), 'is', null)
          .then(eb.lit(last))
          .else(eb.lit(1 - last))
          .end(),
      (eb) => eb.fn.coalesce(by(eb), otherwise(eb)),
      'id' as const,
    ],
  }
}

export const turned = (direction: 'asc' | 'desc', reverse: boolean): 'asc' | 'desc' =>
  reverse ? (direction === 'asc' ? 'desc' : 'asc') : direction
