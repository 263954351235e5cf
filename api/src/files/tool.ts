import { type ChildProcess, spawn } from 'node:child_process'

// Somebody else's tool, on what somebody else wrote: a child without a shell, with little memory, a bounded time and an
// empty environment.

const MEMORY_BYTES = 1024 ** 3
/** CPU seconds: pg_restore reads about 100 MB/s. */
const CPU_SECONDS = 4 * 3600

/** A tool that takes nothing and says nothing for so long is hung. */
export const PATIENCE_MS = 10 * 60_000

export interface ToolEnded {
  code: number | null
  signal: string | null
  /** Set where it could not be started. */
  absent: boolean
  /** The last of what it wrote to stderr. */
  output: string
}

/** Signals that a tool gets for what it did itself: no limit of ours sends them. */
export const CRASHES: ReadonlySet<string> = new Set(['SIGSEGV', 'SIGABRT', 'SIGBUS', 'SIGILL', 'SIGFPE', 'SIGTRAP'])

/** The children of this thread: one that is ended leaves them behind. */
const running = new Set<ChildProcess>()

/** Ends every tool of this thread, for Vigie stops. */
export function endTools(): void {
  for (const child of running) child.kill('SIGKILL')
}

export function startTool(command: string, args: string[]): { child: ChildProcess; ended: Promise<ToolEnded> } {
  const limits = [`--as=${MEMORY_BYTES}`, `--cpu=${CPU_SECONDS}`, '--core=0', '--nofile=64']
  const child = spawn('prlimit', [...limits, command, ...args], {
    stdio: ['pipe', 'pipe', 'pipe'],
    env: { PATH: process.env['PATH'] ?? '/usr/bin:/bin', LC_ALL: 'C', HOME: '/nonexistent' },
  })
  running.add(child)
  let output = ''
  child.stderr?.on('data', (chunk: Buffer) => (output = `${output}${chunk}`.slice(-2000)))
  const ended = new Promise<ToolEnded>((resolve) => {
    child.once('error', (error) => {
      running.delete(child)
      resolve({ code: null, signal: null, absent: true, output: error.message })
    })
    child.once('close', (code, signal) => {
      running.delete(child)
      // prlimit answers 127 or 1 with these words where the tool is not installed.
      const absent = /failed to execute/.test(output)
      resolve({ code, signal, absent, output: output.trim() })
    })
  })
  // A tool that ends early leaves a broken pipe; its exit status says why.
  child.stdin?.on('error', () => undefined)
  return { child, ended }
}

export const lastLine = (text: string): string => text.split('\n').filter(Boolean).at(-1)?.slice(0, 300) ?? ''
