import { createGunzip, createZstdDecompress } from 'node:zlib'
import type { Transform } from 'node:stream'
import { ContentSink } from './content-sink.ts'
import type { Compression } from './dump-format.ts'
import type { ContentCheck, ReadFacts, ReadingOrder } from './file-facts.ts'
import { startToolCheck, type ToolCheck } from './tool-check.ts'

/** gzip cannot expand more than 1032 times (RFC 1951); what does so on and on is no dump. */
const MOST_EXPANSION = 1000
const ALWAYS_ALLOWED = 256 * 1024 * 1024
/** Decompressed chunks of 1 MiB that wait to be hashed. */
const MOST_WAITING = 4

type Content = Pick<ReadFacts, 'contentSize' | 'contentSha256' | 'fingerprint' | 'expandsBeyond' | 'checks'>

/** Takes a file's bytes, decompresses them where they are gzip or zstd, and hands the content to its sink and tools. */
export class ContentReader {
  private readonly sink: ContentSink
  private readonly decompressor: Transform | null
  private readonly limit: number
  private failure: Error | null = null
  private ended: Promise<void> | null = null
  private exceeded = false
  private tool: ToolCheck | null = null
  private toolChosen = false
  private readonly waiting: Buffer[] = []
  private turn: NodeJS.Immediate | null = null

  private readonly compression: Compression
  private readonly order: ReadingOrder

  constructor(compression: Compression, size: number, order: ReadingOrder) {
    this.compression = compression
    this.order = order
    this.sink = new ContentSink({ hash: order.contentHash && compression !== null })
    this.limit = Math.max(ALWAYS_ALLOWED, MOST_EXPANSION * size)
    const options = { chunkSize: 1024 * 1024 }
    this.decompressor =
      compression === 'GZIP' ? createGunzip(options) : compression === 'ZSTD' ? createZstdDecompress(options) : null
    if (!this.decompressor) return
    this.decompressor.on('data', (chunk: Buffer) => this.queue(chunk))
    this.ended = new Promise((resolve) => {
      this.decompressor?.once('end', resolve)
      this.decompressor?.once('error', (error) => {
        this.failure ??= error
        resolve()
      })
      this.decompressor?.once('close', resolve)
    })
  }

  /** Resolves when the chunk's memory may be used again. */
  async write(chunk: Buffer): Promise<void> {
    if (this.compression === 'UNKNOWN' || this.stopped) return
    if (!this.decompressor) this.take(chunk)
    else {
      // After an error zlib answers no write any more: the end is waited for as well.
      const written = new Promise<void>((resolve) => this.decompressor?.write(chunk, () => resolve()))
      await Promise.race([written, this.ended])
    }
    await this.tool?.drained()
  }

  async end(): Promise<Content> {
    if (this.decompressor && !this.stopped) {
      this.decompressor.end()
      await this.ended
      this.takeWaiting()
    }
    const checks: ContentCheck[] = []
    if (this.compression !== null) checks.push(this.decompression())
    const whole = this.failure === null && !this.exceeded && this.compression !== 'UNKNOWN'
    const found = this.sink.end()
    if (!this.toolChosen) this.chooseTool(found.format)
    const told = whole ? await this.tool?.finish() : null
    if (whole) checks.push(...this.markCheck(found), ...(told ? [told.check] : []))
    return {
      contentSize: whole ? found.size : null,
      contentSha256: whole ? found.sha256 : null,
      fingerprint: whole ? (told?.fingerprint ?? found.fingerprint) : null,
      expandsBeyond: this.exceeded ? this.limit : null,
      checks,
    }
  }

  /** Ends what still runs and removes what lies about. */
  async dispose(): Promise<void> {
    this.decompressor?.destroy()
    await this.tool?.dispose()
  }

  private get stopped(): boolean {
    return this.failure !== null || this.exceeded
  }

  /**
   * What came out is hashed in the next turn of the loop: meanwhile zlib's thread decompresses on. Each chunk is memory of
   * its own, and few wait.
   */
  private queue(chunk: Buffer): void {
    this.waiting.push(chunk)
    if (this.waiting.length >= MOST_WAITING) this.takeWaiting()
    else this.turn ??= setImmediate(() => this.takeWaiting())
  }

  private takeWaiting(): void {
    if (this.turn) clearImmediate(this.turn)
    this.turn = null
    for (const chunk of this.waiting.splice(0)) this.take(chunk)
  }

  private take(chunk: Buffer): void {
    if (this.stopped) return
    this.sink.write(chunk)
    if (this.compression !== null && this.sink.size > this.limit) {
      this.exceeded = true
      this.decompressor?.destroy()
      return
    }
    const chosenBefore = this.toolChosen
    if (!chosenBefore && this.sink.format !== null) this.chooseTool(this.sink.format)
    const taken = chosenBefore ? (this.tool?.write(chunk) ?? true) : true
    if (taken || !this.decompressor) return
    // The tool reads slower than zlib writes: memory stays bounded.
    this.decompressor.pause()
    void this.tool?.drained().then(() => this.decompressor?.resume())
  }

  /** The format is known once the head is read: a tool gets all that was read until then. */
  private chooseTool(format: NonNullable<ContentSink['format']>): void {
    this.toolChosen = true
    this.tool = startToolCheck(format, this.order.temporaryFolder)
    this.tool?.write(this.sink.takeOpening())
  }

  private decompression(): ContentCheck {
    const name = 'DECOMPRESSION'
    if (this.compression === 'UNKNOWN') {
      return { name, outcome: 'NOT_CHECKED', detail: 'compressed by something else than gzip or zstd' }
    }
    if (this.exceeded) return { name, outcome: 'FAILED', detail: 'it expands too far' }
    if (this.failure && /memory|window/i.test(`${(this.failure as { code?: string }).code} ${this.failure.message}`)) {
      return {
        name,
        outcome: 'NOT_CHECKED',
        detail: `it needs more memory than it gets here (${this.failure.message})`,
      }
    }
    return this.failure
      ? { name, outcome: 'FAILED', detail: this.failure.message }
      : { name, outcome: 'PASSED', detail: `${this.compression?.toLowerCase()}, to its end` }
  }

  private markCheck({ format, complete, size }: ReturnType<ContentSink['end']>): ContentCheck[] {
    const name = 'COMPLETION_MARK'
    if (format === 'PG_ARCHIVE' || format === 'SQLITE') return []
    if (size === 0) return [{ name, outcome: 'FAILED', detail: 'there is nothing in it' }]
    if (format === 'UNKNOWN') {
      return [
        {
          name,
          outcome: 'NOT_CHECKED',
          detail: 'it does not begin like a dump of MySQL, MariaDB, PostgreSQL or SQLite',
        },
      ]
    }
    const kind = {
      MYSQL: 'mysqldump',
      POSTGRESQL: 'pg_dump',
      POSTGRESQL_CLUSTER: 'pg_dumpall',
      SQLITE_DUMP: 'sqlite3 .dump',
    }[format]
    return [
      complete
        ? { name, outcome: 'PASSED', detail: kind }
        : { name, outcome: 'FAILED', detail: `${kind}: the last line is absent` },
    ]
  }
}
