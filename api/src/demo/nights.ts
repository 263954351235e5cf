import { DAY } from '../platform/clock.ts'
import { chance } from './chance.ts'
import type { DemoJob } from './jobs.ts'

/** What comes of one backup: nothing, or a file that is whole, cut short, of another hash, the same as before, or late. */
export type Night = 'GOOD' | 'NOTHING' | 'CUT' | 'WRONG_HASH' | 'UNCHANGED' | 'LATE' | 'DUMP_FAILED'

/** Stories by agent and job, or all jobs of an agent, and days from the first of the demo. */
const STORIES: readonly { agentId: string; databaseName?: string; from: number; to: number; night: Night }[] = [
  // Its backup has stopped, and nobody saw it but Vigie.
  { agentId: 'web-05', from: -3, to: Infinity, night: 'NOTHING' },
  { agentId: 'ws-hugo', from: -6, to: Infinity, night: 'NOTHING' },
  { agentId: 'db-lyon-03', databaseName: 'erp', from: -1, to: 0, night: 'CUT' },
  { agentId: 'db-lyon-08', databaseName: 'shop', from: -8, to: -7, night: 'WRONG_HASH' },
  { agentId: 'db-lyon-09', databaseName: 'crm', from: -2, to: 0, night: 'DUMP_FAILED' },
  { agentId: 'app-04', from: -4, to: 0, night: 'UNCHANGED' },
  { agentId: 'db-lyon-06', databaseName: 'erp', from: -45, to: -41, night: 'NOTHING' },
]

/** What comes, and the day on which it was dumped: of what is unchanged, that before it stayed the same. */
export function nightOf(
  { agentId, databaseName }: DemoJob,
  due: Date,
  firstDay: Date,
): { night: Night; dumpedFor: Date } {
  const day = (due.getTime() - firstDay.getTime()) / DAY
  const story = STORIES.find(
    (each) =>
      each.agentId === agentId &&
      (each.databaseName ?? databaseName) === databaseName &&
      day >= each.from &&
      day < each.to,
  )
  if (story) {
    const daysOfSame = story.night === 'UNCHANGED' ? Math.floor(day - story.from) + 1 : 0
    return { night: story.night, dumpedFor: new Date(due.getTime() - daysOfSame * DAY) }
  }
  // Once in a while a night goes wrong by itself.
  const luck = chance(`${agentId} ${databaseName} ${due.toISOString()}`)
  return { night: byLuck(luck), dumpedFor: due }
}

function byLuck(luck: number): Night {
  if (luck < 0.004) return 'NOTHING'
  if (luck < 0.007) return 'DUMP_FAILED'
  return luck < 0.012 ? 'LATE' : 'GOOD'
}
