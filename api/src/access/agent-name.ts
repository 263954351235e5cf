import { InvalidInputError } from '../platform/errors.ts'

const NAME = /^[A-Za-z0-9][A-Za-z0-9._-]{0,127}$/
const RULE = 'must be 1 to 128 letters, digits, ".", "_" or "-", and begin with a letter or digit'

/** The name of a backup agent, which is also that of its folder in the deposit. */
export function readAgentName(field: string, value: string): string {
  if (NAME.test(value)) return value
  throw new InvalidInputError(field, RULE, 'Choose such a name.')
}

export const isAgentName = (value: string): boolean => NAME.test(value)
