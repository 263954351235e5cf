// Threads read this as it is (types are stripped): no enums, decorators or parameter properties.

/**
 * An outcome that the caller can act on. Any other thrown error is a bug: logged whole, answered without its message.
 * GraphQL copies `extensions` into its answer, so services need not know GraphQL.
 */
export abstract class DomainError extends Error {
  readonly extensions: { code: string; [key: string]: unknown }

  constructor(code: string, message: string, facts: Record<string, unknown> = {}, options?: ErrorOptions) {
    super(message, options)
    this.name = new.target.name
    this.extensions = { ...facts, code }
  }
}

/** Nothing has the id, serial or hostname that was asked for. */
export class NotFoundError extends DomainError {
  constructor(what: string, asked: string) {
    super('NOT_FOUND', `No ${what} has ${asked}.`)
  }
}

/** Several things match; the ids tell which to ask for. */
export class AmbiguousError extends DomainError {
  constructor(what: string, asked: string, ids: string[]) {
    super(
      'AMBIGUOUS',
      `${ids.length} ${what}s have ${asked}: ask for one of them by id (${ids.slice(0, 5).join(', ')}).`,
      {
        ids,
      },
    )
  }
}

/** The caller's input breaks a rule: which field, which rule, and what to do about it. */
export class InvalidInputError extends DomainError {
  readonly field: string
  readonly rule: string
  readonly cure: string

  constructor(field: string, rule: string, cure: string) {
    super('BAD_USER_INPUT', `${field}: ${rule}. ${cure}`, { field, rule, cure })
    this.field = field
    this.rule = rule
    this.cure = cure
  }
}

/** What is there already contradicts it: which field, which rule, and what to do about it. */
export class ConflictError extends DomainError {
  constructor(field: string, rule: string, cure: string) {
    super('CONFLICT', `${field}: ${rule}. ${cure}`, { field, rule, cure })
  }
}

/** Known, but not allowed to do this. */
export class ForbiddenError extends DomainError {
  constructor(message: string) {
    super('FORBIDDEN', message)
  }
}

/** Not known: no session and no token, or one that has ended. */
export class UnauthenticatedError extends DomainError {
  constructor(message = 'Sign in, or send a token as "Authorization: Bearer …".') {
    super('UNAUTHENTICATED', message)
  }
}
