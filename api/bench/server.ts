import { type ChildProcess, spawn } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import options from '../server-options.json' with { type: 'json' }
import { ROOT } from '../src/platform/root.ts'

export interface BenchServer {
  url: string
  token: string
  pid: number
  /** Resident memory in MB: the largest so far. */
  peakMemory(): number
  stop(): Promise<void>
}

/** The built server, as `npm start` runs it, in a process of its own. */
export async function startServer(
  dataDir: string,
  port: number,
  more: Record<string, string> = {},
): Promise<BenchServer> {
  const env = {
    ...options.env,
    ...process.env,
    VIGIE_DATA_DIR: dataDir,
    VIGIE_PORT: String(port),
    VIGIE_LOCAL_AGENT: 'off',
    VIGIE_LOG_LEVEL: 'error',
    NODE_ENV: 'production',
    ...more,
  }
  const token = await run(
    [
      resolve(ROOT, 'api/dist/access/command.js'),
      'token',
      'bench',
      '--scope',
      'admin',
      '--scope',
      'report',
      '--any-machine',
    ],
    env,
  )
  const child = spawn(process.execPath, [...options.flags, resolve(ROOT, 'api/dist/main.js')], {
    env,
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  await ready(child)
  return {
    url: `http://127.0.0.1:${port}`,
    token,
    pid: child.pid ?? 0,
    peakMemory: () => Number(/VmHWM:\s+(\d+) kB/.exec(readFileSync(`/proc/${child.pid}/status`, 'utf8'))?.[1]) / 1024,
    stop: async () => {
      const ended = new Promise((resolve) => child.once('exit', resolve))
      child.kill('SIGTERM')
      await ended
    },
  }
}

async function ready(child: ChildProcess): Promise<void> {
  let text = ''
  child.stdout?.setEncoding('utf8').on('data', (chunk: string) => (text += chunk))
  while (!text.includes('/sign-in#')) {
    if (child.exitCode !== null) throw new Error('The server did not start')
    await pause(50)
  }
}

function run(args: string[], env: NodeJS.ProcessEnv): Promise<string> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, args, { env, stdio: ['ignore', 'pipe', 'inherit'] })
    let text = ''
    child.stdout.setEncoding('utf8').on('data', (chunk: string) => (text += chunk))
    child.once('exit', (code) =>
      code === 0 ? resolve(text.trim().split('\n').at(-1) ?? '') : reject(new Error(`ended with ${code}`)),
    )
  })
}
