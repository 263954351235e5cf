// (i) What installed packages cost: reports of 1,000 machines with 2,000 packages each, the same again by their hash, and the
// search of all of them for one.
import { createHash, randomUUID } from 'node:crypto'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { gzipSync } from 'node:zlib'
import { type Call, load } from './load.ts'
import { query } from './reports.ts'
import type { BenchServer } from './server.ts'
import { send, worked } from './server-work.ts'

const MACHINES = 1000
const PACKAGES = 2000
const MUTATION =
  'mutation ($report: InventoryReportInput!) { reportInventory(report: $report) { id sections { outcome } } }'

interface Tools {
  note: (what: string, measured: string, target: string, met?: boolean | null) => void
  tell: (text: string) => void
  seconds: number
}

/** Machines of one distribution share nearly all versions: here each package is there in five. */
const payloadOf = (machine: number): string =>
  JSON.stringify({
    busy: null,
    packages: Array.from({ length: PACKAGES }, (_, at) => ({
      name: `package-${at}`,
      architecture: 'amd64',
      version: `1.${(machine * 7 + at) % 5}-1+deb12u1`,
      source: at % 3 === 0 ? null : `source-${Math.floor(at / 3)}`,
      held: false,
      installedAt: '2026-11-20T12:00:00.000Z',
    })),
  })

function reportOf(machine: number, section: object): Call {
  const report = {
    id: randomUUID(),
    machineKey: `key-of-bench-machine-${machine}`,
    hostname: `bench-${machine}`,
    collectedAt: new Date().toISOString(),
    agentVersion: '0.2.0',
    sections: [{ kind: 'packages', version: 1, ...section }],
  }
  return {
    path: '/graphql',
    body: gzipSync(JSON.stringify({ query: MUTATION, variables: { report } })),
    headers: { 'content-encoding': 'gzip' },
  }
}

/** Milliseconds of a core for the report of one machine. */
async function perReport(server: BenchServer, sectionOf: (machine: number) => object): Promise<number> {
  const before = worked(server.pid)
  for (let machine = 0; machine < MACHINES; machine += 1) await send(server, reportOf(machine, sectionOf(machine)))
  return ((worked(server.pid) - before) * 1000) / MACHINES
}

const FOUND =
  'nodes { name version source machine { hostname } update { candidate } } pageInfo { hasNextPage endCursor }'
const SEARCHES: Record<string, string> = {
  'one package by its name': 'search: "package-1234"',
  'a source package': 'search: "source-77"',
  'nearly all of them, the first hundred': 'search: "package"',
}

/** The database of `server` lies in `dataDir`; it is read once the server has stopped, by what is returned. */
export async function packagesCost(
  server: BenchServer,
  dataDir: string,
  { note, tell, seconds }: Tools,
): Promise<() => void> {
  tell(`(i) ${MACHINES} machines with ${PACKAGES} packages each`)
  const first = await perReport(server, (machine) => ({ payload: payloadOf(machine) }))
  note('(i) a report that tells 2,000 packages for the first time', `${first.toFixed(0)} ms of a core`, 'the measure')
  const changed = await perReport(server, (machine) => ({
    payload: payloadOf(machine).replaceAll(/"package-1?\d"/g, (name) => `${name.slice(0, -1)}-new"`),
  }))
  note('(i) one that tells twenty others', `${changed.toFixed(0)} ms of a core`, 'less', changed < first)
  const hashes = Array.from({ length: MACHINES }, (_, machine) => {
    const payload = payloadOf(machine).replaceAll(/"package-1?\d"/g, (name) => `${name.slice(0, -1)}-new"`)
    return createHash('sha256').update(payload).digest('hex')
  })
  const same = await perReport(server, (machine) => ({ unchanged: hashes[machine] }))
  note('(i) one that tells the same, by its hash', `${same.toFixed(1)} ms of a core`, '≤ a tenth', same <= first / 10)
  for (const [what, filter] of Object.entries(SEARCHES)) {
    const call = query(`{ installedPackages(first: 100, filter: { ${filter} }) { ${FOUND} } }`)
    await send(server, call)
    const { p50, p99 } = await load(server.url, server.token, 1, seconds / 2, () => call)
    note(`(i) search: ${what}`, `p50 ${p50.toFixed(1)} ms, p99 ${p99.toFixed(1)} ms`, 'p99 ≤ 100 ms', p99 <= 100)
  }
  return () => {
    const database = new DatabaseSync(join(dataDir, 'vigie.sqlite'), { readOnly: true })
    const one = (sql: string): number => Number(Object.values(database.prepare(sql).get() ?? {})[0])
    const bytes = one(
      "select sum(pgsize) from dbstat where name like '%installed_package%' or name like '%package_version%'",
    )
    database.close()
    note('(i) the packages of one machine', `${(bytes / MACHINES / 1024).toFixed(0)} KiB`, 'bounded')
  }
}
