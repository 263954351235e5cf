import { createHash } from 'node:crypto'

/** A number from 0 up to 1 that belongs to a text: the demo is scattered like real machines, and the same each time. */
export const chance = (of: string): number => createHash('sha256').update(of).digest().readUInt32BE(0) / 2 ** 32

export const pick = <T>(of: string, choices: readonly T[]): T => choices[Math.floor(chance(of) * choices.length)] as T
