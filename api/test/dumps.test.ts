import 'reflect-metadata'
import { type ChildProcess, execFileSync, execSync, spawn } from 'node:child_process'
import {
  chmodSync,
  chownSync,
  copyFileSync,
  globSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { postgresqlBin, type PostgresqlServer, startPostgresql } from '../dev/postgresql-server.ts'
import { type Backups, backupsForThisTest, sha256, statusOf } from './deposit.ts'
import { until } from './start-api.ts'
import { hasCommand } from './has-command.ts'

// Real dumps of real servers, compressed by the real tools, sent by the real rsync.

const MISSING = [
  ...(postgresqlBin() ? [] : ['postgresql']),
  ...(['mariadb-install-db', 'mariadb-dump'].every(hasCommand) ? [] : ['mariadb-server']),
  ...['sqlite3', 'rsync', 'zstd'].filter((command) => !hasCommand(command)),
]
const isRoot = process.getuid?.() === 0
if (MISSING.length > 0 || !isRoot) console.warn(`Skipped: dumps need root and ${MISSING.join(', ') || 'nothing else'}`)

/** A server refuses to run as root: it gets its own user, as Debian's packages made it. */
const userOf = (name: string): { uid: number; gid: number } => ({
  uid: Number(execFileSync('id', ['-u', name], { encoding: 'utf8' })),
  gid: Number(execFileSync('id', ['-g', name], { encoding: 'utf8' })),
})

describe.skipIf(MISSING.length > 0 || !isRoot)('A real dump', () => {
  let folder: string
  let dumps: string
  const servers: ChildProcess[] = []
  let postgresql: PostgresqlServer | null = null
  const sh = (command: string): void => {
    // What PostgreSQL's tools ask where they are told nothing.
    const { port } = new URL(postgresql?.url('crm') ?? 'postgresql://127.0.0.1')
    const env = { ...process.env, PGHOST: '127.0.0.1', PGPORT: port, PGUSER: 'postgres' }
    execSync(command, { cwd: dumps, shell: '/bin/bash', stdio: ['ignore', 'ignore', 'pipe'], env })
  }

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'vigie-dumps-'))
    chmodSync(folder, 0o755)
    dumps = join(folder, 'dumps')
    mkdirSync(dumps)
    await startPostgres()
    await startMariadb()
    sh(`sqlite3 shop.db "create table item(id integer primary key, name text); create index by_name on item(name);
        with recursive n(x) as (select 1 union all select x+1 from n where x < 20000) insert into item select x, 'item ' || x from n"`)
    sh(`pg_dump crm > pg.sql; pg_dump crm > pg-again.sql`)
    sh(`pg_dump -Fc crm > pg.dump; pg_dumpall > pg-all.sql`)
    sh(
      `mariadb-dump --socket=${folder}/my/s -u root crm > my.sql; sqlite3 shop.db .dump > lite.sql; sqlite3 shop.db ".backup lite.db"`,
    )
  }, 90_000)

  afterAll(async () => {
    await postgresql?.stop()
    for (const server of servers) {
      const ended = new Promise((done) => server.once('exit', done))
      server.kill('SIGTERM')
      await ended
    }
    rmSync(folder, { recursive: true, force: true })
  }, 30_000)

  async function startPostgres(): Promise<void> {
    postgresql = await startPostgresql()
    sh(
      `createdb crm && psql -q crm -c "create table client as select n as id, md5(n::text) as name from generate_series(1, 20000) n"`,
    )
  }

  async function startMariadb(): Promise<void> {
    const [home, user] = [join(folder, 'my'), userOf('mysql')]
    mkdirSync(home)
    chownSync(home, user.uid, user.gid)
    const options = { ...user, cwd: home, stdio: 'ignore' as const }
    execFileSync(
      'mariadb-install-db',
      ['--no-defaults', `--datadir=${home}/data`, '--auth-root-authentication-method=normal', '--skip-test-db'],
      options,
    )
    servers.push(
      spawn(
        '/usr/sbin/mariadbd',
        [
          '--no-defaults',
          `--datadir=${home}/data`,
          `--socket=${home}/s`,
          '--skip-networking',
          `--pid-file=${home}/pid`,
        ],
        options,
      ),
    )
    await until(() => answers(`mariadb-admin --socket=${home}/s -u root ping`), 'MariaDB', 30_000)
    sh(
      `mariadb --socket=${home}/s -u root -e "create database crm; use crm; create table client(id int, name text); insert into client select seq, md5(seq) from seq_1_to_20000"`,
    )
  }

  const answers = (command: string): boolean => {
    try {
      sh(command)
      return true
    } catch {
      return false
    }
  }

  let backups: Backups
  beforeEach(async () => {
    backups = await backupsForThisTest()
    await backups.job({ expectChange: 'INFO' })
    backups.set('02:05')
  })

  /** Sends a file and then its report, as docs/backups.md tells agents to. */
  async function arrive(
    file: string,
    { declared = file, day = '2026-01-15' }: { declared?: string; day?: string } = {},
  ): Promise<any> {
    const agent = mkdtempSync(join(folder, 'agent-'))
    for (const name of ['databases', 'log']) mkdirSync(join(agent, name))
    const name = file.split('/').at(-1) as string
    copyFileSync(join(dumps, file), join(agent, 'databases', name))
    const content = readFileSync(join(dumps, declared))
    const status = statusOf({ agent: 'lyon-01', database: 'crm', file: name, content, startedAt: `${day}T02:00:00Z` })
    writeFileSync(join(agent, 'log', 'STATUS.json'), JSON.stringify(status))
    const rsync = (what: string): void =>
      void execFileSync('rsync', [
        '-rt',
        '--partial-dir=.rsync-partial',
        '--chmod=F660,D2770',
        join(agent, what),
        `${backups.deposit}/lyon-01/`,
      ])
    mkdirSync(join(backups.deposit, 'lyon-01'), { recursive: true })
    rsync('databases')
    rsync('log')
    backups.set('02:05', day)
    await backups.scan()
    return (await backups.entries())[0]
  }
  const outcomes = (entry: any): string[] =>
    entry.file.checks
      .filter(({ name }: any) => !/SIZE|^SHA/.test(name))
      .map(({ name, outcome }: any) => `${name} ${outcome}`)
  const made = (name: string, command: string): string => {
    sh(command)
    return name
  }

  test.each([
    ['pg_dump', 'pg.sql', ['COMPLETION_MARK PASSED']],
    ['pg_dumpall', 'pg-all.sql', ['COMPLETION_MARK PASSED']],
    ['mariadb-dump', 'my.sql', ['COMPLETION_MARK PASSED']],
    ['sqlite3 .dump', 'lite.sql', ['COMPLETION_MARK PASSED']],
    ['pg_dump -Fc', 'pg.dump', ['PG_RESTORE PASSED']],
    ['a copy of SQLite', 'lite.db', ['SQLITE_INTEGRITY PASSED']],
  ])('of %s is a success as it is, by gzip and by zstd', async (_, file, checks) => {
    expect(outcomes(await arrive(file))).toEqual(checks)
    const gzip = await arrive(made(`${file}.gz`, `gzip -nkf ${file}`), { day: '2026-01-16' })
    expect([gzip.status, ...outcomes(gzip)]).toEqual(['SUCCESS', 'DECOMPRESSION PASSED', ...checks])
    const zstd = await arrive(made(`${file}.zst`, `zstd -qf ${file}`), { day: '2026-01-17' })
    expect([zstd.status, ...outcomes(zstd)]).toEqual(['SUCCESS', 'DECOMPRESSION PASSED', ...checks])
  })

  test('that was taken twice of an untouched database is a success whose content is unchanged', async () => {
    await arrive('pg.sql')
    expect(sha256(readFileSync(join(dumps, 'pg.sql')))).not.toBe(sha256(readFileSync(join(dumps, 'pg-again.sql'))))
    const entry = await arrive('pg-again.sql', { day: '2026-01-16' })
    expect([entry.status, entry.reasons.map(({ code }: any) => code)]).toEqual(['SUCCESS', ['CONTENT_UNCHANGED']])
    const custom = [made('pg1.dump', 'cp pg.dump pg1.dump'), made('pg2.dump', `sleep 1; pg_dump -Fc crm > pg2.dump`)]
    await arrive(custom[0] as string, { day: '2026-01-17' })
    const second = await arrive(custom[1] as string, { day: '2026-01-18' })
    expect([second.status, second.reasons.map(({ code }: any) => code)]).toEqual(['SUCCESS', ['CONTENT_UNCHANGED']])
  })

  test('of SQLite that nothing was written to is unchanged', async () => {
    await arrive('lite.db')
    expect(await arrive('lite.db', { day: '2026-01-16' })).toMatchObject({ status: 'HASH_MISMATCH' })
  })

  const cut = (file: string, of = 0.6) =>
    `cp ${file} broken-${file} && truncate -s $(( $(stat -c %s ${file}) * ${of * 10} / 10 )) broken-${file}`
  const flipped = (file: string) =>
    `cp ${file} broken-${file} && printf 'XXXXXXXX' | dd of=broken-${file} bs=1 seek=$(( $(stat -c %s ${file}) / 2 )) conv=notrunc status=none`

  test.each([
    [
      'killed into a pipe',
      'my.sql',
      'head -c 300000 my.sql | gzip -n > broken-my.sql.gz',
      'broken-my.sql.gz',
      'DUMP_INCOMPLETE',
    ],
    [
      'killed, of PostgreSQL',
      'pg.sql',
      'head -c 300000 pg.sql | zstd -q -f -o broken-pg.sql.zst',
      'broken-pg.sql.zst',
      'DUMP_INCOMPLETE',
    ],
    ['without its COMMIT', 'lite.sql', 'head -n -1 lite.sql > broken-lite.sql', 'broken-lite.sql', 'DUMP_INCOMPLETE'],
    ['cut, in custom format', 'pg.dump', cut('pg.dump'), 'broken-pg.dump', 'DUMP_UNREADABLE'],
    ['with flipped bytes, in custom format', 'pg.dump', flipped('pg.dump'), 'broken-pg.dump', 'DUMP_UNREADABLE'],
    ['cut, of a SQLite file', 'lite.db', cut('lite.db'), 'broken-lite.db', 'DATABASE_DAMAGED'],
    ['with a broken page, of SQLite', 'lite.db', flipped('lite.db'), 'broken-lite.db', 'DATABASE_DAMAGED'],
    [
      'with a cut archive',
      'my.sql',
      `gzip -nkf my.sql && ${cut('my.sql.gz')}`,
      'broken-my.sql.gz',
      'DECOMPRESSION_FAILED',
    ],
    [
      'with flipped bytes in a gzip',
      'my.sql',
      `gzip -nkf my.sql && ${flipped('my.sql.gz')}`,
      'broken-my.sql.gz',
      'DECOMPRESSION_FAILED',
    ],
    [
      'with flipped bytes in a zstd',
      'my.sql',
      `zstd -qf my.sql && ${flipped('my.sql.zst')}`,
      'broken-my.sql.zst',
      'DECOMPRESSION_FAILED',
    ],
  ])(
    'that was %s before it was hashed is FAILED and quarantined, though its hash is right',
    async (_, _source, command, file, code) => {
      const entry = await arrive(made(file, command))
      expect([entry.status, entry.reasons[0].code, entry.file.state]).toEqual(['FAILED', code, 'QUARANTINE'])
    },
  )

  test.each([
    ['cut', cut('my.sql'), 'SIZE_SMALLER'],
    ['longer', 'cp my.sql broken-my.sql && echo x >> broken-my.sql', 'SIZE_LARGER'],
    ['changed', flipped('my.sql'), 'HASH_DIFFERS'],
  ])('that arrives %s is damaged in transfer', async (_, command, code) => {
    sh(`${command}; cp my.sql whole.sql`)
    await arrive(made('broken-my.sql', ':'), { declared: 'whole.sql' })
    backups.set('03:00')
    await backups.scan()
    const [entry] = await backups.entries()
    expect([entry.status, entry.reasons[0].code]).toEqual(['TRANSFER_INTEGRITY_FAILED', code])
  })

  test('that rsync was interrupted in is not taken for the file, and counts when rsync went on', async () => {
    const source = join(folder, 'slow', 'databases')
    mkdirSync(source, { recursive: true })
    writeFileSync(join(source, 'crm.sql'), readFileSync(join(dumps, 'my.sql')))
    const content = readFileSync(join(source, 'crm.sql'))
    const target = join(backups.deposit, 'lyon-01')
    mkdirSync(join(target, 'log'), { recursive: true })
    const args = ['-rt', '--partial-dir=.rsync-partial', '--chmod=F660,D2770', source, `${target}/`]
    const slow = spawn('rsync', ['--bwlimit=400', ...args], { stdio: 'ignore' })
    await until(() => globSync('databases/.crm.sql.*', { cwd: target }).length > 0, 'the first bytes')
    writeFileSync(
      join(target, 'log', 'STATUS.json'),
      JSON.stringify(statusOf({ agent: 'lyon-01', database: 'crm', file: 'crm.sql', content })),
    )
    await backups.scan()
    expect((await backups.entries())[0]).toMatchObject({ status: 'UNKNOWN', reasons: [{ code: 'FILE_AWAITED' }] })
    const ended = new Promise((done) => slow.once('exit', done))
    slow.kill('SIGTERM')
    await ended
    await until(
      () => globSync('databases/.rsync-partial/crm.sql', { cwd: target }).length > 0,
      'the part that rsync keeps',
    )
    await backups.scan()
    expect((await backups.entries())[0].status).toBe('UNKNOWN')
    execFileSync('rsync', args)
    await backups.scan()
    expect((await backups.entries())[0].status).toBe('SUCCESS')
  })

  test('in place, with an old time, is still read as what it is', async () => {
    const file = join(backups.deposit, 'lyon-01/databases/crm.sql')
    backups.put('lyon-01/databases/crm.sql', readFileSync(join(dumps, 'my.sql')))
    const whole = readFileSync(file)
    backups.put(
      'lyon-01/log/S.json',
      JSON.stringify(statusOf({ agent: 'lyon-01', database: 'crm', file: 'crm.sql', content: whole })),
    )
    truncateSync(file, 1000)
    execFileSync('touch', ['-d', '@0', file])
    await backups.scan()
    expect((await backups.entries())[0].reasons[0].code).toBe('FILE_ARRIVING')
    expect(statSync(file).size).toBe(1000)
  })
})
