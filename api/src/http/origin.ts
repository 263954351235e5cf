import type { IncomingMessage } from 'node:http'

/** A browser tells from which page a request comes: only Vigie's own pages may send any. Programs tell nothing. */
export function isOwnOrigin({ headers }: Pick<IncomingMessage, 'headers'>, publicUrl: string | null): boolean {
  const { origin, host } = headers
  if (origin === undefined) return true
  if (publicUrl && origin === new URL(publicUrl).origin) return true
  return URL.parse(origin)?.host === host
}
