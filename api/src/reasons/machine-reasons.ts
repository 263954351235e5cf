import type { Entry } from './entry.ts'

const one = (value: number | '?'): string => (value === '?' ? '?' : String(Math.round(value * 10) / 10))
const un = (value: number | '?'): string => one(value).replace('.', ',')

/** Every reason about how busy a machine is, as a sentence in English and French. metrics/notice-busy.ts raises them. */
export const MACHINE_REASONS = {
  LOAD_HIGH: {
    en: ({ value, limit, name }) =>
      `Over the last hour ${one(value)} processes ran or waited for each of its processors (${name}), on average; the limit is ${one(limit)}.`,
    fr: ({ value, limit, name }) =>
      `Sur la dernière heure, ${un(value)} processus en moyenne tournaient ou attendaient pour chacun de ses processeurs (${name}) ; la limite est ${un(limit)}.`,
  },
  MEMORY_HIGH: {
    en: ({ value, limit }) =>
      `Over the last hour ${one(value)} % of its memory was in use, on average; the limit is ${one(limit)} %.`,
    fr: ({ value, limit }) =>
      `Sur la dernière heure, sa mémoire était utilisée à ${un(value)} % en moyenne ; la limite est ${un(limit)} %.`,
  },
} satisfies Record<string, Entry>
