// (h) What metrics cost: the processor time of the server for reports of 1,000 machines with a minute's sample each, and
// the bytes that a machine's samples take for ever.
import { randomUUID } from 'node:crypto'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { gzipSync } from 'node:zlib'
import type { Call } from './load.ts'
import type { BenchServer } from './server.ts'
import { send, worked } from './server-work.ts'

const MACHINES = 1000
const MINUTE = 60_000
const DAY = 24 * 60 * MINUTE
const MUTATION =
  'mutation ($report: InventoryReportInput!) { reportInventory(report: $report) { id sections { outcome } } }'

interface Tools {
  note: (what: string, measured: string, target: string, met: boolean | null) => void
  tell: (text: string) => void
}

const samplesBefore = (at: number, count: number): object[] =>
  Array.from({ length: count }, (_, index) => ({
    at: new Date(at - (count - index) * MINUTE).toISOString(),
    load1: 1 + Math.sin(index / 60),
    load5: 1,
    cpuPercent: 50 + 40 * Math.sin(index / 60),
    memoryBytes: 16 * 1024 ** 3,
    availableBytes: Math.round((10 + Math.sin(index / 90)) * 1024 ** 3),
    swapBytes: 0,
    swapUsedBytes: 0,
  }))

function reportOf(machine: number, at: number, samples: number): Call {
  const payload = JSON.stringify({ samples: samplesBefore(at, samples) })
  const report = {
    id: randomUUID(),
    machineKey: `key-of-bench-machine-${machine}`,
    hostname: `bench-${machine}`,
    collectedAt: new Date(at).toISOString(),
    agentVersion: '0.2.0',
    sections: samples > 0 ? [{ kind: 'metrics', version: 1, payload }] : [],
  }
  return {
    path: '/graphql',
    body: gzipSync(JSON.stringify({ query: MUTATION, variables: { report } })),
    headers: { 'content-encoding': 'gzip' },
  }
}

/** Seconds of a core for one report of each machine. */
async function round(server: BenchServer, samples: number): Promise<number> {
  const before = worked(server.pid)
  for (let machine = 0; machine < MACHINES; machine += 1) await send(server, reportOf(machine, Date.now(), samples))
  return worked(server.pid) - before
}

/** The database of `server` lies in `dataDir`; it is read once the server has stopped, by what is returned. */
export async function metricsCost(server: BenchServer, dataDir: string, { note, tell }: Tools): Promise<() => void> {
  tell('(h) metrics of 1,000 machines')
  await round(server, 0)
  const without = await round(server, 0)
  const withOne = await round(server, 1)
  const withFifteen = await round(server, 15)
  const share = (seconds: number, every: number): string => `${((seconds / every) * 100).toFixed(2)} % of a core`
  note('(h) 1,000 reports a minute without metrics', share(without, 60), 'the measure', null)
  const own = Math.max(0, withOne - without)
  note('(h) a sample in each of them', `${share(own, 60)} more`, '< 10 %', own / 60 < 0.1)
  note(
    '(h) 15 samples in one report of each machine in 15 minutes',
    `${share(Math.max(0, withFifteen - without), 900)} more`,
    '< 10 %',
    (withFifteen - without) / 900 < 0.1,
  )
  // A month of one machine: what is older than a range keeps falls out of it at once.
  const now = Date.now()
  for (let day = 30; day >= 0; day -= 1) await send(server, reportOf(MACHINES, now - day * DAY, 1440))
  return () => {
    const database = new DatabaseSync(join(dataDir, 'vigie.sqlite'), { readOnly: true })
    const one = (sql: string): number => Number(Object.values(database.prepare(sql).get() ?? {})[0])
    const rows = one('select count(*) from metric_bucket')
    const bytes = one("select sum(pgsize) from dbstat where name like '%metric_bucket%'")
    const month = one(
      "select count(*) from metric_bucket where machine_id = (select id from machine where hostname = 'bench-1000')",
    )
    database.close()
    note(
      '(h) the samples of one machine, for ever',
      `${month} rows, ${((month * bytes) / rows / 1024).toFixed(0)} KiB`,
      'bounded',
      null,
    )
  }
}
