import { spawn } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { writeFile } from 'node:fs/promises'
import { resolve } from 'node:path'
import { makeFolder } from '@vigie/agent/host'
import type { Config } from '../config/config.ts'
import type { EntityManager } from '../database/database.ts'
import { tables } from '../database/tables.ts'
import { ROOT } from '../platform/root.ts'
import { SECOND } from '../platform/clock.ts'
import type { Log } from '../platform/log.ts'
import type { AccessService } from './access.service.ts'
import { Scope } from '../graphql/scope.ts'

const AGENT = resolve(ROOT, 'agent/dist/agent.mjs')
const RESTART_AFTER = 30 * SECOND

interface Place {
  /** Where Vigie listens. */
  url: string
  access: AccessService
  log: Log
}

/** Runs the agent for this very machine, with a token of its own that it gets by itself. */
export async function startLocalAgent({ url, access, log }: Place, config: Config): Promise<{ stop(): void } | null> {
  if (!existsSync(AGENT)) {
    log.warn('The agent is not built, so that this machine does not report: npm run build')
    return null
  }
  const tokenFile = await ensureToken(access, config.dataDir)
  const port = new URL(url).port
  const host = ['0.0.0.0', '::', '[::]'].includes(config.host) ? '127.0.0.1' : config.host
  const env = {
    ...process.env,
    VIGIE_SERVER: `http://${host}:${port}`,
    VIGIE_TOKEN_FILE: tokenFile,
    VIGIE_TOKEN: undefined,
  }
  let stopped = false
  let child = start()

  function start() {
    const running = spawn(process.execPath, [AGENT, 'run'], { env, stdio: ['ignore', 'pipe', 'pipe'] })
    for (const stream of [running.stdout, running.stderr]) {
      stream.setEncoding('utf8').on('data', (text: string) => log.debug({ agent: text.trim() }, 'The local agent says'))
    }
    running.once('error', (error) => log.warn({ err: error }, 'The local agent cannot be started'))
    running.once('close', (code) => {
      if (stopped) return
      log.warn({ code }, 'The local agent ended; it is started again')
      setTimeout(() => {
        if (!stopped) child = start()
      }, RESTART_AFTER).unref()
    })
    return running
  }
  return {
    stop: () => {
      stopped = true
      child.kill('SIGTERM')
    },
  }
}

const LOCAL_AGENT = 'local agent'

/** The machine that Vigie runs on, as far as its own agent has told; null = it has none, or has not reported. */
export async function localAgentMachine(em: EntityManager): Promise<string | null> {
  const client = await tables(em)
    .selectFrom('ApiClient')
    .select('machine')
    .where('name', '=', LOCAL_AGENT)
    .where('revokedAt', 'is', null)
    .where('machine', 'is not', null)
    .orderBy('createdAt', 'desc')
    .limit(1)
    .executeTakeFirst()
  return client?.machine ?? null
}

/** Kept beside the database, readable by its owner alone; made again where it is no longer accepted. */
async function ensureToken(access: AccessService, dataDir: string): Promise<string> {
  const file = resolve(dataDir, 'local-agent.token')
  if (existsSync(file) && (await access.byToken(readFileSync(file, 'utf8').trim()))) return file
  // Whoever holds the one before speaks for this machine no more.
  for (const { id, name, scopes, revokedAt } of await access.clients())
    if (name === LOCAL_AGENT && scopes.join() === Scope.REPORT && revokedAt === null) await access.revoke(id, null)
  const { token } = await access.createToken(LOCAL_AGENT, [Scope.REPORT], false, null)
  await makeFolder(dataDir, 0o700)
  await writeFile(file, `${token}\n`, { mode: 0o600 })
  return file
}
