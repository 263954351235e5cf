// Walks a tar as it streams by. A tar that was cut reads like a shorter one: only its end, two blocks of zeros, tells
// that it is whole (POSIX.1-2017, pax, "ustar Interchange Format"). pg_restore ends with 0 on a tar that was cut.

const BLOCK = 512

const isZero = (block: Buffer): boolean => block.every((byte) => byte === 0)

/** A number of the header: octal text, or big-endian binary where the first bit is set (GNU, for 8 GiB and more). */
function numberOf(field: Buffer): number | null {
  const first = field[0] as number
  if (first & 0x80) {
    const value = field.subarray(1).reduce((sum, byte) => sum * 256 + byte, first & 0x7f)
    return Number.isSafeInteger(value) ? value : null
  }
  const text = (field.toString('latin1').split('\0', 1)[0] as string).trim()
  return /^[0-7]*$/.test(text) ? Number.parseInt(text || '0', 8) : null
}

/** The sum of all bytes of the header, its own field counted as blanks; old tars added them up as signed. */
function sumIsRight(header: Buffer): boolean {
  const told = numberOf(header.subarray(148, 156))
  let [unsigned, signed] = [0, 0]
  for (const [index, byte] of header.entries()) {
    const value = index >= 148 && index < 156 ? 0x20 : byte
    unsigned += value
    signed += value > 127 ? value - 256 : value
  }
  return told === unsigned || told === signed
}

/** Whether a content begins like a tar: its first header has the mark of ustar or GNU, and the right sum. */
export const beginsLikeTar = (head: Buffer): boolean =>
  head.length >= BLOCK && head.subarray(257, 262).toString('latin1') === 'ustar' && sumIsRight(head.subarray(0, BLOCK))

export class TarWalk {
  private readonly header = Buffer.alloc(BLOCK)
  private filled = 0
  /** Bytes of the present member, padding included, that are still to come. */
  private skip = 0
  private zeros = 0
  private members = 0
  private failure: string | null = null

  write(chunk: Buffer): void {
    for (let at = 0; at < chunk.length && !this.isOver;) {
      if (this.skip > 0) {
        const step = Math.min(this.skip, chunk.length - at)
        this.skip -= step
        at += step
        continue
      }
      const step = Math.min(BLOCK - this.filled, chunk.length - at)
      chunk.copy(this.header, this.filled, at, at + step)
      this.filled += step
      at += step
      if (this.filled === BLOCK) this.readHeader()
    }
  }

  /** What is wrong with it; null = it was walked to its end. */
  end(): string | null {
    if (this.failure !== null) return this.failure
    if (this.isOver) return null
    return `it ends after ${this.members} ${this.members === 1 ? 'member' : 'members'} without the two blocks of zeros that end a tar`
  }

  private get isOver(): boolean {
    return this.zeros >= 2 || this.failure !== null
  }

  private readHeader(): void {
    this.filled = 0
    if (isZero(this.header)) {
      this.zeros += 1
      return
    }
    this.zeros = 0
    const size = numberOf(this.header.subarray(124, 136))
    if (size === null || !sumIsRight(this.header)) {
      this.failure = `what follows member ${this.members} is no header of a tar`
      return
    }
    this.members += 1
    // Hard and symbolic links, devices, folders and FIFOs hold no data, whatever size is told of them.
    const hasData = !'123456'.includes(String.fromCharCode(this.header[156] as number)) || this.header[156] === 0
    this.skip = hasData ? Math.ceil(size / BLOCK) * BLOCK : 0
  }
}
