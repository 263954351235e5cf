import type { App } from './app.ts'
import type { Orm } from './database/database.ts'
import { createRecorder } from './database/record.ts'
import { rejudge } from './disks/rejudge.ts'
import { thinDocuments, thinReports, thinSnapshots } from './disks/thinning.ts'
import { HOUR, MINUTE } from './platform/clock.ts'

const EVERY = HOUR
const FIRST_AFTER = MINUTE

/** Judges by new rules after the start, then thins history once an hour; in small steps, so that reports go on between. */
export function startHousekeeping(orm: Orm, { platform }: Pick<App, 'platform'>): { stop(): Promise<void> } {
  const { clock, log } = platform
  const record = createRecorder(platform)
  let stopped = false
  let timer: NodeJS.Timeout | null = null
  let working: Promise<void> = Promise.resolve()

  // One part that fails must not keep the other back for ever.
  const work = async (): Promise<void> => {
    const parts = [() => rejudge(orm.em, record, clock, () => stopped), thinHistory]
    for (const part of parts) {
      await part().catch((error: unknown) =>
        log.error({ err: error }, 'Housekeeping failed; it is tried again in an hour'),
      )
    }
  }
  const thinHistory = async (): Promise<void> => {
    let removed = 0
    let after: string | null = ''
    while (after !== null && !stopped) {
      const from: string = after
      const step: { removed: number; next: string | null } = await record(orm.em, ({ em }) =>
        thinSnapshots(em, clock(), from),
      )
      removed += step.removed
      after = step.next
      await breathe()
    }
    while (!stopped && (await record(orm.em, ({ em }) => thinDocuments(em, clock()))) > 0) await breathe()
    while (!stopped && (await record(orm.em, ({ em }) => thinReports(em, clock()))) > 0) await breathe()
    if (removed > 0 && !stopped) await orm.em.getConnection().execute('pragma incremental_vacuum(1000)')
  }
  const next = (after: number): void => {
    timer = setTimeout(() => {
      working = work().finally(() => {
        if (!stopped) next(EVERY)
      })
    }, after)
    timer.unref()
  }
  next(FIRST_AFTER)
  return {
    stop: async () => {
      stopped = true
      if (timer) clearTimeout(timer)
      await working
    },
  }
}

/** Lets requests that wait have their turn. */
const breathe = (): Promise<void> => new Promise((resolve) => setImmediate(resolve))
