import type { App } from '../app.ts'
import { moveDemoMark, readDemoMark } from '../access/demo-mark.ts'
import type { Orm } from '../database/database.ts'
import { type Clock, HOUR, MINUTE, SECOND } from '../platform/clock.ts'
import type { Log } from '../platform/log.ts'
import { eraOf, happenings } from './happenings.ts'
import { DemoWorld } from './world.ts'

const BEAT = 3 * SECOND

/** Machines report often, for somebody to see it; of a computer that slept for days they tell as much as they must. */
const rhythmOf = (gap: number): number => (gap > HOUR ? 4 * HOUR : 10 * MINUTE)

interface Life {
  app: App
  orm: Orm
  clock: Clock
  log: Log
}

/** Goes on with the machines of the demo while somebody looks at it. */
export function startDemoLife({ app, orm, clock, log }: Life): { stop(): Promise<void> } {
  let isStopping = false
  let timer: NodeJS.Timeout | undefined
  let beating: Promise<void> = Promise.resolve()

  const beat = async (): Promise<void> => {
    const mark = await readDemoMark(orm.em.fork())
    if (!mark) return
    const [from, to] = [mark.until, clock()]
    const world = new DemoWorld(app, mark.firstDay)
    const every = rhythmOf(to.getTime() - from.getTime())
    for (const happening of happenings({ from, to, every }, eraOf(mark.firstDay))) {
      if (isStopping) return
      if (happening.kind === 'look') continue
      await world.bringAbout(happening)
      // It has happened, whatever comes of the next one.
      await moveDemoMark(orm.em.fork(), new Date(happening.at.getTime() + 1))
    }
    if (to > from) await moveDemoMark(orm.em.fork(), to)
  }
  const wait = (): void => {
    timer = setTimeout(() => {
      beating = beat()
        .catch((error: unknown) => log.warn({ err: error }, 'The demo stood still for a moment'))
        .finally(() => {
          if (!isStopping) wait()
        })
    }, BEAT)
  }
  wait()
  return {
    stop: async () => {
      isStopping = true
      clearTimeout(timer)
      await beating
    },
  }
}
