import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync, type SQLInputValue, type StatementSync } from 'node:sqlite'
import { openDatabase } from '../src/database/database.ts'
import { migrate } from '../src/database/migrate.ts'
import { fleet, seeded } from '../test/fleet.ts'
import { newId } from '../src/platform/id.ts'

/** Fills a database with a large fleet and its history, straight into the tables: by reports it would take hours. */
export async function seed(dataDir: string, machines: number, disksEach: number, snapshots: number): Promise<void> {
  mkdirSync(dataDir, { recursive: true })
  const file = join(dataDir, 'vigie.sqlite')
  const orm = await openDatabase({ file })
  await migrate(orm)
  await orm.close()
  const db = new DatabaseSync(file)
  db.exec('pragma journal_mode = wal; pragma synchronous = off; pragma cache_size = -400000; pragma foreign_keys = off')
  const insert = (table: string, row: Record<string, SQLInputValue>) =>
    db.prepare(
      `insert into ${table} (${Object.keys(row)
        .map((name) => `"${name}"`)
        .join(', ')}) values (${Object.keys(row)
        .map((name) => `@${name}`)
        .join(', ')})`,
    )
  const now = Date.now()
  const each = Math.floor(snapshots / (machines * disksEach))
  const random = seeded(7)
  const statements = new Map<string, StatementSync>()
  const put = (table: string, row: Record<string, SQLInputValue>) => {
    let statement = statements.get(table)
    if (!statement) statements.set(table, (statement = insert(table, row)))
    return statement.run(row)
  }
  const plan = fleet(machines, disksEach)
  for (const [index, machine] of plan.entries()) {
    db.exec('begin')
    const machineId = newId()
    put('machine', {
      id: machineId,
      machine_key: machine.key,
      hostname: machine.hostname,
      ip: `10.0.${index >> 8}.${index & 255}`,
      os: 'debian',
      os_version: '12',
      arch: 'x86_64',
      kind: 'PHYSICAL',
      virtualization: 'none',
      agent_version: '0.1.0',
      first_seen_at: now - 400 * 86400000,
      last_seen_at: now,
      last_received_at: now,
      report_times: '[]',
      silent_at: now + (index % 50 ? 86400000 : -1),
      notes: '[]',
    })
    const fileSystemId = newId()
    const users = Array.from({ length: 4 }, (_, user) => ({
      user: `user${user}`,
      bytes: Math.floor(random() * 1e11),
      measuredAt: new Date(now).toISOString(),
    })).sort((a, b) => b.bytes - a.bytes)
    put('file_system', {
      id: fileSystemId,
      machine_id: machineId,
      key: `u-${index}`,
      mountpoint: '/home',
      mountpoints: '["/home"]',
      source: '/dev/sda1',
      fstype: 'ext4',
      uuid: `u-${index}`,
      size_bytes: 4e12,
      used_bytes: 2e12,
      free_bytes: 2e12,
      users: JSON.stringify(users),
      home_bytes: users.reduce((sum, { bytes }) => sum + bytes, 0),
      last_seen_at: now,
      gone_since: null,
    })
    for (const [number, disk] of machine.disks.entries()) {
      const id = newId()
      const health = disk.pending ? 'AT_RISK' : disk.reallocated > 15 ? 'AT_RISK' : disk.reallocated ? 'WARNING' : 'OK'
      const reasons = JSON.stringify(
        health === 'OK'
          ? []
          : [
              {
                code: disk.pending ? 'PENDING_SECTORS' : 'REALLOCATED_SECTORS',
                severity: health,
                value: disk.pending || disk.reallocated,
                limit: 1,
                subject: null,
              },
            ],
      )
      put('disk', {
        id,
        serial: disk.serial,
        serial_key: disk.serial,
        model: disk.model,
        wwn: null,
        aliases: '[]',
        weak: 0,
        type: disk.rotation ? 'HDD' : 'SSD',
        bus: 'sata',
        role: 'file_system',
        capacity_bytes: disk.bytes,
        firmware: '1',
        rotation_rpm: disk.rotation,
        machine_id: machineId,
        first_machine_id: machineId,
        device: disk.device,
        path: `/dev/${disk.device}`,
        health,
        reasons,
        rules_version: 1,
        first_seen_at: now - 400 * 86400000,
        last_seen_at: now,
        last_read_at: now,
        last_snapshot_id: null,
      })
      put('disk_stay', {
        id: newId(),
        disk_id: id,
        machine_id: machineId,
        device: disk.device,
        since: now - 400 * 86400000,
        last_seen_at: now,
        until: null,
      })
      if (number === 0) put('file_system_disk', { file_system_id: fileSystemId, disk_id: id })
      let last: number | bigint = 0
      for (let reading = 0; reading < each; reading += 1) {
        const at = now - (each - reading) * 3600000
        const temperature = 28 + (reading % 9)
        const counters = `{"1":[100,${reading}],"5":[100,${disk.reallocated}],"9":[98,${10000 + reading}],"187":[100,0],"188":[100,0],"194":[${temperature},${temperature}],"197":[100,${disk.pending}],"198":[100,0],"199":[200,0],"error_log":[null,0]}`
        last = put('snapshot', {
          disk_id: id,
          machine_id: machineId,
          device: disk.device,
          collected_at: at,
          at,
          outcome: 'READ',
          source: 'AGENT',
          health,
          reasons,
          rules_version: 1,
          temperature,
          power_on_hours: 10000 + reading,
          reallocated: disk.reallocated,
          pending: disk.pending,
          uncorrectable: 0,
          counters,
        }).lastInsertRowid
      }
      if (each > 0) db.prepare('update disk set last_snapshot_id = ? where id = ?').run(last, id)
      if (number < 2)
        put('event', {
          type: 'DISK_ADDED',
          severity: 'INFO',
          at: now - 400 * 86400000,
          cause: 'READING',
          machine_id: machineId,
          disk_id: id,
          to: machineId,
          facts: '{}',
        })
    }
    db.exec('commit')
  }
  db.exec('pragma wal_checkpoint(truncate); analyze')
  db.close()
}
