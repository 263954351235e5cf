import { execFileSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { SMTPServer } from 'smtp-server'
import { readBackupFile } from '../src/files/read-file.ts'
import { HOUR } from '../src/platform/clock.ts'
import { makeDumps, warm } from './dump-files.ts'
import { load } from './load.ts'
import { query } from './reports.ts'
import { seedJobs } from './seed-jobs.ts'
import { type BenchServer, startServer } from './server.ts'

type Note = (what: string, measured: string, target: string, met?: boolean | null) => void
const ms = (value: number): string => `${value.toFixed(value < 10 ? 1 : 0)} ms`

const SCAN =
  'mutation { scanBackups { outcome scan { startedAt endedAt entriesMissing foldersUnchanged foldersRead trouble } } }'
const PAGE = `query { expectedJobs(first: 100) { nodes { id agentId databaseName companyName city neighborhood active currentStatus
  nextDueAt lastSuccessfulBackupAt badInARow strip(last: 30) } pageInfo { hasNextPage } totalCount }
  jobsByStatus { status count } quarantinedBackups(first: 1) { totalCount } reportInbox(first: 1) { totalCount } }`

/** What the page of what needs somebody asks. */
const CAUSES = `{ causesByState { state count } causes(first: 100) { totalCount nodes { id kind state severity since sentence alertIds alertCount
  alerts(first: 1) { id reasons { sentence } } jobs(first: 8) { id databaseName } endangers(first: 3) { place { verdict } cost { kind } } } } }`

async function ask(server: BenchServer, text: string): Promise<any> {
  const response = await fetch(`${server.url}/graphql`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', authorization: `Bearer ${server.token}` },
    body: JSON.stringify({ query: text }),
  })
  const { data, errors } = (await response.json()) as { data: any; errors?: { message: string }[] }
  if (errors) throw new Error(errors[0]?.message)
  return data
}

/** (f) 10,000 jobs: a scan in which nothing changed, the pages, and 1,000 that go missing at once with their mails. */
export async function manyJobs(
  folder: string,
  note: Note,
  { days, seconds }: { days: number; seconds: number },
): Promise<void> {
  const dataDir = join(folder, 'jobs')
  await seedJobs(dataDir, 2000, days)
  const arrivals: number[] = []
  const smtp = new SMTPServer({
    authOptional: true,
    disabledCommands: ['STARTTLS'],
    logger: false,
    onData: (stream, _session, done) => {
      stream.resume()
      stream.on('end', () => {
        arrivals.push(Date.now())
        done()
      })
    },
  })
  await new Promise<void>((done) => smtp.listen(0, '127.0.0.1', done))
  const mail = {
    EMAIL_HOST: '127.0.0.1',
    EMAIL_PORT: String((smtp.server.address() as AddressInfo).port),
    EMAIL_SECURITY: 'off',
    EMAIL_SENDER: 'vigie@example.org',
    SCANNER_INTERVAL_MINUTES: '1440',
  }
  const server = await startServer(dataDir, 18_089, mail)
  try {
    const quiet: number[] = []
    for (let round = 0; round < 6; round += 1) {
      const before = performance.now()
      const { outcome, scan } = (await ask(server, SCAN)).scanBackups
      if (outcome === 'ALREADY_RUNNING') await new Promise((done) => setTimeout(done, 500))
      else if (scan.foldersRead === 0) quiet.push(performance.now() - before)
      else await new Promise((done) => setTimeout(done, 2100))
    }
    note(
      '(f) scan, 10,000 jobs, nothing changed',
      `${ms(Math.max(...quiet))} at most of ${quiet.length}`,
      '≤ 1 s',
      Math.max(...quiet) <= 1000,
    )
    const id = (await ask(server, '{ expectedJobs(first: 1) { nodes { id } } }')).expectedJobs.nodes[0].id
    const job = `{ expectedJob(id: "${id}") { id currentStatus strip entries(first: 50) { nodes { id expectedAt status reasons { sentence } } totalCount } } }`
    for (const [what, text] of [
      ['Backups page', PAGE],
      ['Backups page, filtered by status', PAGE.replace('first: 100', 'first: 100, filter: { status: [FAILED] }')],
      ['Job page', job],
      [
        'backupEntries(first: 100)',
        '{ backupEntries(first: 100) { nodes { id status expectedAt job { databaseName } } } }',
      ],
    ] as const) {
      for (const clients of [1, 8]) {
        const figures = await load(server.url, server.token, clients, seconds, () => query(text))
        note(
          `(f) ${what}, ${clients} client${clients > 1 ? 's' : ''}`,
          `p50 ${ms(figures.p50)}, p99 ${ms(figures.p99)}`,
          clients === 1 ? 'p99 ≤ 50 ms' : 'no target',
          clients === 1 ? figures.p99 <= 50 : null,
        )
      }
    }
    const db = new DatabaseSync(join(dataDir, 'vigie.sqlite'))
    const due = Date.now() - 2 * HOUR
    db.prepare(
      `update expected_job set next_due_at = ?, recipients = '["' || agent_id || '-' || database_name || '@example.org"]'
       where id in (select id from expected_job order by id limit 1000)`,
    ).run(due)
    db.close()
    const before = Date.now()
    const { scan } = (await ask(server, SCAN)).scanBackups
    const judged = Date.now() - before
    note(
      '(f) 1,000 of 10,000 jobs go MISSING, with their alerts',
      `${ms(judged)}, ${scan.entriesMissing} missing`,
      '≤ 2 s',
      judged <= 2000 && scan.entriesMissing >= 1000,
    )
    const patience = Date.now() + 60_000
    while (arrivals.length < 1000 && Date.now() < patience) await new Promise((done) => setTimeout(done, 50))
    const mailed = (arrivals.at(-1) ?? Infinity) - before - judged
    note(
      '(f) 1,000 mails to 1,000 recipients after it',
      `${ms(mailed)}, ${arrivals.length} mails`,
      '≤ 15 s',
      mailed <= 15_000 && arrivals.length === 1000,
    )
    for (const [what, text] of [
      ['causes of 1,000 alerts', CAUSES],
      ['causesByState of 1,000 alerts', '{ causesByState { state count } }'],
    ] as const) {
      const figures = await load(server.url, server.token, 1, seconds, () => query(text))
      note(
        `(f) ${what}, 1 client`,
        `p50 ${ms(figures.p50)}, p99 ${ms(figures.p99)}`,
        'p99 ≤ 100 ms',
        figures.p99 <= 100,
      )
    }
    note(
      '(d) memory of the server, largest',
      `${server.peakMemory().toFixed(0)} MB`,
      '< 300 MB',
      server.peakMemory() < 300,
    )
  } finally {
    await server.stop()
    await new Promise<void>((done) => smtp.close(() => done()))
  }
}

/** (g) One large file: against the tools that do the same, and beside a server that answers. */
export async function largeFile(
  folder: string,
  note: Note,
  { gigabytes, seconds }: { gigabytes: number; seconds: number },
): Promise<void> {
  const bytes = gigabytes * 1024 ** 3
  const files = makeDumps(folder, bytes)
  const temporaryFolder = mkdtempSync(join(tmpdir(), 'vigie-bench-check-'))
  const time = (command: string, args: string[]): number => {
    const before = performance.now()
    execFileSync(command, args, { stdio: 'ignore' })
    return performance.now() - before
  }
  const read = async (path: string, hashOnly: boolean): Promise<number> => {
    const before = performance.now()
    const facts = await readBackupFile({
      root: folder,
      path,
      temporaryFolder,
      contentHash: false,
      hashOnly,
    })
    if (facts.kind !== 'READ' || facts.checks.some(({ outcome }) => outcome === 'FAILED'))
      throw new Error(JSON.stringify(facts))
    return performance.now() - before
  }
  const rate = (elapsed: number): string => `${(bytes / 1e6 / (elapsed / 1000)).toFixed(0)} MB/s of content`
  for (const [what, file, args, hashOnly, least] of [
    ['hash and size alone, to sha256sum', files.plain, ['sha256sum'], true, 0.9],
    ['with decompression, mark and fingerprint, to gzip -t', files.gzip, ['gzip', '-t'], false, 0.9],
    ['the same of zstd, to zstd -t', files.zstd, ['zstd', '-qt'], false, 0.25],
  ] as const) {
    warm(file)
    const theirs = time(args[0], [...args.slice(1), file])
    const ours = await read(file.split('/').at(-1) as string, hashOnly)
    note(
      `(g) ${gigabytes} GiB: ${what}`,
      `${(theirs / ours).toFixed(2)} (${rate(ours)} to ${rate(theirs)})`,
      `≥ ${least}`,
      theirs / ours >= least,
    )
  }
  rmSync(temporaryFolder, { recursive: true })
  const dataDir = join(folder, 'large')
  const deposit = join(dataDir, 'agent_deposits', 'lyon-01')
  for (const name of ['databases', 'log']) mkdirSync(join(deposit, name), { recursive: true })
  const server = await startServer(dataDir, 18_090, { SCANNER_INTERVAL_MINUTES: '1440' })
  try {
    await ask(
      server,
      'mutation { createExpectedJob(input: { agentId: "lyon-01", databaseName: "crm", frequency: HOURLY }) { id } }',
    )
    const [sha256] = execFileSync('sha256sum', [files.gzip], { encoding: 'utf8' }).split(' ')
    renameSync(files.gzip, join(deposit, 'databases', 'crm.sql.gz'))
    const step = { status: true, sha256_checksum: sha256 }
    const now = new Date().toISOString()
    const status = {
      agent_id: 'lyon-01',
      operation_start_time: now,
      databases: { crm: { COMPRESS: step, staged_file_name: 'crm.sql.gz' } },
    }
    writeFileSync(join(deposit, 'log', 'STATUS.json'), JSON.stringify(status))
    let scanning = true
    const before = performance.now()
    const scan = ask(server, SCAN).finally(() => (scanning = false))
    const figures = await load(server.url, server.token, 1, seconds, () => query(PAGE))
    note(
      '(g) Backups page while it is read',
      `p50 ${ms(figures.p50)}, p99 ${ms(figures.p99)}${scanning ? '' : ' (the scan ended before)'}`,
      'p99 ≤ 100 ms',
      figures.p99 <= 100,
    )
    await scan
    const { nodes } = (await ask(server, '{ backupEntries { nodes { status } } }')).backupEntries
    note(
      '(g) the scan of it',
      `${((performance.now() - before) / 1000).toFixed(0)} s, ${nodes[0]?.status}`,
      'SUCCESS',
      nodes[0]?.status === 'SUCCESS',
    )
    note(
      '(d) memory of the server, largest',
      `${server.peakMemory().toFixed(0)} MB`,
      '< 300 MB',
      server.peakMemory() < 300,
    )
  } finally {
    await server.stop()
  }
}
