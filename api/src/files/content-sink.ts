import { createHash, type Hash } from 'node:crypto'
import {
  type DumpFormat,
  dumpedOn,
  errorLineOf,
  formatOf,
  HEAD,
  hasCompletionMark,
  hasNoChecksums,
  isUtf16,
  TAIL,
  withoutVolatileLines,
} from './dump-format.ts'

// Not pg_dumpall: a random \restrict key stands before each of its databases, anywhere in the stream.
const TEXTS = new Set<DumpFormat>(['MYSQL', 'POSTGRESQL', 'SQLITE_DUMP'])

const PIECE = 4096
/** So much of the beginning is looked at again at the end. */
const OPENING = 4096

export interface ContentFound {
  size: number
  format: DumpFormat
  sha256: string | null
  fingerprint: string | null
  /** Whether it ends with the line that its tool writes last. */
  complete: boolean
  utf16: boolean
  /** The day that the dump gives itself; null = none. */
  dumpedOn: string | null
  /** Of an error message in the place of a dump: its first line. */
  errorLine: string
  /** Whether it is a PostgreSQL archive whose data carries no checksum. */
  noChecksums: boolean
}

/**
 * Takes a dump's content as it streams by and keeps what judging it needs: its size, its format, its SHA-256 where one
 * was declared, its end, and for text dumps a fingerprint without the volatile lines. Those stand only in the first and
 * last lines: so all between goes to the hash as it is, and the last 64 KiB are held back until the end is known.
 */
export class ContentSink {
  size = 0
  format: DumpFormat | null = null
  private readonly hash: Hash | null
  private fingerprinting: Hash | null = null
  private opened: Buffer | null = null
  private head: Buffer[] = []
  private headSize = 0
  private tail: Buffer[] = []
  private tailSize = 0
  private opening: Buffer = Buffer.alloc(0)

  constructor(options: { hash: boolean }) {
    this.hash = options.hash ? createHash('sha256') : null
  }

  write(chunk: Buffer): void {
    this.size += chunk.length
    this.hash?.update(chunk)
    if (this.format !== null) return this.hold(chunk)
    this.head.push(Buffer.from(chunk))
    this.headSize += chunk.length
    if (this.headSize >= HEAD) this.openHead(false)
  }

  end(): ContentFound {
    if (this.format === null) this.openHead(true)
    const format = this.format as unknown as DumpFormat
    const held = Buffer.concat(this.tail)
    this.fingerprinting?.update(withoutVolatileLines(held))
    const tail = held.subarray(-TAIL)
    const utf16 = isUtf16(this.opening)
    return {
      size: this.size,
      format,
      sha256: this.hash?.digest('hex') ?? null,
      fingerprint: this.fingerprinting?.digest('hex') ?? null,
      complete: hasCompletionMark(format, tail, { utf16, before: this.size - tail.length }),
      utf16,
      dumpedOn: TEXTS.has(format) ? dumpedOn(this.opening, tail) : null,
      errorLine: errorLineOf(this.opening),
      noChecksums: hasNoChecksums(this.opening),
    }
  }

  /** The content up to the moment when its format was known, once. */
  takeOpening(): Buffer {
    const opened = this.opened ?? Buffer.alloc(0)
    this.opened = null
    return opened
  }

  private openHead(isAll: boolean): void {
    const whole = Buffer.concat(this.head)
    this.head = []
    this.opened = whole
    this.format = formatOf(whole)
    this.opening = Buffer.from(whole.subarray(0, OPENING))
    if (TEXTS.has(this.format)) this.fingerprinting = createHash('sha256')
    // Whole lines of the head are looked at; the rest belongs to the stream.
    const end = isAll ? 0 : whole.lastIndexOf(0x0a, HEAD) + 1
    if (end > 0) this.fingerprinting?.update(withoutVolatileLines(whole.subarray(0, end)))
    this.hold(whole.subarray(end))
  }

  private hold(chunk: Buffer): void {
    // The chunk's memory is used again by its reader: what is kept must be a copy, and only the last part is kept.
    if (chunk.length >= TAIL) {
      for (const held of this.tail) this.fingerprinting?.update(held)
      this.fingerprinting?.update(chunk.subarray(0, chunk.length - TAIL))
      this.tail = [Buffer.from(chunk.subarray(chunk.length - TAIL))]
      this.tailSize = TAIL
      return
    }
    // Small pieces are joined, so that few are held whatever their number.
    const last = this.tail.at(-1)
    if (last && last.length + chunk.length <= PIECE) this.tail[this.tail.length - 1] = Buffer.concat([last, chunk])
    else this.tail.push(Buffer.from(chunk))
    this.tailSize += chunk.length
    while (this.tail[0] && this.tailSize - this.tail[0].length >= TAIL) {
      const first = this.tail.shift() as Buffer
      this.tailSize -= first.length
      this.fingerprinting?.update(first)
    }
  }
}
