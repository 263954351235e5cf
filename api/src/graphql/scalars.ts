import { GraphQLError, GraphQLScalarType, Kind } from 'graphql'

/**
 * Whole numbers that may pass 2^31, such as bytes: digits in a JSON string, so that no client rounds them.
 * Inside Vigie they are safe integers (2^53 bytes are 9 PB).
 */
export const BigIntScalar = new GraphQLScalarType<number, string>({
  name: 'BigInt',
  description: 'A whole number that may pass 2^31, as digits in a JSON string; inputs also take numbers.',
  serialize: (value) => {
    if (typeof value === 'number' && Number.isSafeInteger(value)) return String(value)
    if (typeof value === 'string' && /^-?\d+$/.test(value)) return value
    throw new GraphQLError(`Not a whole number: ${String(value)}`)
  },
  parseValue: (value) => readWhole(value),
  parseLiteral: (node) => readWhole(node.kind === Kind.INT || node.kind === Kind.STRING ? node.value : null),
})

function readWhole(value: unknown): number {
  const number = typeof value === 'string' && /^-?\d{1,16}$/.test(value) ? Number(value) : value
  if (typeof number === 'number' && Number.isSafeInteger(number)) return number
  throw new GraphQLError(`Not a whole number: ${String(value).slice(0, 40)}`)
}
