import { createHash } from 'node:crypto'
import { closeSync, fsyncSync, openSync, writeSync } from 'node:fs'
import { StringDecoder } from 'node:string_decoder'
import { LARGEST_LOG } from '../actions/result.ts'
import { Redactor } from './redact.ts'

/** A line that has no end is broken here: it is looked at for secrets whole. */
const LONGEST_LINE = 16 * 1024
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

  constructor(
    path: string,
    private readonly most = LARGEST_LOG,
  ) {
    this.file = openSync(path, 'ax', 0o600)
  }

  write(stream: string, chunk: Buffer): void {
    const known = this.decoders.get(stream) ?? { decoder: new StringDecoder('utf8'), text: '' }
    this.decoders.set(stream, known)
    // Programs that draw a bar begin their line anew by a carriage return.
    known.text += known.decoder.write(chunk).replace(/\r\n?/g, '\n')
    for (;;) {
      const end = known.text.indexOf('\n')
      const at = end >= 0 ? end : known.text.length >= LONGEST_LINE ? LONGEST_LINE : -1
      if (at < 0) return
      this.line(known.text.slice(0, at))
      known.text = known.text.slice(end >= 0 ? at + 1 : at)
    }
  }

  line(text: string): void {
    // Of control characters the escape stays: it colours.
    const bytes = Buffer.from(`${this.redactor.line(text).replace(/[\x00-\x08\x0b-\x1a\x1c-\x1f\x7f]/g, '')}\n`)
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
    fsyncSync(this.file)
    closeSync(this.file)
    return { size: this.size, sha256: this.hash.digest('hex') }
  }

  private put(bytes: Buffer): void {
    for (let from = 0; from < bytes.length;) from += writeSync(this.file, bytes, from)
    this.hash.update(bytes)
    this.size += bytes.length
  }
}
