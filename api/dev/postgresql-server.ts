import { type ChildProcess, execFileSync, spawn } from 'node:child_process'
import { chownSync, existsSync, globSync, mkdtempSync, rmSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { delimiter, join } from 'node:path'

/** A PostgreSQL of one's own, for tests and for making migrations: nothing of it stays. */
export interface PostgresqlServer {
  /** Of a database, as its superuser. */
  url(database: string): string
  /** The folder of its socket, and of all that it keeps. */
  home: string
  stop(): Promise<void>
}

/** Where Debian's packages and others put it; null = it is not installed here. */
export function postgresqlBin(): string | null {
  const folders = [
    ...globSync('/usr/lib/postgresql/*/bin').toReversed(),
    ...(process.env['PATH'] ?? '').split(delimiter),
  ]
  return folders.find((folder) => existsSync(join(folder, 'initdb')) && existsSync(join(folder, 'postgres'))) ?? null
}

/** @param settings of postgresql.conf; without any, it keeps nothing through a power cut, and is fast */
export async function startPostgresql(settings: Record<string, string> = { fsync: 'off' }): Promise<PostgresqlServer> {
  const bin = postgresqlBin()
  if (!bin) throw new Error('There is no PostgreSQL here: apt-get install postgresql')
  const home = mkdtempSync(join(tmpdir(), 'vigie-pg-'))
  const port = await freePort()
  // It refuses to run as root: Debian's packages made a user for it.
  const user = process.getuid?.() === 0 ? userOf('postgres') : null
  if (user) chownSync(home, user.uid, user.gid)
  const options = { ...user, cwd: home, env: { PATH: process.env['PATH'], LC_ALL: 'C' }, stdio: 'ignore' as const }
  const data = join(home, 'data')
  execFileSync(join(bin, 'initdb'), ['-D', data, '-U', 'postgres', '-A', 'trust', '-E', 'UTF8', '--no-sync'], options)
  const all = { listen_addresses: '127.0.0.1', port: String(port), unix_socket_directories: home, ...settings }
  const server = spawn(
    join(bin, 'postgres'),
    ['-D', data, ...Object.entries(all).flatMap(([name, value]) => ['-c', `${name}=${value}`])],
    options,
  )
  await isReady(server, () => execFileSync(join(bin, 'pg_isready'), ['-q', '-h', '127.0.0.1', '-p', String(port)]))
  return {
    home,
    url: (database) => `postgresql://postgres@127.0.0.1:${port}/${database}`,
    stop: async () => {
      const ended = new Promise((done) => server.once('exit', done))
      // Fast: who is connected is cut off.
      if (server.kill('SIGINT')) await ended
      rmSync(home, { recursive: true, force: true })
    },
  }
}

async function isReady(server: ChildProcess, ask: () => unknown): Promise<void> {
  for (let turn = 0; turn < 300; turn += 1) {
    if (server.exitCode !== null) throw new Error(`PostgreSQL ended with ${server.exitCode}`)
    try {
      ask()
      return
    } catch {
      await new Promise((resolve) => setTimeout(resolve, 100))
    }
  }
  throw new Error('PostgreSQL did not get ready')
}

const userOf = (name: string): { uid: number; gid: number } => ({
  uid: Number(execFileSync('id', ['-u', name], { encoding: 'utf8' })),
  gid: Number(execFileSync('id', ['-g', name], { encoding: 'utf8' })),
})

async function freePort(): Promise<number> {
  const server = createServer()
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done))
  const { port } = server.address() as { port: number }
  await new Promise((done) => server.close(done))
  return port
}
