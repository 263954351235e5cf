import { createHash } from 'node:crypto'
import { closeSync, fsyncSync, openSync, readFileSync, truncateSync, writeSync } from 'node:fs'
import { StringDecoder } from 'node:string_decoder'
import { LARGEST_LOG } from '../actions/result.ts'
import { Redactor } from './redact.ts'

/** A line that has no end is broken here: it is looked at for secrets whole. */
const LONGEST_LINE = 12 * 1024
const KEPT_TAIL = 64 * 1024

/** What programs print, as whole lines of UTF-8 without secrets, on disk before anybody reads it. */
export class LogWriter {
  private readonly file: number
  private readonly hash = createHash('sha256')
  private readonly redactor = new Redactor()
  private readonly decoders = new Map<string, { decoder: StringDecoder; text: string }>()
  private size = 0
  /** What came after there was no more room: its end is what tells how it went. */
  private tail = ''
  private left = 0
  /** Nothing can be written any more. */
  private isBroken = false

  constructor(
    private readonly path: string,
    private readonly most = LARGEST_LOG,
  ) {
    this.file = openSync(path, 'ax', 0o600)
  }

  /** `seen` hears each whole line as the program wrote it. */
  write(stream: string, chunk: Buffer, seen: (line: string) => void = () => undefined): void {
    const known = this.decoders.get(stream) ?? { decoder: new StringDecoder('utf8'), text: '' }
    this.decoders.set(stream, known)
    // Programs that draw a bar begin their line anew by a carriage return.
    known.text += known.decoder.write(chunk).replace(/\r\n?/g, '\n')
    for (;;) {
      const end = known.text.indexOf('\n')
      const isTooLong = end > LONGEST_LINE || (end < 0 && known.text.length > LONGEST_LINE)
      if (end < 0 && !isTooLong) return
      const at = isTooLong ? breakOf(known.text) : end
      const line = known.text.slice(0, at)
      known.text = known.text.slice(isTooLong ? at : at + 1)
      seen(line)
      this.line(line)
    }
  }

  line(text: string): void {
    // Of control characters the escape stays: it colours.
    const clean = this.redactor.line(text).replace(/[\x00-\x08\x0b-\x1a\x1c-\x1f\x7f]/g, '')
    for (let from = 0; from === 0 || from < clean.length; from += LONGEST_LINE)
      this.keep(Buffer.from(`${clean.slice(from, from + LONGEST_LINE)}\n`))
  }

  private keep(bytes: Buffer): void {
    if (this.left === 0 && this.size + bytes.length <= this.most - KEPT_TAIL - 200) return this.put(bytes)
    this.left += bytes.length
    this.tail = (this.tail + bytes.toString('utf8')).slice(-KEPT_TAIL / 4)
  }

  /** Size and SHA-256 of the whole file. */
  end(): { size: number; sha256: string } {
    for (const { decoder, text } of this.decoders.values()) {
      const rest = text + decoder.end()
      if (rest) this.line(rest)
    }
    if (this.left > 0) {
      const tail = this.tail.slice(this.tail.indexOf('\n') + 1)
      const out = this.left - Buffer.byteLength(tail)
      this.put(Buffer.from(`[${out} bytes are left out here: the log is too long]\n${tail}`))
    }
    try {
      fsyncSync(this.file)
      closeSync(this.file)
    } catch {
      this.isBroken = true
    }
    return this.isBroken ? this.whatIsThere() : { size: this.size, sha256: this.hash.digest('hex') }
  }

  /** A disk that is full costs the log and not what is being done: dpkg must never end for it. */
  private put(bytes: Buffer): void {
    if (this.isBroken) return
    try {
      for (let from = 0; from < bytes.length;) from += writeSync(this.file, bytes, from)
    } catch {
      this.isBroken = true
      return
    }
    this.hash.update(bytes)
    this.size += bytes.length
  }

  /** The whole lines that came onto the disk. */
  private whatIsThere(): { size: number; sha256: string } {
    const bytes = readFileSync(this.path)
    const whole = bytes.subarray(0, bytes.lastIndexOf(0x0a) + 1)
    truncateSync(this.path, whole.length)
    return { size: whole.length, sha256: createHash('sha256').update(whole).digest('hex') }
  }
}

/** Where a line that is too long is broken: at a blank, so that no word is cut that may be a secret. */
function breakOf(text: string): number {
  const blank = text.lastIndexOf(' ', LONGEST_LINE)
  return blank > 0 ? blank : LONGEST_LINE
}
