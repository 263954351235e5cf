import { setTimeout as delay } from 'node:timers/promises'
import { MINUTE, SECOND } from '../platform/clock.ts'
import { WorkerThread } from '../platform/worker-thread.ts'
import type { FileTasks } from './file-tasks.ts'

/** Something that takes long with one file: reading it to its end, or copying it to the vault. */
export interface Work<T> {
  /** What is the same work: asked for again, it is not begun again. */
  key: string
  kind: 'READING' | 'MOVING'
  /** Whose turn it is: the id of a job. */
  owner: string
  /** Of the file, below its root. */
  path: string
  /** Bytes */
  size: number
  /** Whether what came of it holds as long as its key does. Without this it is one asker's alone, and kept for nobody. */
  isKept?(value: T): boolean
  run(worker: WorkerThread<FileTasks>): Promise<T>
}

/** So many readings are done at once, and beside them so many moves. */
const AT_ONCE = 2
/** A thread holds 30 MB, and takes some 70 ms of a core to start: it waits a little for the next file of its scan. */
const REST_OF_THREADS = 2 * SECOND
/** One that takes longer than this gives its place to the next, and goes on beside it; so many of them do. */
const LONG_AFTER = 20 * SECOND
const MOST_LONG = 4
/** The smallest goes first, but one that has waited for so long. */
const MOST_WAIT = 10 * MINUTE
/** A link, with what is synced around it, takes no longer. */
export const LINK_TAKES = SECOND
/** What threw is not tried again before. */
const REST = 5 * MINUTE
/** How long a copy that is under way may still take when Vigie stops; what it left is taken up at the next start. */
const LAST_WAIT = 5 * SECOND

interface Item extends Work<unknown> {
  askedAt: number
  begunAt: number | null
  ended: PromiseWithResolvers<null>
  outcome: { value: unknown; error?: never } | { value?: never; error: unknown } | null
  /** How many wait for it just now. */
  waiting: number
  /** Whether anybody asked for it since the last `sweep`. */
  isWanted: boolean
  isTaken: boolean
}

/**
 * What takes long with files goes on beside scans, in threads of its own, and each scan takes what is ready: a scan
 * never waits for the longest of them, and no job for that of another.
 */
export class FileWork {
  private readonly items = new Map<string, Item>()
  private idle: WorkerThread<FileTasks>[] = []
  private readonly busy = new Set<WorkerThread<FileTasks>>()
  private resting: NodeJS.Timeout | undefined
  private stopped = false
  /** Called when something is ready that nobody waits for any more. */
  onReady: () => void = () => undefined

  constructor(private readonly script: URL) {}

  /** Begins what may be wanted soon. */
  begin(work: Work<unknown>): void {
    const known = this.items.get(work.key)
    if (known) known.isWanted = true
    else this.add(work)
  }

  /**
   * What came of it; null = nothing until then (`performance.now()`). Where several may ask, what it found or threw stays
   * for all of them, `isNew` tells the first: until the second `sweep` where it is kept, else until the next one; what
   * threw is begun anew after a rest at the earliest.
   */
  async take<T>(work: Work<T>, until: number): Promise<{ value: T; isNew: boolean } | null> {
    if (this.stopped) throw new Error('Vigie stops')
    const item = this.items.get(work.key) ?? this.add(work)
    item.isWanted = true
    const left = until - performance.now()
    if (item.outcome === null && left > 0) {
      item.waiting += 1
      const enough = new AbortController()
      const patience =
        left === Infinity ? [] : [delay(left, undefined, { signal: enough.signal }).catch(() => undefined)]
      await Promise.race([item.ended.promise, ...patience])
      enough.abort()
      item.waiting -= 1
    }
    if (item.outcome === null) return null
    const isNew = !item.isTaken
    item.isTaken = true
    if (!item.isKept) this.items.delete(work.key)
    if (item.outcome.error !== undefined) throw item.outcome.error
    return { value: item.outcome.value as T, isNew }
  }

  /** What is being done, and what waits: the longest first. `forMs` null = it has not begun. */
  list(): { kind: Work<unknown>['kind']; owner: string; path: string; size: number; forMs: number | null }[] {
    return [...this.items.values()]
      .filter(({ outcome }) => outcome === null)
      .toSorted((a, b) => (a.begunAt ?? Infinity) - (b.begunAt ?? Infinity) || a.askedAt - b.askedAt)
      .map(({ begunAt, ...item }) => ({ ...item, forMs: begunAt === null ? null : performance.now() - begunAt }))
  }

  /** Whether moves are copies that take their time: then nobody waits for one more. */
  get isCopying(): boolean {
    const now = performance.now()
    return [...this.items.values()].some(
      ({ kind, outcome, begunAt }) =>
        kind === 'MOVING' && outcome === null && begunAt !== null && now - begunAt >= LINK_TAKES,
    )
  }

  /** Forgets what nobody has asked for since the last time: its file or its run is gone. */
  sweep(): void {
    for (const item of this.items.values()) {
      const { outcome, begunAt, waiting, isTaken, isWanted } = item
      const isOver = outcome !== null || begunAt === null
      const stays =
        outcome?.error === undefined
          ? isWanted && !(isTaken && outcome !== null && !item.isKept?.(outcome.value))
          : isWanted && performance.now() - (begunAt ?? 0) < REST
      if (!stays && isOver && waiting === 0) this.items.delete(item.key)
      item.isWanted = false
    }
  }

  /** Ends every reading at once, and waits a little for what is being copied. */
  async stop(): Promise<void> {
    this.stopped = true
    clearTimeout(this.resting)
    for (const item of this.items.values()) {
      if (item.begunAt !== null) continue
      item.outcome = { error: new Error('Vigie stops') }
      item.ended.resolve(null)
    }
    await Promise.all([...this.busy].map((worker) => endToolsOf(worker)))
    await Promise.all([...this.busy, ...this.idle].map((worker) => worker.stop()))
    const running = [...this.items.values()].filter(({ begunAt, outcome }) => begunAt !== null && outcome === null)
    const enough = new AbortController()
    const patience = delay(LAST_WAIT, undefined, { signal: enough.signal }).catch(() => undefined)
    await Promise.race([Promise.all(running.map(({ ended }) => ended.promise)), patience])
    enough.abort()
  }

  private add(work: Work<unknown>): Item {
    const item: Item = {
      ...work,
      askedAt: performance.now(),
      begunAt: null,
      ended: Promise.withResolvers<null>(),
      outcome: null,
      waiting: 0,
      isWanted: true,
      isTaken: false,
    }
    this.items.set(work.key, item)
    this.next()
    return item
  }

  private next(): void {
    for (;;) {
      const open = [...this.items.values()].filter(({ outcome }) => outcome === null)
      const now = performance.now()
      const nextOfKind = (wanted: Work<unknown>['kind']): Item | null =>
        nextOf(
          open.filter(({ kind }) => kind === wanted),
          now,
        )
      const item = this.stopped ? null : (nextOfKind('MOVING') ?? nextOfKind('READING'))
      if (!item) break
      void this.do(item)
    }
    clearTimeout(this.resting)
    if (this.busy.size > 0) return
    this.resting = setTimeout(() => this.endIdle(), REST_OF_THREADS)
    this.resting.unref()
  }

  private endIdle(): void {
    for (const worker of this.idle) void worker.stop()
    this.idle = []
  }

  private async do(item: Item): Promise<void> {
    item.begunAt = performance.now()
    const worker = this.idle.pop() ?? new WorkerThread<FileTasks>(this.script, 192)
    this.busy.add(worker)
    const isLong = setTimeout(() => this.next(), LONG_AFTER)
    isLong.unref()
    try {
      item.outcome = { value: await item.run(worker) }
    } catch (error) {
      item.outcome = { error }
    }
    clearTimeout(isLong)
    this.busy.delete(worker)
    this.idle.push(worker)
    item.ended.resolve(null)
    this.next()
    // What tells nothing lasting (a file that still grows) waits for the next scan, else it would be read without end.
    const tells = item.kind === 'MOVING' || item.isKept?.(item.outcome.value)
    if (item.waiting === 0 && tells && !this.stopped) this.onReady()
  }
}

/** A thread that is ended leaves its children behind: it ends them first, unless it is held by the file itself. */
async function endToolsOf(worker: WorkerThread<FileTasks>): Promise<void> {
  const ended = worker.ask('endTools', undefined as never).catch(() => undefined)
  await Promise.race([ended, delay(SECOND, undefined, { ref: false })])
}

/** Which is next; null = none, or there is no place. Each owner has one at a time. */
export function nextOf<T extends Pick<Item, 'owner' | 'size' | 'askedAt' | 'begunAt'>>(
  open: readonly T[],
  now: number,
): T | null {
  const running = open.filter(({ begunAt }) => begunAt !== null)
  const long = running.filter(({ begunAt }) => now - (begunAt ?? now) >= LONG_AFTER).length
  if (running.length - Math.min(long, MOST_LONG) >= AT_ONCE) return null
  const busy = new Set(running.map(({ owner }) => owner))
  const waiting = open.filter(({ begunAt, owner }) => begunAt === null && !busy.has(owner))
  const hasWaited = ({ askedAt }: T): boolean => now - askedAt >= MOST_WAIT
  return (
    waiting.toSorted(
      (a, b) =>
        Number(hasWaited(b)) - Number(hasWaited(a)) ||
        (hasWaited(a) ? a.askedAt - b.askedAt : a.size - b.size) ||
        a.askedAt - b.askedAt,
    )[0] ?? null
  )
}
