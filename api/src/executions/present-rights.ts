import { ApiClient } from '../access/api-client.entity.ts'
import type { EntityManager } from '../database/database.ts'
import { selectRows } from '../database/rows.ts'
import { allows, Scope } from '../graphql/scope.ts'
import type { By } from './execution.entity.ts'

/** Whether who did something may still do it now: a right that was taken since counts no more. */
export async function mayStill(em: EntityManager, { kind, id }: By, scope: Scope): Promise<boolean> {
  // Sessions are the owner's: to sign out, or to be away for long, takes no right away.
  if (kind === 'SESSION') return true
  if (kind !== 'TOKEN') return false
  const [client] = await selectRows(em, ApiClient, 'id', [id])
  return client !== undefined && client.revokedAt === null && allows(client.scopes, scope)
}
