import { setMaxListeners } from 'node:events'
import { createPubSub, type PubSub } from '@graphql-yoga/subscription'

export const TOPICS = ['machines', 'disks', 'jobs', 'entries', 'alerts', 'scans', 'executions', 'events'] as const
export type Topic = (typeof TOPICS)[number]
export type Changes = Record<Topic, Iterable<string | number>>

/** What subscribers of one topic receive: the entities as they are now, and the ids that have left the lists. */
export interface Batch {
  changed: { id: string | number }[]
  removedIds: string[]
}

type Load = (topic: Topic, ids: (string | number)[]) => Promise<Batch>

/**
 * Tells what was committed: the first change at once, later ones in batches, each loaded once for all subscribers.
 * Nothing waits here for ever: a batch that cannot be loaded is reported and dropped, for the rows hold the truth.
 */
export class ChangeFeed {
  readonly pubSub: PubSub<Record<Topic, [Batch]>>
  private readonly waiting = Object.fromEntries(TOPICS.map((topic) => [topic, new Set()])) as Record<
    Topic,
    Set<string | number>
  >
  private readonly listeners: { topic: Topic; listener: () => void }[] = []
  private readonly timers = new Map<Topic, NodeJS.Timeout>()
  private load: Load = async () => ({ changed: [], removedIds: [] })

  constructor(
    private readonly onError: (error: unknown) => void,
    private readonly interval = 250,
  ) {
    const eventTarget = new EventTarget()
    setMaxListeners(0, eventTarget)
    this.pubSub = createPubSub<Record<Topic, [Batch]>>({ eventTarget: eventTarget as never })
  }

  /** Calls whenever something of this topic was committed, with nothing loaded. */
  onNoted(topic: Topic, listener: () => void): void {
    this.listeners.push({ topic, listener })
  }

  loadWith(load: Load): void {
    this.load = load
  }

  note(changes: Partial<Changes>): void {
    for (const topic of TOPICS) {
      const before = this.waiting[topic].size
      for (const id of changes[topic] ?? []) this.waiting[topic].add(id)
      if (this.waiting[topic].size === before) continue
      for (const each of this.listeners) if (each.topic === topic) each.listener()
      if (!this.timers.has(topic)) this.flush(topic)
    }
  }

  stop(): void {
    for (const timer of this.timers.values()) clearTimeout(timer)
    this.timers.clear()
  }

  private flush(topic: Topic): void {
    const ids = [...this.waiting[topic]]
    this.waiting[topic].clear()
    this.timers.set(
      topic,
      setTimeout(() => {
        this.timers.delete(topic)
        if (this.waiting[topic].size > 0) this.flush(topic)
      }, this.interval),
    )
    this.load(topic, ids)
      .then((batch) => this.pubSub.publish(topic, batch))
      .catch(this.onError)
  }
}
