import { randomUUID } from 'node:crypto'
import { gzipSync } from 'node:zlib'
import { type FleetMachine, smartDocument } from '../test/fleet.ts'
import type { Call } from './load.ts'

const MUTATION = `mutation ($report: InventoryReportInput!) { reportInventory(report: $report) { id repeated machine { id } sections { kind subject outcome refusals { field } } } }`

/** A whole report of a machine, as the agent sends it: gzip, lsblk and one smartctl document for each disk. */
export function agentReport(machine: FleetMachine, round: number, at: Date): Call {
  const lsblk = {
    blockdevices: machine.disks.map(({ device, serial, bytes, rotation }) => ({
      name: device,
      kname: device,
      path: `/dev/${device}`,
      type: 'disk',
      size: bytes,
      serial,
      rota: rotation > 0,
      tran: 'sata',
      fstype: null,
      mountpoints: [null],
    })),
  }
  const section = (kind: string, payload: string, subject: string | null = null) => ({
    kind,
    version: 1,
    subject,
    payload,
  })
  const report = {
    id: randomUUID(),
    machineKey: machine.key,
    hostname: machine.hostname,
    collectedAt: at.toISOString(),
    agentVersion: '0.1.0',
    sections: [
      section('lsblk', JSON.stringify(lsblk)),
      ...machine.disks.map((disk) => section('smartctl', smartDocument(disk, round), disk.device)),
    ],
  }
  return {
    path: '/graphql',
    body: gzipSync(JSON.stringify({ query: MUTATION, variables: { report } })),
    headers: { 'content-encoding': 'gzip' },
  }
}

/** The same disks as a simple script would post them. */
export function scriptReport(machine: FleetMachine, round: number, at: Date): Call {
  const disks = machine.disks.map((disk) => ({
    device: disk.device,
    serial: disk.serial,
    model: disk.model,
    type: disk.rotation ? 'HDD' : 'SSD',
    capacity_bytes: disk.bytes,
    smart: {
      status: 'ok',
      label: 'PASSED',
      temperature_c: 30 + (round % 7),
      power_on_hours: 10_000 + round,
      reallocated_sectors: disk.reallocated,
      pending_sectors: disk.pending,
      uncorrectable_sectors: 0,
    },
  }))
  return {
    path: '/api/ingest',
    body: Buffer.from(
      JSON.stringify({
        hostname: `script-${machine.hostname}`,
        ip: '10.0.0.1',
        os: 'debian',
        os_version: '12',
        collected_at: at.toISOString(),
        disks: disks.map((disk) => ({ ...disk, serial: `X${disk.serial}` })),
      }),
    ),
  }
}

export const query = (text: string, variables: object = {}): Call => ({
  path: '/graphql',
  body: Buffer.from(JSON.stringify({ query: text, variables })),
})
