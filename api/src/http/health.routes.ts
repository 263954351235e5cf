import { setTimeout as delay } from 'node:timers/promises'
import type { FastifyInstance } from 'fastify'
import type { Orm } from '../database/database.ts'
import { engineOf } from '../database/engine.ts'
import { SECOND } from '../platform/clock.ts'

/** One turn of the database that keeps others waiting for so long will not end by itself. */
const STANDS_STILL_AFTER = 30 * SECOND
/** Whoever asks whether Vigie is ready does not want to wait for a long turn to end. */
const BUSY_AFTER = 2 * SECOND

export type PartHealth = () => { ok: boolean; detail: string | null }

/**
 * `/healthz`: whether this process still works; no answer, or 503, means that it should be started anew. `/readyz`:
 * whether it can do its work now, and which part cannot: a machine that is started anew would not mend those.
 */
export function healthRoutes(app: FastifyInstance, orm: Orm, watched: ReadonlyMap<string, PartHealth>): void {
  for (const path of ['/healthz', '/health']) {
    app.get(path, async (_request, reply) => {
      const ok = engineOf(orm).heldFor < STANDS_STILL_AFTER
      return reply.status(ok ? 200 : 503).send(ok ? { ok } : { ok, database: 'stands still' })
    })
  }
  app.get('/readyz', async (_request, reply) => {
    const database = await Promise.race([
      orm.isConnected().then((connected) => (connected ? 'ok' : 'unreachable')),
      delay(BUSY_AFTER, 'busy', { ref: false }),
    ])
    const ready = database === 'ok'
    const parts = [...watched].map(([name, health]) => [name, health().ok] as const)
    const degraded = parts.filter(([, ok]) => !ok).map(([name]) => name)
    return reply.status(ready ? 200 : 503).send({
      ok: ready,
      database,
      ...Object.fromEntries(parts.map(([name, ok]) => [name, ok ? 'ok' : 'degraded'])),
      ...(degraded.length ? { degraded } : {}),
    })
  })
}
