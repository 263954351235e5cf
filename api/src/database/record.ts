import { createRecordingServices, type RecordingServices } from '../context.ts'
import { Event } from '../events/event.entity.ts'
import { type Tell, Told } from '../events/told.ts'
import type { Platform } from '../platform/platform.ts'
import type { EntityManager } from './database.ts'
import { insertNumbered } from './rows.ts'

export type Recorder = <T>(
  em: EntityManager,
  work: (services: RecordingServices, tell: Tell) => Promise<T>,
) => Promise<T>

/**
 * The only door to a transaction. The work gets services on the transaction's own `em`; what it tells is stored with its
 * change and published after the commit. Inside it: no other `em`, file, network, timer or worker, for SQLite has one
 * connection and another fork would wait for ever.
 */
export function createRecorder(platform: Platform): Recorder {
  return async (em, work) => {
    const told = new Told()
    const { machines, disks, jobs, entries, alerts, scans, events } = told
    const tell: Tell = { machines, disks, jobs, entries, alerts, scans, event: (event) => events.push(event) }
    let eventIds: number[] = []
    const result = await em.fork().transactional(async (transaction) => {
      const answer = await work(createRecordingServices(transaction as EntityManager, platform, tell), tell)
      const rows = told.events.map((event) => ({
        actor: null,
        machine: null,
        disk: null,
        job: null,
        entry: null,
        from: null,
        to: null,
        facts: {},
        ...event,
      }))
      eventIds = [...(await insertNumbered(transaction as EntityManager, Event, rows, 'id')).values()]
      return answer
    })
    platform.changes.note({ machines, disks, jobs, entries, alerts, scans, events: eventIds })
    return result
  }
}
