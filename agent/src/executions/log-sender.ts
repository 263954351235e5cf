import { open } from 'node:fs/promises'
import { StringDecoder } from 'node:string_decoder'
import { LARGEST_PIECE } from '../actions/result.ts'
import type { Journal } from './journal.ts'
import type { WorkServer } from './work-server.ts'

/** Pieces of one log in one round: others wait for theirs. */
const PIECES_AT_ONCE = 16

/** Sends logs piece by piece, from where the server's end: what was lost on the way is sent again, and nothing twice. */
export class LogSender {
  /** Where the server's logs end, as far as it has said. */
  private readonly sent = new Map<string, number>()

  constructor(
    private readonly journal: Journal,
    private readonly server: Pick<WorkServer, 'append'>,
  ) {}

  heard(id: string, size: number): void {
    this.sent.set(id, size)
  }

  forget(id: string): void {
    this.sent.delete(id)
  }

  /** True: the server has all that is there. */
  async send(id: string, claimId: string): Promise<boolean> {
    for (let count = 0; count < PIECES_AT_ONCE; count += 1) {
      const offset = this.sent.get(id) ?? 0
      const text = await this.piece(id, offset)
      if (text === '') return true
      const next = await this.server.append(id, claimId, { offset, text })
      this.sent.set(id, next)
      // It has more than this, or less than it had: the next round goes on from there.
      if (next !== offset + Buffer.byteLength(text)) return false
    }
    return false
  }

  /** Whole lines from an offset on; '' = there are no more. */
  private async piece(id: string, offset: number): Promise<string> {
    const file = await open(this.journal.path(id, 'out.log'), 'r').catch(() => null)
    if (!file) return ''
    try {
      const bytes = Buffer.alloc(LARGEST_PIECE)
      const { bytesRead } = await file.read(bytes, 0, LARGEST_PIECE, offset)
      const read = bytes.subarray(0, bytesRead)
      const end = read.lastIndexOf(0x0a) + 1
      // Of a line that is longer than a piece, whole letters.
      return end === 0 && bytesRead === LARGEST_PIECE
        ? new StringDecoder('utf8').write(read)
        : read.subarray(0, end).toString('utf8')
    } finally {
      await file.close()
    }
  }
}
