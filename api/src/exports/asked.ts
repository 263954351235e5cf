import { z } from 'zod'

// How the address of an export asks: the same names as the filters of the API.

/** Names of an address are given once or several times. */
export const several = <T extends z.ZodType>(each: T) =>
  z.preprocess((value) => [value].flat(), z.array(each).max(20)).optional()
export const flag = z.enum(['true', 'false']).transform((value) => value === 'true')

/** What every list can be asked for. */
export const ASKED = {
  search: z.string().max(200).optional(),
  tag: several(z.string().max(100)),
  archived: flag.optional(),
  reverse: flag.default(false),
  language: z.enum(['en', 'fr']).default('en'),
}
