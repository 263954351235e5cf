import { readAgentName } from './agent-name.ts'
import type { EntityManager } from '../database/database.ts'
import { findRows, insertRows, requireRow, type Row, selectRows, updateRow } from '../database/rows.ts'
import { tables } from '../database/tables.ts'
import { InvalidInputError } from '../platform/errors.ts'
import { EventCause, EventType } from '../events/event.entity.ts'
import type { Transact } from '../events/outbox.ts'
import { isPlainText } from '../platform/plain-text.ts'
import { Machine } from '../machines/machine.entity.ts'
import { type Clock, DAY, HOUR } from '../platform/clock.ts'
import { newId } from '../platform/id.ts'
import { Severity } from '../reasons/reason.ts'
import { ApiClient } from './api-client.entity.ts'
import type { Caller } from './caller.ts'
import { DemoError, readDemoMark } from './demo-mark.ts'
import { Scope } from '../graphql/scope.ts'
import { matches, newSecret, prefixOf } from './secrets.ts'
import { Session } from './session.entity.ts'
import { tokenBound } from './token-binding.ts'

export const LINK_LIVES = 24 * HOUR
export const SESSION_LIVES = 30 * DAY

/** Tokens, one-time links and sessions. Secrets leave it once, when they are made. */
export class AccessService {
  constructor(
    private readonly em: EntityManager,
    private readonly transact: Transact,
    private readonly clock: Clock,
  ) {}

  /** Who holds this token; null where nobody does (any more). */
  async byToken(token: string): Promise<Caller | null> {
    const client = (await selectRows(this.em, ApiClient, 'prefix', [prefixOf(token)]))[0]
    if (!client || client.revokedAt || !matches(token, client.hash)) return null
    // Whether it can be written now or not, who asks is known; what could not be noted is noted with the next request.
    void this.noteUse(client).catch(() => undefined)
    const { id, name, scopes, anyMachine, machine, agents } = client
    return { kind: 'TOKEN', id, name, scopes, anyMachine, machineId: machine, agents }
  }

  /** Who holds this session; null where it has ended. */
  async bySession(secret: string): Promise<Caller | null> {
    const session = (await selectRows(this.em, Session, 'prefix', [prefixOf(secret)]))[0]
    if (!session?.hash || session.endedAt || session.expiresAt <= this.clock() || !matches(secret, session.hash))
      return null
    const scopes = [Scope.ADMIN, Scope.REPORT]
    return { kind: 'SESSION', id: session.id, name: 'session', scopes, machineId: null, anyMachine: true, agents: [] }
  }

  /** Whether none of the machines here exists. */
  async isDemo(): Promise<boolean> {
    return (await readDemoMark(this.em)) !== null
  }

  /** Those whose token was revoked, or whose session has ended. */
  async ended(callers: readonly Caller[]): Promise<Set<Caller>> {
    const ids = (kind: Caller['kind']) =>
      callers.flatMap((caller) => (caller.kind === kind && caller.id ? [caller.id] : []))
    const clients = await selectRows(this.em, ApiClient, 'id', ids('TOKEN'))
    const sessions = await selectRows(this.em, Session, 'id', ids('SESSION'))
    const now = this.clock()
    const valid = new Set([
      ...clients.filter(({ revokedAt }) => revokedAt === null).map(({ id }) => id),
      ...sessions.filter(({ endedAt, expiresAt }) => endedAt === null && expiresAt > now).map(({ id }) => id),
    ])
    return new Set(callers.filter(({ id }) => id !== null && !valid.has(id)))
  }

  /** Makes a link that can be spent once, within a day. */
  async createLink(): Promise<string> {
    const { secret, prefix, hash } = newSecret('link')
    const createdAt = this.clock()
    const expiresAt = new Date(createdAt.getTime() + LINK_LIVES)
    const session = { id: newId(), linkPrefix: prefix, linkHash: hash, createdAt, expiresAt }
    await this.transact(this.em, ({ em }) =>
      insertRows(em, Session, [{ ...session, startedAt: null, prefix: null, hash: null, endedAt: null }]),
    )
    return secret
  }

  /** Spends a link; the secret of the session that begins, or null where the link is unknown, spent or too old. */
  spendLink(link: string): Promise<string | null> {
    return this.transact(this.em, async ({ em }) => {
      const now = this.clock()
      const session = (await selectRows(em, Session, 'linkPrefix', [prefixOf(link)]))[0]
      if (!session || session.startedAt || session.expiresAt <= now || !matches(link, session.linkHash)) return null
      const { secret, prefix, hash } = newSecret('session')
      const expiresAt = new Date(now.getTime() + SESSION_LIVES)
      await updateRow(em, Session, session.id, { prefix, hash, startedAt: now, expiresAt })
      return secret
    })
  }

  /** Ends the links that nobody has spent: those that a former start printed open nothing any more. */
  endLinks(): Promise<void> {
    return this.transact(this.em, async ({ em }) => {
      await tables(em).deleteFrom('Session').where('startedAt', 'is', null).execute()
    })
  }

  endSession(id: string): Promise<void> {
    return this.transact(this.em, ({ em }) => updateRow(em, Session, id, { endedAt: this.clock() }))
  }

  clients(): Promise<Row<ApiClient>[]> {
    return findRows(this.em, ApiClient, (query) => query.orderBy('createdAt', 'desc').orderBy('id', 'desc').limit(500))
  }

  /** Makes a token. It is returned here and never again. */
  async createToken(
    name: string,
    scopes: readonly Scope[],
    anyMachine: boolean,
    actor: string | null,
  ): Promise<{ token: string; id: string }> {
    const trimmed = name.trim()
    if (!trimmed || !isPlainText(trimmed, 64)) {
      throw new InvalidInputError('name', 'must be one line of 1 to 64 characters', 'Name who will hold the token.')
    }
    if (scopes.length === 0)
      throw new InvalidInputError('scopes', 'must not be empty', 'Name at least one, such as REPORT.')
    const { secret, prefix, hash } = newSecret('vigie')
    const id = newId()
    const createdAt = this.clock()
    await this.transact(this.em, async ({ em, tell }) => {
      if (scopes.includes(Scope.REPORT) && (await readDemoMark(em)))
        throw new DemoError('This is the demo: it takes no reports of real machines. Start Vigie itself for them.')
      const client = { id, name: trimmed, prefix, hash, scopes: [...new Set(scopes)], anyMachine, createdAt }
      await insertRows(em, ApiClient, [
        { ...client, machine: null, agents: [], lastUsedAt: null, refused: null, revokedAt: null },
      ])
      tell.event({
        type: EventType.TOKEN_CREATED,
        severity: Severity.INFO,
        at: createdAt,
        cause: EventCause.USER,
        actor,
        facts: { name: trimmed },
      })
    })
    return { token: secret, id }
  }

  async revoke(id: string, actor: string | null): Promise<Row<ApiClient>> {
    await this.transact(this.em, async ({ em, tell }) => {
      const client = await requireRow(em, ApiClient, id, 'token')
      if (client.revokedAt) return
      const at = this.clock()
      await updateRow(em, ApiClient, id, { revokedAt: at })
      tell.event({
        type: EventType.TOKEN_REVOKED,
        severity: Severity.INFO,
        at,
        cause: EventCause.USER,
        actor,
        facts: { name: client.name },
      })
    })
    return (await selectRows(this.em, ApiClient, 'id', [id]))[0] as Row<ApiClient>
  }

  /** Says for which machine and which backup agents a token speaks; what is left out stays. */
  async bindToken(
    id: string,
    { machineId, agents }: { machineId?: string | null; agents?: readonly string[] | null },
    actor: string | null,
  ): Promise<Row<ApiClient>> {
    if (machineId === undefined && !agents)
      throw new InvalidInputError(
        'machineId',
        'or agents must be given',
        'Say for which machine or agents the token speaks.',
      )
    agents?.forEach((agent, index) => readAgentName(`agents[${index}]`, agent))
    await this.transact(this.em, async ({ em, tell }) => {
      const client = await requireRow(em, ApiClient, id, 'token')
      const machine = typeof machineId === 'string' ? await requireRow(em, Machine, machineId, 'machine') : null
      await updateRow(em, ApiClient, id, {
        ...(machineId === undefined ? {} : { machine: machineId }),
        ...(agents ? { agents: [...new Set(agents)] } : {}),
      })
      if (machine) tell.event(tokenBound(client, machine, { at: this.clock(), cause: EventCause.USER, actor }))
    })
    return (await selectRows(this.em, ApiClient, 'id', [id]))[0] as Row<ApiClient>
  }

  /** Keeps why a report was refused, for whoever waits for it: an agent says it only on its own machine. */
  async noteRefusal(caller: Caller, why: string): Promise<void> {
    if (caller.kind !== 'TOKEN') return
    await this.transact(this.em, async ({ em }) => {
      const [client] = await selectRows(em, ApiClient, 'id', [caller.id])
      if (client && client.refused !== why) await updateRow(em, ApiClient, client.id, { refused: why })
    })
  }

  /** Kept to the hour: a write for each request would be one too many. */
  private async noteUse(client: Row<ApiClient>): Promise<void> {
    const now = this.clock()
    if (client.lastUsedAt && now.getTime() - client.lastUsedAt.getTime() < HOUR) return
    await this.transact(this.em, ({ em }) => updateRow(em, ApiClient, client.id, { lastUsedAt: now }))
  }
}
