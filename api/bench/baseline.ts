import { randomUUID } from 'node:crypto'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { deflateRawSync, gunzipSync } from 'node:zlib'
import { DatabaseSync } from 'node:sqlite'
import type { Call } from './load.ts'

interface Body {
  variables: {
    report: {
      id: string
      machineKey: string
      hostname: string
      collectedAt: string
      sections: { kind: string; subject: string; payload: string }[]
    }
  }
}

/**
 * The least that the work can cost: one process without HTTP, GraphQL, validation, identity or judging, that gunzips,
 * parses and deflates the same bytes and writes the same rows by prepared statements, with the same pragmas.
 */
export function baseline(calls: Call[], seconds: number): { perSecond: number } {
  const folder = mkdtempSync(join(tmpdir(), 'vigie-baseline-'))
  const db = new DatabaseSync(join(folder, 'baseline.sqlite'))
  db.exec(`pragma auto_vacuum = incremental; pragma journal_mode = wal; pragma synchronous = full; pragma cache_size = -16000;
    create table machine (id text primary key, hostname text, seen integer);
    create table report (id text primary key, machine text, at integer, sections text); create index report_at on report (machine, at);
    create table disk (id text primary key, serial text, model text, machine text, seen integer, reasons text, health text); create index disk_machine on disk (machine);
    create table stay (id text primary key, disk text, machine text, seen integer);
    create table snapshot (id integer primary key, disk text, machine text, at integer, counters text, reasons text, temperature integer, hours integer, document text); create index snapshot_at on snapshot (disk, at);
    create table document (id text primary key, disk text, at integer, content blob);`)
  const machine = db.prepare(
    'insert into machine values (?, ?, ?) on conflict (id) do update set hostname = excluded.hostname, seen = excluded.seen',
  )
  const report = db.prepare('insert into report values (?, ?, ?, ?)')
  const disk = db.prepare(
    'insert into disk values (?, ?, ?, ?, ?, ?, ?) on conflict (id) do update set seen = excluded.seen, reasons = excluded.reasons, health = excluded.health',
  )
  const stay = db.prepare('insert into stay values (?, ?, ?, ?) on conflict (id) do update set seen = excluded.seen')
  const snapshot = db.prepare(
    'insert into snapshot (disk, machine, at, counters, reasons, temperature, hours, document) values (?, ?, ?, ?, ?, ?, ?, ?)',
  )
  const document = db.prepare(
    'insert into document values (?, ?, ?, ?) on conflict (id) do update set content = excluded.content',
  )
  const accept = (body: Body, parsed: { subject: string; doc: any; content: Buffer }[]) => {
    db.exec('begin immediate')
    const { machineKey, hostname, collectedAt, sections } = body.variables.report
    const at = Date.parse(collectedAt)
    machine.run(machineKey, hostname, at)
    report.run(randomUUID(), machineKey, at, JSON.stringify(sections.map(({ kind, subject }) => ({ kind, subject }))))
    for (const { doc, content } of parsed) {
      const id = doc.serial_number as string
      const counters = Object.fromEntries(
        doc.ata_smart_attributes.table.map((entry: any) => [entry.id, [entry.value, entry.raw.value]]),
      )
      disk.run(id, id, doc.model_name, machineKey, at, '[]', 'OK')
      stay.run(id, id, machineKey, at)
      document.run(id, id, at, content)
      snapshot.run(
        id,
        machineKey,
        at,
        JSON.stringify(counters),
        '[]',
        doc.temperature.current,
        doc.power_on_time.hours,
        id,
      )
    }
    db.exec('commit')
  }
  let count = 0
  const startedAt = performance.now()
  while (performance.now() - startedAt < seconds * 1000) {
    const body = JSON.parse(gunzipSync((calls[count % calls.length] as Call).body).toString()) as Body
    const parsed = body.variables.report.sections
      .filter(({ kind }) => kind === 'smartctl')
      .map(({ subject, payload }) => ({ subject, doc: JSON.parse(payload), content: deflateRawSync(payload) }))
    accept(body, parsed)
    count += 1
  }
  const perSecond = count / ((performance.now() - startedAt) / 1000)
  db.close()
  rmSync(folder, { recursive: true, force: true })
  return { perSecond }
}
