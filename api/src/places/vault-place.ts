import type { EntityManager } from '../database/database.ts'
import { selectRows } from '../database/rows.ts'
import { tables } from '../database/tables.ts'
import { localAgentMachine } from '../access/local-agent.ts'
import { shownHealthSql } from '../disks/health-sql.ts'
import { Machine } from '../machines/machine.entity.ts'
import { machinesCalled } from '../machines/machine-names.ts'
import { RoomUse } from '../room/room.entity.ts'
import { FileSystem } from '../storage/file-system.entity.ts'
import { holdingOf } from '../storage/holding.ts'
import { Elsewhere, FAILING } from './place-verdict.ts'

/** Where the vault lies. Null = not known. */
export interface VaultPlace {
  machine: string | null
  /** The disks below it; null = not known, as where it is a mount of another machine. */
  disks: ReadonlySet<string> | null
  /** Whether it could be read when Vigie looked last, and none of its disks is failing or missing. */
  isSound: boolean
}

/** Pools grow and shrink; what another file system has by chance is hardly ever the same. */
const tolerance = (fstype: string | null): number => (fstype === 'zfs' || fstype === 'btrfs' ? 0.02 : 0.001)

/**
 * On which machine and disks the vault lies. Vigie does not know where it runs itself: somebody says it, by hostname or id,
 * or the agent does that it runs for this very machine.
 */
export async function vaultPlace(
  em: EntityManager,
  vault: { path: string; machine: string | null },
  now: Date,
): Promise<VaultPlace> {
  const rooms = await tables(em).selectFrom('Room').select(['uses', 'used', 'free', 'unreadable']).execute()
  const room = rooms.find(({ uses }) => uses.includes(RoomUse.VAULT)) ?? null
  const isReadable = room === null || room.unreadable === null
  const machine = vault.machine === null ? await localAgentMachine(em) : await machineCalled(em, vault.machine)
  const holding = machine === null || room === null ? null : await fileSystemOf(em, machine, vault.path, room)
  const disks = holding === null ? [] : await disksOf(em, holding, now)
  // That it lies on this machine is said by a person, or seen: a mount of another machine stands in none of its reports.
  const isKnown = vault.machine !== null || disks.length > 0
  return {
    machine: isKnown ? machine : null,
    disks: disks.length > 0 ? new Set(disks.map(({ id }) => id)) : null,
    isSound: isReadable && !disks.some(({ health, missingSince }) => missingSince || FAILING.includes(health)),
  }
}

/** The file system that the vault's path lies on, where it is as large as Vigie itself sees there. */
async function fileSystemOf(
  em: EntityManager,
  machine: string,
  path: string,
  { used, free }: { used: number; free: number },
): Promise<string | null> {
  const rows = await selectRows(em, FileSystem, 'machine', [machine])
  const found = holdingOf(
    rows.filter(({ goneSince }) => goneSince === null),
    path,
  )
  if (!found || found.usedBytes === null || found.freeBytes === null) return null
  const apart = Math.abs(used + free - found.usedBytes - found.freeBytes)
  return apart <= tolerance(found.fstype) * (used + free) ? found.id : null
}

const disksOf = (em: EntityManager, fileSystem: string, now: Date) =>
  tables(em)
    .selectFrom('Disk')
    .select(['id', 'missingSince'])
    .select((eb) => shownHealthSql(eb, now).as('health'))
    .where('id', 'in', (eb) => eb.selectFrom('FileSystemDisk').select('disk').where('fileSystem', '=', fileSystem))
    .execute()

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
