import type { Duplex } from 'node:stream'
import { type ContentFound, ContentSink } from './content-sink.ts'
import { decompressorOf, nameOfCompression, NotDecompressed } from './decompressor.ts'
import type { Compression } from './dump-format.ts'
import type { ContentCheck, ReadFacts, ReadingOrder } from '../backups/file-facts.ts'
import { TarWalk } from './tar-walk.ts'
import { startToolCheck, type ToolCheck } from './tool-check.ts'

/** gzip cannot expand more than 1032 times (RFC 1951); what does so on and on is no dump. */
const MOST_EXPANSION = 1000
const ALWAYS_ALLOWED = 256 * 1024 * 1024
/** Decompressed chunks of 1 MiB that wait to be hashed. */
const MOST_WAITING = 4

type Content = Pick<
  ReadFacts,
  'contentSize' | 'contentSha256' | 'fingerprint' | 'dumpedOn' | 'expandsBeyond' | 'checks'
>

/** Takes a file's bytes, decompresses them where they are an archive, and hands the content to its sink and tools. */
export class ContentReader {
  private readonly sink: ContentSink
  private readonly decompressor: Duplex | null
  private readonly limit: number
  private failure: Error | null = null
  private ended: Promise<void> | null = null
  private exceeded = false
  private tool: ToolCheck | null = null
  private walk: TarWalk | null = null
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
    this.decompressor = compression === null ? null : decompressorOf(compression, order.temporaryFolder)
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
    if (this.stopped) return
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
    const whole = this.failure === null && !this.exceeded
    const found = this.sink.end()
    if (!this.toolChosen) this.chooseTool(found.format)
    const told = whole ? await this.tool?.finish() : null
    if (whole) checks.push(...this.endChecks(found), ...(told ? [told.check] : []))
    return {
      contentSize: whole ? found.size : null,
      contentSha256: whole ? found.sha256 : null,
      fingerprint: whole ? (told?.fingerprint ?? found.fingerprint) : null,
      dumpedOn: whole ? found.dumpedOn : null,
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
    if (chosenBefore) this.walk?.write(chunk)
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
    this.walk = format === 'TAR' || format === 'PG_TAR' ? new TarWalk() : null
    const opening = this.sink.takeOpening()
    this.walk?.write(opening)
    this.tool?.write(opening)
  }

  private decompression(): ContentCheck {
    const name = 'DECOMPRESSION'
    if (this.exceeded) return { name, outcome: 'FAILED', detail: 'it expands too far' }
    if (this.failure && /memory|window/i.test(`${(this.failure as { code?: string }).code} ${this.failure.message}`)) {
      return {
        name,
        outcome: 'NOT_CHECKED',
        detail: `it needs more memory than it gets here (${this.failure.message})`,
      }
    }
    if (this.failure instanceof NotDecompressed) return { name, outcome: 'NOT_CHECKED', detail: this.failure.message }
    const kind = this.compression === null ? '' : nameOfCompression(this.compression)
    return this.failure
      ? { name, outcome: 'FAILED', detail: this.failure.message }
      : { name, outcome: 'PASSED', detail: `${kind}, to its end` }
  }

  /** Whether the content is whole, by its own end. */
  private endChecks({ format, complete, size, utf16, errorLine, noChecksums }: ContentFound): ContentCheck[] {
    const name = 'COMPLETION_MARK'
    switch (format) {
      case 'TAR':
      case 'PG_TAR': {
        const trouble = this.walk?.end() ?? null
        const outcome = trouble === null ? 'PASSED' : 'FAILED'
        return [{ name: 'TAR_END', outcome, detail: trouble ?? 'walked to its end' }]
      }
      case 'PG_ARCHIVE': {
        if (!noChecksums || this.compression !== null) return []
        const detail = 'written with -Z0, it holds no checksums: a byte that was changed in its data cannot be seen'
        return [{ name: 'CONTENT_CHECKSUM', outcome: 'NOT_CHECKED', detail }]
      }
      case 'SQLITE':
        return []
      case 'ERROR_MESSAGE':
        return [{ name, outcome: 'FAILED', detail: `no dump, but a message: ${errorLine}` }]
      case 'UNKNOWN': {
        if (size === 0) return [{ name, outcome: 'FAILED', detail: 'there is nothing in it' }]
        const detail = 'it does not begin like a dump of MySQL, MariaDB, PostgreSQL or SQLite, nor like a tar'
        return [{ name, outcome: 'NOT_CHECKED', detail }]
      }
      default: {
        const kind = utf16 ? `${TOOL_OF[format]}, in UTF-16: convert it to UTF-8 to restore it` : TOOL_OF[format]
        return complete
          ? [{ name, outcome: 'PASSED', detail: kind }]
          : [{ name, outcome: 'FAILED', detail: `${kind}: the last line is absent` }]
      }
    }
  }
}

const TOOL_OF = {
  MYSQL: 'mysqldump',
  POSTGRESQL: 'pg_dump',
  POSTGRESQL_CLUSTER: 'pg_dumpall',
  SQLITE_DUMP: 'sqlite3 .dump',
}
