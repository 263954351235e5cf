import { setTimeout as delay } from 'node:timers/promises'
import pg from 'pg'
import { SECOND } from '../../platform/clock.ts'
import { DatabaseInUseError } from '../database-errors.ts'
import type { DatabaseLock } from '../engine.ts'
import { clientSettings } from './client-settings.ts'

/** The one Vigie at work on a database; any number that Vigie uses for nothing else. */
const LOCK = 0x76_69_67_00
/** A server that is started anew takes so long at most, or somebody else may have taken the watch. */
const PATIENCE = 120 * SECOND

/**
 * One Vigie on one database, by an advisory lock of a session: a killed process leaves none behind. Where its session
 * ends, as with a server that is started anew, the lock is taken again, or `lost` is told that it is another's.
 */
export async function lockInstallation(url: string, lost: (error: Error) => void): Promise<DatabaseLock> {
  let released = false
  let session = await take(url)
  const hold = (): void => {
    session.once('end', () => {
      if (!released) void again().catch(lost)
    })
  }
  const again = async (): Promise<void> => {
    const until = performance.now() + PATIENCE
    for (;;) {
      try {
        session = await take(url)
        return released ? await session.end() : hold()
      } catch (error) {
        if (error instanceof DatabaseInUseError || performance.now() > until) throw error
        await delay(SECOND, undefined, { ref: false })
        if (released) return
      }
    }
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
  const session = new pg.Client(clientSettings(url))
  // It is told by `end` as well; without a listener the process would end.
  session.on('error', () => undefined)
  await session.connect()
  try {
    const { rows } = await session.query<{ taken: boolean }>('select pg_try_advisory_lock($1) as taken', [LOCK])
    if (!rows[0]?.taken) throw new DatabaseInUseError('this PostgreSQL database')
    return session
  } catch (error) {
    await session.end().catch(() => undefined)
    throw error
  }
}
