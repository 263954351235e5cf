/** What the error handler answers as it is: a status, a code that programs know it by, and a sentence. */
export const httpError = (statusCode: number, code: string, message: string): Error =>
  Object.assign(new Error(message), { statusCode, code })

/** Nothing is at this address. */
export const nothingAt = (url: string): Error => httpError(404, 'NOT_FOUND', `There is nothing at ${url.slice(0, 200)}`)
