import type { App } from '../app.ts'
import type { Orm } from '../database/database.ts'
import { type Clock, MINUTE, SECOND } from '../platform/clock.ts'
import type { Log } from '../platform/log.ts'
import { moveDemoMark, readDemoMark } from '../access/demo-mark.ts'
import { happenings } from './happenings.ts'
import { DemoWorld } from './world.ts'

const BEAT = 3 * SECOND
/** Machines report often here, for somebody to see it. */
const REPORT_EVERY = 10 * MINUTE

/** Goes on with the machines of the demo while somebody looks at it. */
export function startDemoLife({ app, orm, clock, log }: { app: App; orm: Orm; clock: Clock; log: Log }): {
  stop(): Promise<void>
} {
  let isStopping = false
  let beating: Promise<void> = Promise.resolve()
  const beat = async (): Promise<void> => {
    const mark = await readDemoMark(orm.em.fork())
    if (!mark) return
    const to = clock()
    const world = new DemoWorld(app, mark.firstDay)
    const era = { firstDay: mark.firstDay, begun: mark.firstDay }
    for (const happening of happenings({ from: mark.until, to, every: REPORT_EVERY }, era)) {
      if (isStopping) return
      if (happening.kind !== 'look') await world.bringAbout(happening)
    }
    await moveDemoMark(orm.em.fork(), to)
  }
  const timer = setInterval(() => {
    beating = beating
      .then(beat)
      .catch((error: unknown) => log.warn({ err: error }, 'The demo stood still for a moment'))
  }, BEAT)
  return {
    stop: async () => {
      isStopping = true
      clearInterval(timer)
      await beating
    },
  }
}
