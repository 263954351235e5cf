import { mkdir, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { makeFolder } from '../host/make-folder.ts'
import { ActionClass, classOf, isAction } from '../actions/action.ts'
import { type Order, orderDigest } from '../actions/order.ts'
import type { ExecutionResult } from '../actions/result.ts'
import { makeOnce, syncFolder, writeDurably } from '../host/durable.ts'

/** Made by the server, and the name of a folder here. */
const DAY = 24 * 3_600_000
const ID = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/
export const isExecutionId = (id: string): boolean => ID.test(id)

/** What was asked, kept before the server hears that it was taken. */
export interface Request {
  order: Order
  signature: string | null
  /** Names this taking of it: the server hands an order to one. */
  claimId: string
}

/** Which process began it. A number alone may be another's by now, so that its own start is kept with it (proc(5)). */
export interface Beginning {
  at: string
  bootId: string
  pid: number
  /** Clock ticks after the boot. */
  startTicks: string
}

/**
 * What was asked of this machine, each in a folder of its own: the truth about what began here and how it ended, whatever
 * is killed and in whichever instant. Its files are made once, in this order:
 * `request.json`, `claimed`, `started`, `out.log`, `result.json`, `told`; `stop` and `leaving` where there is reason.
 */
export class Journal {
  private readonly folder: string
  /** Those that were told to their end, as far as was looked: that never changes, and need not be looked at again. */
  private readonly told = new Set<string>()

  constructor(stateDir: string) {
    this.folder = join(stateDir, 'exec')
  }

  path(id: string, name = ''): string {
    return join(this.folder, id, name)
  }

  /** Those that the server has not heard the end of. */
  async open(): Promise<string[]> {
    const open: string[] = []
    for (const id of await this.all()) {
      if (this.told.has(id)) continue
      if (await this.has(id, 'told')) this.told.add(id)
      // One whose question is not whole was never taken.
      else if (await this.has(id, 'request.json')) open.push(id)
    }
    return open
  }

  /** Keeps what was asked; false = it is kept already. The whole of it is on disk, or nothing. */
  async add(request: Request): Promise<boolean> {
    const { id } = request.order
    await makeFolder(this.folder, 0o700)
    await mkdir(this.path(id), { mode: 0o700 }).catch((error: NodeJS.ErrnoException) => {
      if (error.code !== 'EEXIST') throw error
    })
    if (await this.has(id, 'request.json')) return false
    await writeDurably(this.path(id, 'request.json'), request)
    await syncFolder(this.folder)
    return true
  }

  async request(id: string): Promise<Request | null> {
    return (await this.read(id, 'request.json')) as Request | null
  }

  /** Digest of what was asked under this id; null = nothing was. */
  async digest(id: string): Promise<string | null> {
    const request = await this.request(id)
    return request && orderDigest(request.order)
  }

  noteClaimed(id: string, bootId: string): Promise<void> {
    return writeDurably(this.path(id, 'claimed'), { bootId })
  }

  /** In which start of the kernel the server gave it; null = it has not. */
  async claimedIn(id: string): Promise<string | null> {
    if (!(await this.has(id, 'claimed'))) return null
    return ((await this.read(id, 'claimed')) as { bootId?: string } | null)?.bootId ?? ''
  }

  /** This machine is about to go down, and that is what was asked. */
  noteLeaving(id: string, bootId: string): Promise<void> {
    return writeDurably(this.path(id, 'leaving'), { bootId })
  }

  async leftFrom(id: string): Promise<string | null> {
    return ((await this.read(id, 'leaving')) as { bootId?: string } | null)?.bootId ?? null
  }

  /** True for the one who may begin it, ever. */
  begin(id: string, beginning: Beginning): Promise<boolean> {
    return makeOnce(this.path(id, 'started'), beginning)
  }

  /** Null = it has not begun; `{}` of an instant in which it did. */
  async beginning(id: string): Promise<Partial<Beginning> | null> {
    if (!(await this.has(id, 'started'))) return null
    return ((await this.read(id, 'started')) as Partial<Beginning> | null) ?? {}
  }

  result(id: string): Promise<ExecutionResult | null> {
    return this.read(id, 'result.json') as Promise<ExecutionResult | null>
  }

  end(id: string, result: ExecutionResult): Promise<void> {
    return writeDurably(this.path(id, 'result.json'), result)
  }

  /** The server has all of it: what stays is that it was, so that it never is again. */
  async noteTold(id: string): Promise<void> {
    await writeDurably(this.path(id, 'told'), {})
    await Promise.all(['out.log', 'hook', 'stop'].map((name) => rm(this.path(id, name), { force: true })))
  }

  async stop(id: string): Promise<void> {
    await writeFile(this.path(id, 'stop'), '', { mode: 0o600 })
  }

  isStopped(id: string): Promise<boolean> {
    return this.has(id, 'stop')
  }

  has(id: string, name: string): Promise<boolean> {
    return stat(this.path(id, name)).then(
      () => true,
      (error: NodeJS.ErrnoException) => {
        if (error.code === 'ENOENT' || error.code === 'ENOTDIR') return false
        throw error
      },
    )
  }

  /** Milliseconds since a file was made; null = it is not there. */
  async age(id: string, name: string): Promise<number | null> {
    return stat(this.path(id, name)).then(
      ({ mtimeMs }) => Date.now() - mtimeMs,
      () => null,
    )
  }

  /** How many that change something began here in the last 24 hours. */
  async begunSince(since: number, besides: string): Promise<number> {
    const ids = await this.all()
    let count = 0
    for (const id of ids) {
      if (id === besides) continue
      const beginning = await this.beginning(id)
      if (!beginning || Date.parse(beginning.at ?? '') < since) continue
      const verb = (await this.request(id))?.order.action ?? ''
      if (!isAction(verb) || classOf(verb) !== ActionClass.READ) count += 1
    }
    return count
  }

  /** Forgets those whose order could not begin any more, long ago. */
  async forget(now: number, afterMs: number): Promise<void> {
    for (const id of await this.all()) {
      if (!(await this.has(id, 'request.json')) && ((await this.age(id, '')) ?? 0) > DAY) await this.drop(id)
      if (!(await this.has(id, 'told'))) continue
      const expires = Date.parse((await this.request(id))?.order.expiresAt ?? '')
      if (expires + afterMs < now) await this.drop(id)
    }
  }

  /** It was never begun, and never will be: nothing is remembered of it. */
  async drop(id: string): Promise<void> {
    await rm(this.path(id), { recursive: true, force: true })
  }

  /** That the folder cannot be read is no sign that there is nothing in it. */
  private async all(): Promise<string[]> {
    const names = await readdir(this.folder).catch((error: NodeJS.ErrnoException) => {
      if (error.code === 'ENOENT') return []
      throw error
    })
    return names.filter(isExecutionId).sort()
  }

  private async read(id: string, name: string): Promise<unknown> {
    try {
      return JSON.parse(await readFile(this.path(id, name), 'utf8')) as unknown
    } catch (error) {
      if (error instanceof SyntaxError || (error as NodeJS.ErrnoException).code === 'ENOENT') return null
      throw error
    }
  }
}
