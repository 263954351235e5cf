import { closeSync, mkdtempSync, openSync, rmSync, statfsSync, writeSync } from 'node:fs'
import { join } from 'node:path'

/** A private copy leaves this much free, and looks so often. */
const ROOM_LEFT = 512 * 1024 ** 2
const CHECK_EVERY = 64 * 1024 ** 2

/** A copy of what streams by, for tools that must be able to seek: an agent cannot change it while they read. */
export class PrivateCopy {
  readonly path: string
  size = 0
  private readonly folder: string
  private fd: number | null
  private checkedUntil = 0
  private failure: string | null = null

  constructor(temporaryFolder: string) {
    this.folder = mkdtempSync(join(temporaryFolder, 'check-'))
    this.path = join(this.folder, 'copy')
    this.fd = openSync(this.path, 'wx', 0o600)
  }

  write(chunk: Buffer): void {
    if (this.fd === null || this.failure) return
    try {
      if (this.size >= this.checkedUntil) {
        // It lies beside Vigie's own database: a copy never takes the last room.
        const { bavail, bsize } = statfsSync(this.folder)
        if (bavail * bsize < ROOM_LEFT) throw Object.assign(new Error('no room'), { code: 'ENOSPC' })
        this.checkedUntil = this.size + CHECK_EVERY
      }
      for (let at = 0; at < chunk.length;) at += writeSync(this.fd, chunk, at, chunk.length - at, this.size + at)
      this.size += chunk.length
    } catch (cause) {
      this.failure = (cause as NodeJS.ErrnoException).code ?? 'failed'
    }
  }

  /** Writes over bytes that are there. */
  patch(position: number, bytes: Buffer): void {
    if (this.fd !== null && !this.failure) writeSync(this.fd, bytes, 0, bytes.length, position)
  }

  /** Why there is no whole copy; null = there is one. */
  close(): string | null {
    if (this.fd !== null) closeSync(this.fd)
    this.fd = null
    return this.failure
  }

  remove(): void {
    this.close()
    rmSync(this.folder, { recursive: true, force: true })
  }
}
