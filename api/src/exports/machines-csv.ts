import { z } from 'zod'
import type { Row } from '../database/rows.ts'
import { type Health, HEALTH_RANK } from '../disks/health.ts'
import { MachineKind } from '../machines/machine-kind.ts'
import { MachineNeed, MachineOrder } from '../machines/machine-list.ts'
import type { Machine } from '../machines/machine.entity.ts'
import { standingOf } from '../state/standing.ts'
import { ASKED, flag, several } from './asked.ts'
import type { CsvList, Sources } from './csv-list.ts'

const COLUMNS = [
  'hostname',
  'name',
  'tags',
  'address',
  'kind',
  'os',
  'os_version',
  'architecture',
  'virtualization',
  'agent_version',
  'silent',
  'disks',
  'worst_disk_health',
  'updates',
  'installable_updates',
  'security_updates',
  'restart_due',
  'first_seen_at',
  'last_seen_at',
  'retired_at',
] as const

const shape = z.strictObject({
  ...ASKED,
  silent: flag.optional(),
  kind: several(z.enum(MachineKind)),
  needs: several(z.enum(MachineNeed)),
  orderBy: z.enum(MachineOrder).default(MachineOrder.NAME),
})

/** What `machines(filter, orderBy, reverse)` lists. */
export const MACHINES_CSV: CsvList<z.infer<typeof shape>, Row<Machine>> = {
  name: 'machines',
  shape,
  columns: COLUMNS,
  page: ({ machines }, { orderBy, reverse, language: _, ...filter }, page) =>
    machines.list({ ...page, filter, orderBy, reverse, includeArchived: false }),
  row: rowOf,
}

async function rowOf(
  machine: Row<Machine>,
  { machines, disks, state: states, clock }: Sources,
): Promise<Record<(typeof COLUMNS)[number], unknown>> {
  const held = (await disks.inMachine(machine.id)).filter(({ archivedAt }) => !archivedAt)
  const healths = held.map((disk): Health => disks.verdict(disk).health)
  const [worst] = healths.toSorted((a, b) => HEALTH_RANK[b] - HEALTH_RANK[a])
  const state = await states.ofMachine(machine.id)
  return {
    hostname: machine.hostname,
    name: machine.name,
    tags: machine.tags.join(', '),
    address: machine.ip,
    kind: machine.kind,
    os: machine.os,
    os_version: machine.osVersion,
    architecture: machine.arch,
    virtualization: machine.virtualization,
    agent_version: machine.agentVersion,
    silent: machines.isSilent(machine),
    disks: held.length,
    worst_disk_health: worst,
    updates: state && standingOf(state, clock()),
    installable_updates: state?.installable,
    security_updates: state?.security,
    // That nothing asks for it is no answer where the kernel could not be looked at.
    restart_due: state?.rebootReasons?.length ? true : state?.kernelChecked ? false : null,
    first_seen_at: machine.firstSeenAt.toISOString(),
    last_seen_at: machine.lastSeenAt.toISOString(),
    retired_at: machine.archivedAt?.toISOString(),
  }
}
