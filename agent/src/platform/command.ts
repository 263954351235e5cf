import { spawn } from 'node:child_process'
import { accessSync, constants, statSync } from 'node:fs'
import { delimiter, isAbsolute, join } from 'node:path'
import { leadsElsewhere, readMounts } from '../host/mounts.ts'

export interface CommandResult {
  stdout: string
  stderr: string
  /** Null where a signal ended it. */
  status: number | null
}

/** Why a command gave nothing to read. */
export class CommandUnavailable extends Error {
  constructor(
    readonly code: 'MISSING_COMMAND' | 'TIMEOUT' | 'FAILED' | 'TOO_LARGE',
    message: string,
  ) {
    super(message)
  }
}

/** Null for a tool that is not installed; what went wrong otherwise says nothing of what it would have told. */
export function orMissing(error: unknown): null {
  if (error instanceof CommandUnavailable && error.code === 'MISSING_COMMAND') return null
  throw error
}

export interface RunOptions {
  timeoutMs?: number
  /** Beside what every tool gets; what this agent itself was given, its token above all, no tool sees. */
  env?: Readonly<Record<string, string>>
}

export type Run = (command: string, args: readonly string[], options?: RunOptions) => Promise<CommandResult>

const LARGEST_OUTPUT = 16 * 1024 * 1024
/** The end of it. */
const LARGEST_STDERR = 64 * 1024
/** Where tools lie, also where PATH forgets it. */
const FOLDERS = ['/usr/sbin', '/sbin', '/usr/bin', '/bin']

/** The whole path of a tool: on PATH, then where tools lie on every system. */
export function findTool(name: string, path = process.env['PATH'] ?? ''): string | null {
  if (isAbsolute(name)) return name
  const mounts = readMounts()
  for (const folder of [...path.split(delimiter).filter(Boolean), ...FOLDERS]) {
    // A folder of a server that is away would hold this whole process.
    if (leadsElsewhere(folder, mounts)) continue
    try {
      const file = join(folder, name)
      accessSync(file, constants.X_OK)
      if (statSync(file).isFile()) return file
    } catch {
      continue
    }
  }
  return null
}

const running = new Set<number>()
/** Tools that outlive even SIGKILL, in an uninterruptible sleep, by their process ids. */
const stuck = new Map<number, string>()
/** A disk or mount that holds them holds each new one as well. */
const MOST_STUCK = 8

/** Ends every tool that still runs, with whatever it started. */
export function endTools(): void {
  for (const pid of running) {
    try {
      process.kill(-pid, 'SIGKILL')
    } catch {
      // It has ended by itself.
    }
  }
}

/** Runs a tool without a shell, in the C locale, for at most `timeoutMs`; its output counts whatever its exit status. */
export const run: Run = (command, args, { timeoutMs = 15_000, env: more = {} } = {}) => {
  const file = findTool(command)
  if (!file) return Promise.reject(new CommandUnavailable('MISSING_COMMAND', `${command} is not installed`))
  if ([...stuck.values()].filter((name) => name === command).length >= MOST_STUCK)
    return Promise.reject(
      new CommandUnavailable('TIMEOUT', `${command} was started ${MOST_STUCK} times, and none of them has come back`),
    )
  return new Promise((resolve, reject) => {
    const env = {
      PATH: [process.env['PATH'], ...FOLDERS].filter(Boolean).join(':'),
      LC_ALL: 'C',
      LANG: 'C',
      HOME: '/',
      ...more,
    }
    // A group of its own: what is killed is the tool with whatever it started.
    const child = spawn(file, args, { env, stdio: ['ignore', 'pipe', 'pipe'], detached: true })
    const failed = (error: Error): void =>
      reject(new CommandUnavailable('FAILED', `${command} did not start: ${error.message}`))
    child.once('error', failed)
    // Where no process could be made (too many open files), there are no pipes either.
    if (!child.pid) return
    running.add(child.pid)
    const chunks: Buffer[] = []
    let size = 0
    let stderr = ''
    let ended: CommandUnavailable | null = null
    const end = (reason: CommandUnavailable): void => {
      ended ??= reason
      // What it left behind may hold the pipes open for ever: they are let go of.
      child.stdout.destroy()
      child.stderr.destroy()
      child.unref()

      try {
        if (child.pid) process.kill(-child.pid, 'SIGKILL')
      } catch {
        child.kill('SIGKILL')
      }
      if (child.pid) stuck.set(child.pid, command)
      // A process in uninterruptible sleep outlives even this; the report does not wait for it.
      // Nothing else may be waited for by now: without this timer the process would end in silence.
      setTimeout(() => reject(reason), 1000)
    }
    const timer = setTimeout(
      () => end(new CommandUnavailable('TIMEOUT', `${command} gave no answer within ${timeoutMs / 1000} s`)),
      timeoutMs,
    )
    child.stdout.on('data', (chunk: Buffer) => {
      size += chunk.length
      if (size > LARGEST_OUTPUT) end(new CommandUnavailable('TOO_LARGE', `${command} printed more than 16 MiB`))
      else chunks.push(chunk)
    })
    child.stderr.on('data', (chunk: Buffer) => (stderr = (stderr + chunk.toString()).slice(-LARGEST_STDERR)))
    child.once('error', () => clearTimeout(timer))
    child.once('exit', () => {
      if (!child.pid) return
      running.delete(child.pid)
      stuck.delete(child.pid)
    })
    child.once('close', (status) => {
      clearTimeout(timer)
      if (ended) reject(ended)
      else resolve({ stdout: Buffer.concat(chunks).toString('utf8'), stderr: stderr.trim(), status })
    })
  })
}
