import type { BlockList } from 'node:net'
import { isListed } from '../platform/address-range.ts'
import type { AccessService } from './access.service.ts'
import type { Caller } from './caller.ts'
import { Scope } from '../graphql/scope.ts'

export const SESSION_COOKIE = 'vigie_session'

/** The secret of `Authorization: Bearer …`; null where the header is absent or of another kind. */
export const bearer = (header: string | undefined): string | null =>
  /^Bearer +([\w-]{20,200})$/i.exec(header ?? '')?.[1] ?? null

export function sessionCookie(header: string | undefined): string | null {
  const found = header?.split(';').find((part) => part.trim().startsWith(`${SESSION_COOKIE}=`))
  return found?.slice(found.indexOf('=') + 1).trim() || null
}

/** Who asks. A token decides where one is sent, even beside a session. */
export async function authenticate(
  access: AccessService,
  authorization: string | undefined,
  cookie: string | undefined,
): Promise<Caller | null> {
  if (authorization) {
    const token = bearer(authorization)
    return token ? access.byToken(token) : null
  }
  const session = sessionCookie(cookie)
  return session ? access.bySession(session) : null
}

/** A script without a token is let in from the listed addresses, and may report only. */
export function callerByAddress(address: string | undefined, open: BlockList): Caller | null {
  return address !== undefined && isListed(open, address)
    ? {
        kind: 'OPEN_ADDRESS',
        id: null,
        name: address,
        scopes: [Scope.REPORT],
        machineId: null,
        anyMachine: true,
        agents: [],
      }
    : null
}
