/** What the agent ends with: docs/agent.md explains each. */
export enum ExitStatus {
  ACCEPTED = 0,
  SECTIONS_UNAVAILABLE = 1,
  USAGE = 2,
  SPOOLED = 3,
  TOKEN_REFUSED = 4,
  INCOMPATIBLE = 5,
  TLS = 6,
  CLOCK_OFF = 7,
}

/** An end that its user can do something about. */
export class Ending extends Error {
  constructor(
    readonly status: ExitStatus,
    message: string,
  ) {
    super(message)
  }
}
