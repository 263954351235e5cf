import { BigIntType } from '@mikro-orm/core'

/** A bigint column that is a number in JavaScript: bytes and counters stay below 2^53, and are checked where they come in. */
export const BigNumber = new BigIntType('number')
