import type { EntityManager } from '../database/database.ts'
import { selectRows } from '../database/rows.ts'
import { tables } from '../database/tables.ts'
import { localAgentMachine } from '../access/local-agent.ts'
import { Machine } from '../machines/machine.entity.ts'
import { machinesCalled } from '../machines/machine-names.ts'
import { RoomUse } from '../room/room.entity.ts'
import { FileSystem } from '../storage/file-system.entity.ts'
import { holdingOf } from '../storage/holding.ts'
import { Elsewhere } from './place-verdict.ts'

/** Where the vault lies. Null = not known. */
export interface VaultPlace {
  machine: string | null
  /** The disks below it; null = not known, as where it is a mount of another machine. */
  disks: ReadonlySet<string> | null
}

/** A file system that grows and shrinks with its pool, and one that was measured a while ago. */
const TOLERANCE = 0.02

/**
 * On which machine and disks the vault lies. Vigie does not know where it runs itself: somebody says it, by hostname or id,
 * or the agent does that it runs for this very machine.
 */
export async function vaultPlace(em: EntityManager, vault: string, told: string | null): Promise<VaultPlace> {
  const machine = told === null ? await localAgentMachine(em) : await machineCalled(em, told)
  if (machine === null) return { machine: null, disks: null }
  const fileSystems = (await selectRows(em, FileSystem, 'machine', [machine])).filter(
    ({ goneSince }) => goneSince === null,
  )
  const holding = holdingOf(fileSystems, vault)
  const room = (await tables(em).selectFrom('Room').select(['uses', 'used', 'free']).execute()).find(({ uses }) =>
    uses.includes(RoomUse.VAULT),
  )
  if (!holding || !room || holding.usedBytes === null || holding.freeBytes === null) return { machine, disks: null }
  // A mount of another machine stands in none of its reports: then the path seems to lie on what is below.
  const [size, told_] = [room.used + room.free, holding.usedBytes + holding.freeBytes]
  if (Math.abs(size - told_) > TOLERANCE * size) return { machine, disks: null }
  const rows = await tables(em)
    .selectFrom('FileSystemDisk')
    .select('disk')
    .where('fileSystem', '=', holding.id)
    .execute()
  return { machine, disks: rows.length ? new Set(rows.map(({ disk }) => disk)) : null }
}

async function machineCalled(em: EntityManager, told: string): Promise<string | null> {
  const [byId] = await selectRows(em, Machine, 'id', [told])
  if (byId) return byId.id
  const [machine, ...others] = await machinesCalled(em, told)
  return machine && others.length === 0 ? machine.id : null
}

/** Seen from a place on a machine and its disks. */
export function elsewhereFrom(vault: VaultPlace, machine: string, disks: readonly string[]): Elsewhere | null {
  if (vault.machine === null) return null
  if (vault.machine !== machine) return Elsewhere.OTHER_MACHINE
  if (vault.disks === null || disks.length === 0) return null
  return disks.some((disk) => vault.disks?.has(disk)) ? Elsewhere.SAME_DISK : Elsewhere.OTHER_DISK
}
