import { createHash } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { open, rm, stat, truncate } from 'node:fs/promises'
import { join } from 'node:path'
import { makeFolder } from '@vigie/agent/host'
import { LARGEST_LOG } from '@vigie/agent/actions'

export interface LogPiece {
  text: string
  offset: number
  /** Where the next piece begins. */
  nextOffset: number
  /** Bytes that are here. */
  size: number
}

/** Bytes of one answer. */
export const PIECE = 256 * 1024

/** Logs of executions: the bytes as the machine wrote them, a file each. */
export class ExecutionLogs {
  /** What is being written: a piece that comes twice at once is looked at one after the other. */
  private readonly writing = new Map<string, Promise<number>>()

  constructor(private readonly folder: string) {}

  private path(id: string): string {
    return join(this.folder, `${id}.log`)
  }

  async size(id: string): Promise<number> {
    return stat(this.path(id)).then(
      ({ size }) => size,
      (error: NodeJS.ErrnoException) => {
        if (error.code === 'ENOENT') return 0
        throw error
      },
    )
  }

  /** Writes what follows what is here, and nothing else; where the log ends now. What comes twice is the same bytes. */
  append(id: string, offset: number, bytes: Buffer): Promise<number> {
    const before = this.writing.get(id) ?? Promise.resolve(0)
    const next = before.catch(() => 0).then(() => this.write(id, offset, bytes))
    this.writing.set(id, next)
    const done = (): void => {
      if (this.writing.get(id) === next) this.writing.delete(id)
    }
    next.then(done, done)
    return next
  }

  private async write(id: string, offset: number, bytes: Buffer): Promise<number> {
    await makeFolder(this.folder, 0o700)
    const size = await this.size(id)
    if (offset !== size || size + bytes.length > LARGEST_LOG) return size
    const file = await open(this.path(id), 'a', 0o600)
    try {
      await file.appendFile(bytes)
    } finally {
      await file.close()
    }
    return size + bytes.length
  }

  /** What is here, from its beginning; nothing where nothing is. */
  async *stream(id: string): AsyncGenerator<Buffer> {
    if ((await this.size(id)) > 0) for await (const chunk of createReadStream(this.path(id))) yield chunk as Buffer
  }

  /** SHA-256 of what is here. */
  async sha256(id: string): Promise<string> {
    const hash = createHash('sha256')
    for await (const chunk of this.stream(id)) hash.update(chunk)
    return hash.digest('hex')
  }

  /** What is here is not what the machine has: it is sent anew. */
  async empty(id: string): Promise<void> {
    if ((await this.size(id)) > 0) await truncate(this.path(id), 0)
  }

  async remove(id: string): Promise<void> {
    await rm(this.path(id), { force: true })
  }

  /** Whole characters from an offset on. */
  async read(id: string, offset: number): Promise<LogPiece> {
    const size = await this.size(id)
    const from = Math.min(Math.max(0, offset), size)
    if (from === size) return { text: '', offset: from, nextOffset: from, size }
    const file = await open(this.path(id), 'r')
    try {
      const bytes = Buffer.alloc(Math.min(PIECE, size - from))
      const { bytesRead } = await file.read(bytes, 0, bytes.length, from)
      const read = bytes.subarray(0, bytesRead)
      // It is written in whole lines: a piece ends with one, unless it is longer than a piece.
      const end = read.lastIndexOf(0x0a) + 1 || read.length
      return { text: read.subarray(0, end).toString('utf8'), offset: from, nextOffset: from + end, size }
    } finally {
      await file.close()
    }
  }
}
