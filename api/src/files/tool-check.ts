import { ContentSink } from './content-sink.ts'
import type { DumpFormat } from './dump-format.ts'
import type { ContentCheck } from '../backups/file-facts.ts'
import { PrivateCopy } from './private-copy.ts'
import { CRASHES, lastLine, PATIENCE_MS, startTool } from './tool.ts'

// The database's own tools prove what no hash can. They read what somebody else wrote: so each is a child without a
// shell, with little memory, a bounded time and an empty environment, and reads the very bytes that are being hashed
// (pg_restore, xz …) or a private copy of them (sqlite3, unzip …), never the file that an agent could still change.

export interface ToolCheck {
  /** False: wait for `drained` before more. */
  write(chunk: Buffer): boolean
  /** Resolves when everything written was taken over. */
  drained(): Promise<void>
  finish(): Promise<{ check: ContentCheck; fingerprint: string | null }>
  dispose(): Promise<void>
}

export function startToolCheck(format: DumpFormat, temporaryFolder: string): ToolCheck | null {
  if (format === 'PG_ARCHIVE' || format === 'PG_TAR') return new PgRestoreCheck()
  if (format === 'SQLITE') return new SqliteCheck(temporaryFolder)
  return null
}

/** `pg_restore -f -` reads a whole archive and writes it as SQL: cut or flipped bytes end it with an error. */
class PgRestoreCheck implements ToolCheck {
  private readonly running = startTool('pg_restore', ['-f', '-'])
  private readonly sink = new ContentSink({ hash: false })
  private pending: Promise<void> = Promise.resolve()
  private guard: NodeJS.Timeout | null = null
  private hung = false
  private allGiven = false

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
    // From here on nothing that it says gives it more time: a loop says much.
    this.watch()
    this.allGiven = true
    const { code, signal, absent, output } = await this.running.ended
    if (this.guard) clearTimeout(this.guard)
    const name = 'PG_RESTORE'
    const notChecked = (detail: string) => ({
      check: { name, outcome: 'NOT_CHECKED', detail } as const,
      fingerprint: null,
    })
    if (absent) return notChecked('pg_restore is not installed here')
    if (this.hung) return notChecked('pg_restore stood still for ten minutes')
    if (signal && CRASHES.has(signal))
      return { check: { name, outcome: 'FAILED', detail: `pg_restore crashed on it (${signal})` }, fingerprint: null }
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
    if (this.allGiven) return
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
  private readonly copy: PrivateCopy

  constructor(temporaryFolder: string) {
    this.copy = new PrivateCopy(temporaryFolder)
  }

  write(chunk: Buffer): boolean {
    this.copy.write(chunk)
    return true
  }

  async drained(): Promise<void> {}

  async finish(): Promise<{ check: ContentCheck; fingerprint: string | null }> {
    const name = 'SQLITE_INTEGRITY'
    const answer = (outcome: ContentCheck['outcome'], detail: string) => ({
      check: { name, outcome, detail } as ContentCheck,
      fingerprint: null,
    })
    // Bytes 18 and 19 of the header (sqlite.org/fileformat2.html §1.3.3) say "write-ahead log"; the copy has none, and a
    // read-only connection could not make one. A backup is whole without it.
    if (this.copy.size > 20) this.copy.patch(18, Buffer.from([1, 1]))
    const failure = this.copy.close()
    if (failure) return answer('NOT_CHECKED', `no private copy could be made (${failure})`)
    const pragma = 'PRAGMA integrity_check;'
    const { child, ended } = startTool('sqlite3', ['-readonly', '-safe', '-batch', this.copy.path, pragma])
    child.stdin?.end()
    let words = ''
    child.stdout?.on('data', (chunk: Buffer) => (words = `${words}${chunk}`.slice(0, 4000)))
    const guard = setTimeout(() => child.kill('SIGKILL'), 12 * PATIENCE_MS)
    const { code, signal, absent, output } = await ended
    clearTimeout(guard)
    if (absent) return answer('NOT_CHECKED', 'sqlite3 is not installed here')
    if (signal && CRASHES.has(signal)) return answer('FAILED', `sqlite3 crashed on it (${signal})`)
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
    this.copy.remove()
  }
}
