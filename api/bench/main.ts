// `npm run bench -w api`: measures the targets of docs/performance.md and prints them as a table. Everything in it is
// seeded; ratios compare figures of this one run. `-- --snapshots 200000` measures a smaller history.
import 'reflect-metadata'
import { mkdtempSync, rmSync } from 'node:fs'
import { cpus, tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { createClient } from 'graphql-ws'
import WebSocket from 'ws'
import { fleet } from '../test/fleet.ts'
import { baseline } from './baseline.ts'
import { type Call, type Figures, figuresOf, load } from './load.ts'
import { agentReport, query, scriptReport } from './reports.ts'
import { seed } from './seed.ts'
import { largeFile, manyJobs } from './backups.ts'
import { metricsCost } from './metrics.ts'
import { packagesCost } from './packages.ts'
import { ingestElsewhere } from './ingest-elsewhere.ts'
import { type BenchServer, startServer } from './server.ts'

const { values } = parseArgs({
  options: {
    snapshots: { type: 'string', default: '5000000' },
    seconds: { type: 'string', default: '8' },
    only: { type: 'string', default: 'abcdefghi' },
    days: { type: 'string', default: '365' },
    gigabytes: { type: 'string', default: '8' },
  },
})
const SECONDS = Number(values.seconds)
const SNAPSHOTS = Number(values.snapshots)
const MACHINES = fleet(200, 12)
const rows: [what: string, measured: string, target: string, met: boolean | null][] = []
const tell = (text: string): void => console.error(text)
const note = (what: string, measured: string, target: string, met: boolean | null = null): void => {
  rows.push([what, measured, target, met])
  tell(`  ${what}: ${measured} (target ${target})`)
}
const ms = (value: number): string => `${value.toFixed(value < 10 ? 1 : 0)} ms`

/** Bodies made before the clock runs; time goes on from round to round. */
function prepared(make: (machine: (typeof MACHINES)[number], round: number, at: Date) => Call, rounds: number): Call[] {
  const start = Date.now() - rounds * 1000
  return Array.from({ length: rounds }, (_, round) =>
    MACHINES.map((machine) => make(machine, round, new Date(start + round * 1000))),
  ).flat()
}

async function withServer(dataDir: string, work: (server: BenchServer) => Promise<void>): Promise<void> {
  const server = await startServer(dataDir, 18_088)
  try {
    await work(server)
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

const queue = (calls: Call[]) => {
  let next = 0
  return (): Call => calls[next++ % calls.length] as Call
}

async function ingest(folder: string): Promise<void> {
  tell('(a) reports of 12 disks')
  const calls = prepared(agentReport, 12)
  const plain = baseline(calls.slice(0, 800), SECONDS)
  await withServer(join(folder, 'ingest'), async (server) => {
    await load(server.url, server.token, 8, 2, queue(calls.slice(0, 200)))
    const figures = await load(server.url, server.token, 8, SECONDS, queue(calls.slice(200)))
    const ratio = figures.perSecond / plain.perSecond
    note('(a) plain node:sqlite, one process', `${plain.perSecond.toFixed(0)} reports/s`, 'the measure')
    note(
      '(a) GraphQL, 8 clients',
      `${figures.perSecond.toFixed(0)} reports/s, p50 ${ms(figures.p50)}, p99 ${ms(figures.p99)}, ${figures.failed} failed`,
      'p99 ≤ 100 ms',
      figures.p99 <= 100 && figures.failed === 0,
    )
    note('(a) ratio to plain', ratio.toFixed(2), '≥ 0.2', ratio >= 0.2)
    const scripts = prepared(scriptReport, 30)
    await load(server.url, server.token, 8, 2, queue(scripts.slice(0, 400)))
    const script = await load(server.url, server.token, 8, SECONDS, queue(scripts.slice(400)))
    note(
      '(a) /api/ingest, 12 disks, 8 clients',
      `${script.perSecond.toFixed(0)} reports/s, p99 ${ms(script.p99)}, ${script.failed} failed`,
      '≥ 500/s, p99 ≤ 100 ms',
      script.perSecond >= 500 && script.p99 <= 100 && script.failed === 0,
    )
    if (values.only.includes('e')) await fanOut(server, calls)
  })
  const all = { agent: prepared(agentReport, 12), script: prepared(scriptReport, 30) }
  await ingestElsewhere(folder, all, { note, seconds: SECONDS })
}

const DISK =
  'id serial model wwn weak type bus role capacityBytes firmware rotationRpm device path health reasons { code severity value limit sentence } moved firstSeenAt lastSeenAt lastReadAt missingSince conflictSince temperature'
const MACHINE =
  'id hostname name ip os osVersion arch kind virtualization agentVersion firstSeenAt lastSeenAt silent diskCount'
const PAGE = 'pageInfo { hasNextPage endCursor } totalCount'
const QUESTIONS: Record<string, Call> = {
  summary: query(
    `{ summary { totalMachines totalDisks disksByHealth { health count } machines { nodes { id hostname } } disks { nodes { id serial health } } } }`,
  ),
  backupNeeded: query(
    `{ backupNeeded { nodes { bytes users { user bytes measuredAt } disk { id serial model health } machine { id hostname } } ${PAGE} } }`,
  ),
  machines: query(`{ machines { nodes { ${MACHINE} } ${PAGE} } }`),
  disks: query(`{ disks { nodes { ${DISK} machine { id hostname } } ${PAGE} } }`),
  'disks by temperature, with what lies on each': query(
    `{ disks(orderBy: TEMPERATURE) { nodes { ${DISK} machine { id hostname } places { verdict provenAt fileSystem { mountpoint } } } ${PAGE} } }`,
  ),
  'disks by search': query(`{ disks(filter: { search: "A1" }) { nodes { ${DISK} } ${PAGE} } }`),
  atRiskDisks: query(
    `{ atRiskDisks { nodes { disk { ${DISK} } reasons { code } lastSeenAt machine { hostname } } ${PAGE} } }`,
  ),
  movedDisks: query(
    `{ movedDisks { nodes { disk { serial } fromMachine { hostname } fromDate toMachine { hostname } toDate } ${PAGE} } }`,
  ),
  'places, and how many of each verdict': query(
    `{ placesByVerdict { verdict count } places { nodes { verdict doubts cost { kind since } fileSystem { mountpoint } machine { hostname } disks { serial health } } ${PAGE} } }`,
  ),
  'troubledMachines, and causesByState': query(
    `{ causesByState { state count } troubledMachines(first: 12) { nodes { hostname disks { health } } totalCount } }`,
  ),
  events: query(`{ events { nodes { id type at from to machine { hostname } disk { serial } } ${PAGE} } }`),
}

async function reading(folder: string): Promise<void> {
  const sizes = SNAPSHOTS >= 1_000_000 ? [SNAPSHOTS / 25, SNAPSHOTS] : [SNAPSHOTS]
  const charts: number[] = []
  for (const size of sizes) {
    const dataDir = join(folder, `history-${size}`)
    tell(`(b) seeding 1,000 machines, 10,000 disks, ${size} readings …`)
    await seed(dataDir, 1000, 10, size)
    await withServer(dataDir, async (server) => {
      const last = size === SNAPSHOTS
      const ids = await someDisks(server)
      let turn = 0
      const chart = (): Call =>
        query(
          `query ($id: ID!) { disk(id: $id) { ${DISK} stays { since machine { hostname } } fileSystems { mountpoint } snapshots(first: 20) { nodes { at health temperature } } attributeHistory(attribute: "5") { at value } } }`,
          { id: ids[turn++ % ids.length] },
        )
      await load(server.url, server.token, 1, 1, chart)
      const one = await load(server.url, server.token, 1, 3, chart)
      charts.push(one.p50)
      note(
        `(b) one disk with its chart, ${size.toLocaleString('en')} readings`,
        `p50 ${ms(one.p50)}, p99 ${ms(one.p99)}`,
        'p99 ≤ 50 ms',
        one.p99 <= 50,
      )
      if (!last) return
      for (const [name, call] of Object.entries(QUESTIONS)) {
        await load(server.url, server.token, 1, 1, () => call)
        const alone = await load(server.url, server.token, 1, 3, () => call)
        const together = await load(server.url, server.token, 8, 4, () => call)
        note(
          `(b) ${name}`,
          `1 client p99 ${ms(alone.p99)}, 8 clients p99 ${ms(together.p99)}`,
          '≤ 30 ms, ≤ 150 ms',
          alone.p99 <= 30 && together.p99 <= 150 && alone.failed + together.failed === 0,
        )
      }
      if (values.only.includes('c')) await besideReaders(server)
    })
  }
  if (charts.length === 2)
    note(
      '(b) chart: p50 with 25 times the readings',
      `× ${((charts[1] ?? 0) / (charts[0] ?? 1)).toFixed(2)}`,
      'at most logarithmic (× 1.3)',
      (charts[1] ?? 0) / (charts[0] ?? 1) < 1.5,
    )
}

async function someDisks(server: BenchServer): Promise<string[]> {
  const response = await fetch(`${server.url}/graphql`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', authorization: `Bearer ${server.token}` },
    body: query('{ disks(first: 500, orderBy: SERIAL) { nodes { id } } }').body as never,
  })
  return ((await response.json()) as { data: { disks: { nodes: { id: string }[] } } }).data.disks.nodes.map(
    ({ id }) => id,
  )
}

async function besideReaders(server: BenchServer): Promise<void> {
  tell('(c) ingest beside 8 readers')
  const calls = prepared(scriptReport, 30)
  await load(server.url, server.token, 8, 2, queue(calls.slice(0, 400)))
  const alone = await load(server.url, server.token, 8, SECONDS, queue(calls.slice(400)))
  const questions = Object.values(QUESTIONS)
  const [beside, readers] = await Promise.all([
    load(server.url, server.token, 8, SECONDS, queue(calls.slice(400))),
    load(server.url, server.token, 8, SECONDS, (index) => questions[index % questions.length] as Call),
  ])
  const ratio = (beside as Figures).perSecond / alone.perSecond
  note('(c) ingest alone', `${alone.perSecond.toFixed(0)}/s`, 'the measure')
  note(
    '(c) ingest beside 8 readers',
    `${(beside as Figures).perSecond.toFixed(0)}/s and ${(readers as Figures).perSecond.toFixed(0)} pages/s, ${(beside as Figures).failed + (readers as Figures).failed} failed`,
    'none refused',
    (beside as Figures).failed + (readers as Figures).failed === 0,
  )
  note('(c) ratio', ratio.toFixed(2), '≥ 0.5', ratio >= 0.5)
}

async function fanOut(server: BenchServer, calls: Call[]): Promise<void> {
  tell('(e) 100 subscribers')
  const sentAt = new Map<string, number>()
  let latencies: number[] = []
  const clients = Array.from({ length: 100 }, () =>
    createClient({
      url: `${server.url.replace('http', 'ws')}/graphql`,
      webSocketImpl: WebSocket,
      connectionParams: { authorization: `Bearer ${server.token}` },
      lazy: false,
    }),
  )
  await Promise.all(
    clients.map(
      (client) =>
        new Promise<void>((ready) => {
          client.on('connected', () => ready())
          client.subscribe<{ machinesChanged: { changed: { hostname: string; lastReceivedAt: string }[] } }>(
            {
              query:
                'subscription { machinesChanged { changed { id hostname lastSeenAt silent diskCount } removedIds } }',
            },
            {
              next: ({ data }) => {
                const now = performance.now()
                for (const { hostname } of data?.machinesChanged.changed ?? []) {
                  const sent = sentAt.get(hostname)
                  if (sent !== undefined) latencies.push(now - sent)
                }
              },
              error: (error) => tell(`  subscriber: ${String(error)}`),
              complete: () => undefined,
            },
          )
        }),
    ),
  )
  const nameOf = (call: Call): string => MACHINES[calls.indexOf(call) % MACHINES.length]?.hostname ?? ''
  for (let round = 0; round < 15; round += 1) {
    const call = calls[(round + 11 * 200) % calls.length] as Call
    const fresh = agentReport(MACHINES[round] as (typeof MACHINES)[number], 100 + round, new Date())
    sentAt.clear()
    sentAt.set(nameOf(call) || (MACHINES[round]?.hostname ?? ''), performance.now())
    sentAt.set(MACHINES[round]?.hostname ?? '', performance.now())
    await load(server.url, server.token, 1, 0.001, () => fresh)
    await new Promise((resolve) => setTimeout(resolve, 1000))
  }
  const calm = figuresOf(latencies, 0, 15)
  note(
    '(e) report to 100 clients, 1 report/s',
    `p50 ${ms(calm.p50)}, p99 ${ms(calm.p99)}, ${calm.count} messages`,
    'p99 ≤ 250 ms',
    calm.p99 <= 250 && calm.count >= 1400,
  )
  latencies = []
  sentAt.clear()
  const bodies = queue(calls)
  let index = 0
  const loaded = await load(server.url, server.token, 8, SECONDS, () => {
    const call = bodies()
    // The time of the newest report of that machine: a batch tells of the newest state.
    sentAt.set(MACHINES[index++ % MACHINES.length]?.hostname ?? '', performance.now())
    return call
  })
  await new Promise((resolve) => setTimeout(resolve, 600))
  const busy = figuresOf(latencies, 0, SECONDS)
  note(
    '(e) report to 100 clients, under load (a)',
    `p50 ${ms(busy.p50)}, p99 ${ms(busy.p99)}, ${busy.count} messages beside ${loaded.perSecond.toFixed(0)} reports/s`,
    'p99 ≤ 500 ms',
    busy.p99 <= 500,
  )
  await Promise.all(clients.map((client) => client.dispose()))
}

const folder = mkdtempSync(join(tmpdir(), 'vigie-bench-'))
try {
  if (values.only.includes('a')) await ingest(folder)
  if (values.only.includes('b')) await reading(folder)
  if (values.only.includes('f')) {
    tell('(f) 10,000 jobs')
    await manyJobs(folder, note, { days: Number(values.days), seconds: SECONDS })
  }
  if (values.only.includes('g')) {
    tell('(g) one large file')
    await largeFile(folder, note, { gigabytes: Number(values.gigabytes), seconds: SECONDS })
  }
  if (values.only.includes('h')) {
    const dataDir = join(folder, 'metrics')
    let readSize = (): void => undefined
    await withServer(dataDir, async (server) => {
      readSize = await metricsCost(server, dataDir, { note, tell })
    })
    readSize()
  }
  if (values.only.includes('i')) {
    const dataDir = join(folder, 'packages')
    let readSize = (): void => undefined
    await withServer(dataDir, async (server) => {
      readSize = await packagesCost(server, dataDir, { note, tell, seconds: SECONDS })
    })
    readSize()
  }
} finally {
  rmSync(folder, { recursive: true, force: true })
}
console.log(
  `\nNode ${process.version}, ${cpus().length} × ${cpus()[0]?.model ?? '?'}, ${new Date().toISOString().slice(0, 10)}\n`,
)
console.log('| what | measured | target | met |\n|---|---|---|---|')
for (const [what, measured, target, met] of rows)
  console.log(`| ${what} | ${measured} | ${target} | ${met === null ? '' : met ? 'yes' : '**no**'} |`)
