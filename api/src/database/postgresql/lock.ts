import { setTimeout as delay } from 'node:timers/promises'
import pg from 'pg'
import { SECOND } from '../../platform/clock.ts'
import { DatabaseInUseError } from '../database-errors.ts'
import type { DatabaseLock } from '../engine.ts'
import { clientSettings } from './client-settings.ts'

/** The one Vigie at work on a database; any number that Vigie uses for nothing else. */
export const INSTALLATION_LOCK = 0x76_69_67_00
/** A server that is started anew takes so long at most, and so long it may hold a session for alive that is not. */
const PATIENCE = 120 * SECOND
/** A session that ended without a word is noticed by then. */
const ASKED_EACH = 15 * SECOND
/** The server lets go of a session whose client went away without a word (tcp_keepalives_idle and those after it). */
const KEEPALIVE = '-c tcp_keepalives_idle=30 -c tcp_keepalives_interval=10 -c tcp_keepalives_count=3'

/**
 * One Vigie on one database, by an advisory lock of a session: a killed process leaves none behind. Where its session
 * ends, as with a server that is started anew, the lock is taken again, or `lost` is told that it is another's.
 */
export async function lockInstallation(url: string, lost: (error: Error) => void): Promise<DatabaseLock> {
  let released = false
  let session = await take(url)
  const again = async (): Promise<void> => {
    for (const until = performance.now() + PATIENCE; !released;) {
      try {
        session = await take(url)
        return released ? await session.end() : hold()
      } catch (error) {
        // It may be one's own session of before, which the server still holds for alive.
        if (performance.now() > until) throw error
        await delay(SECOND, undefined, { ref: false })
      }
    }
  }
  const hold = (): void => {
    const held = session
    const ask = setInterval(
      () => void held.query('select 1').catch(() => void held.end().catch(() => undefined)),
      ASKED_EACH,
    )
    ask.unref()
    held.once('end', () => {
      clearInterval(ask)
      if (!released) again().catch(lost)
    })
  }
  hold()
  return {
    release: async () => {
      released = true
      await session.end()
    },
  }
}

async function take(url: string): Promise<pg.Client> {
  const session = new pg.Client({ ...clientSettings(url, 10 * SECOND), options: KEEPALIVE })
  // It is told by `end` as well; without a listener the process would end.
  session.on('error', () => undefined)
  await session.connect()
  try {
    const { rows } = await session.query<{ taken: boolean }>('select pg_try_advisory_lock($1) as taken', [
      INSTALLATION_LOCK,
    ])
    if (!rows[0]?.taken) throw new DatabaseInUseError('this PostgreSQL database')
    return session
  } catch (error) {
    await session.end().catch(() => undefined)
    throw error
  }
}
