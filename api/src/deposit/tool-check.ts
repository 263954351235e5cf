import { type ChildProcess, spawn } from 'node:child_process'
import { closeSync, mkdtempSync, openSync, rmSync, statfsSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import { ContentSink } from './content-sink.ts'
import type { DumpFormat } from './dump-format.ts'
import type { ContentCheck } from './file-facts.ts'

// The database's own tools prove what no hash can. They read what somebody else wrote: so each is a child without a
// shell, with little memory, a bounded time and an empty environment, and reads the very bytes that are being hashed
// (pg_restore) or a private copy of them (sqlite3), never the file that an agent could still change.

export interface ToolCheck {
  /** False: wait for `drained` before more. */
  write(chunk: Buffer): boolean
  /** Resolves when everything written was taken over. */
  drained(): Promise<void>
  finish(): Promise<{ check: ContentCheck; fingerprint: string | null }>
  dispose(): Promise<void>
}

const MEMORY_BYTES = 1024 ** 3
/** CPU seconds: pg_restore reads about 100 MB/s. */
const CPU_SECONDS = 4 * 3600
/** A tool that takes nothing and says nothing for so long is hung. */
const PATIENCE_MS = 10 * 60_000
/** A private copy leaves this much free, and looks so often. */
const ROOM_LEFT = 512 * 1024 ** 2
const CHECK_EVERY = 64 * 1024 ** 2

export function startToolCheck(format: DumpFormat, temporaryFolder: string): ToolCheck | null {
  if (format === 'PG_ARCHIVE') return new PgRestoreCheck()
  if (format === 'SQLITE') return new SqliteCheck(temporaryFolder)
  return null
}

interface Ended {
  code: number | null
  signal: string | null
  /** Set where it could not be started. */
  absent: boolean
  output: string
}

function start(command: string, args: string[]): { child: ChildProcess; ended: Promise<Ended> } {
  const limits = [`--as=${MEMORY_BYTES}`, `--cpu=${CPU_SECONDS}`, '--core=0', '--nofile=64']
  const child = spawn('prlimit', [...limits, command, ...args], {
    stdio: ['pipe', 'pipe', 'pipe'],
    env: { PATH: process.env['PATH'] ?? '/usr/bin:/bin', LC_ALL: 'C', HOME: '/nonexistent' },
  })
  let output = ''
  child.stderr?.on('data', (chunk: Buffer) => (output = `${output}${chunk}`.slice(-2000)))
  const ended = new Promise<Ended>((resolve) => {
    child.once('error', (error) => resolve({ code: null, signal: null, absent: true, output: error.message }))
    child.once('close', (code, signal) => {
      // prlimit answers 127 or 1 with these words where the tool is not installed.
      const absent = /failed to execute/.test(output)
      resolve({ code, signal, absent, output: output.trim() })
    })
  })
  // A tool that ends early leaves a broken pipe; its exit status says why.
  child.stdin?.on('error', () => undefined)
  return { child, ended }
}

const lastLine = (text: string): string => text.split('\n').filter(Boolean).at(-1)?.slice(0, 300) ?? ''

/** `pg_restore -f -` reads a whole archive and writes it as SQL: cut or flipped bytes end it with an error. */
class PgRestoreCheck implements ToolCheck {
  private readonly running = start('pg_restore', ['-f', '-'])
  private readonly sink = new ContentSink({ hash: false })
  private pending: Promise<void> = Promise.resolve()
  private guard: NodeJS.Timeout | null = null
  private hung = false

  constructor() {
    this.running.child.stdout?.on('data', (chunk: Buffer) => {
      this.sink.write(chunk)
      this.watch()
    })
    this.watch()
  }

  write(chunk: Buffer): boolean {
    const { stdin } = this.running.child
    if (!stdin?.writable || chunk.length === 0) return true
    const taken = new Promise<void>((resolve) => stdin.write(chunk, () => resolve()))
    this.pending = Promise.race([taken, this.running.ended.then(() => undefined)])
    this.watch()
    return !stdin.writableNeedDrain
  }

  drained(): Promise<void> {
    return this.pending
  }

  async finish(): Promise<{ check: ContentCheck; fingerprint: string | null }> {
    this.running.child.stdin?.end()
    const { code, signal, absent, output } = await this.running.ended
    if (this.guard) clearTimeout(this.guard)
    const name = 'PG_RESTORE'
    const notChecked = (detail: string) => ({
      check: { name, outcome: 'NOT_CHECKED', detail } as const,
      fingerprint: null,
    })
    if (absent) return notChecked('pg_restore is not installed here')
    if (this.hung) return notChecked('pg_restore stood still for ten minutes')
    if (signal) return notChecked(`pg_restore was ended by ${signal}: it wanted more time or memory than it gets`)
    if (/unsupported version/.test(output)) return notChecked(`${lastLine(output)}: pg_restore here is too old for it`)
    if (/out of memory|could not allocate/i.test(output)) return notChecked(lastLine(output))
    if (code !== 0) return { check: { name, outcome: 'FAILED', detail: lastLine(output) }, fingerprint: null }
    const { fingerprint } = this.sink.end()
    return { check: { name, outcome: 'PASSED', detail: 'read to its end' }, fingerprint }
  }

  async dispose(): Promise<void> {
    if (this.guard) clearTimeout(this.guard)
    this.running.child.kill('SIGKILL')
  }

  private watch(): void {
    if (this.guard) clearTimeout(this.guard)
    this.guard = setTimeout(() => {
      this.hung = true
      this.running.child.kill('SIGKILL')
    }, PATIENCE_MS)
    this.guard.unref()
  }
}

/** SQLite's own integrity check on a private copy. */
class SqliteCheck implements ToolCheck {
  private readonly folder: string
  private readonly file: string
  private fd: number | null
  private written = 0
  private checkedUntil = 0
  private failure: string | null = null

  constructor(temporaryFolder: string) {
    this.folder = mkdtempSync(join(temporaryFolder, 'check-'))
    this.file = join(this.folder, 'copy.sqlite')
    this.fd = openSync(this.file, 'wx', 0o600)
  }

  write(chunk: Buffer): boolean {
    if (this.fd === null || this.failure) return true
    try {
      if (this.written >= this.checkedUntil) {
        // It lies beside Vigie's own database: a copy never takes the last room.
        const { bavail, bsize } = statfsSync(this.folder)
        if (bavail * bsize < ROOM_LEFT) throw Object.assign(new Error('no room'), { code: 'ENOSPC' })
        this.checkedUntil = this.written + CHECK_EVERY
      }
      for (let at = 0; at < chunk.length;) at += writeSync(this.fd, chunk, at, chunk.length - at, this.written + at)
      this.written += chunk.length
    } catch (cause) {
      this.failure = (cause as NodeJS.ErrnoException).code ?? 'failed'
    }
    return true
  }

  async drained(): Promise<void> {}

  async finish(): Promise<{ check: ContentCheck; fingerprint: string | null }> {
    const name = 'SQLITE_INTEGRITY'
    const answer = (outcome: ContentCheck['outcome'], detail: string) => ({
      check: { name, outcome, detail } as ContentCheck,
      fingerprint: null,
    })
    if (this.failure) return answer('NOT_CHECKED', `no private copy could be made (${this.failure})`)
    // Bytes 18 and 19 of the header (sqlite.org/fileformat2.html §1.3.3) say "write-ahead log"; the copy has none, and a
    // read-only connection could not make one. A backup is whole without it.
    if (this.fd !== null && this.written > 20) writeSync(this.fd, Buffer.from([1, 1]), 0, 2, 18)
    this.close()
    const { child, ended } = start('sqlite3', ['-readonly', '-safe', '-batch', this.file, 'PRAGMA integrity_check;'])
    child.stdin?.end()
    let words = ''
    child.stdout?.on('data', (chunk: Buffer) => (words = `${words}${chunk}`.slice(0, 4000)))
    const guard = setTimeout(() => child.kill('SIGKILL'), 12 * PATIENCE_MS)
    const { code, signal, absent, output } = await ended
    clearTimeout(guard)
    if (absent) return answer('NOT_CHECKED', 'sqlite3 is not installed here')
    if (signal)
      return answer('NOT_CHECKED', `sqlite3 was ended by ${signal}: it wanted more time or memory than it gets`)
    if (code === 0 && words.trim() === 'ok') return answer('PASSED', 'PRAGMA integrity_check: ok')
    // Its own trouble is no damage: an extension that the database needs, no memory, no file.
    if (
      /no such (collation|module|function|tokenizer)|unknown tokenizer|out of memory|unable to open/i.test(
        `${words} ${output}`,
      )
    ) {
      return answer('NOT_CHECKED', lastLine(output) || words.trim().slice(0, 300))
    }
    return answer('FAILED', (words.trim() || lastLine(output) || `exit status ${code}`).slice(0, 300))
  }

  async dispose(): Promise<void> {
    this.close()
    rmSync(this.folder, { recursive: true, force: true })
  }

  private close(): void {
    if (this.fd !== null) closeSync(this.fd)
    this.fd = null
  }
}
