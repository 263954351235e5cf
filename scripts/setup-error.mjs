/** What keeps Vigie from being installed or built, with its cure: told as a sentence, without a stack. */
export class SetupError extends Error {
  name = 'SetupError'
}
