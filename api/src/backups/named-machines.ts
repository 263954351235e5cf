import type { EntityManager } from '../database/database.ts'
import { selectRows } from '../database/rows.ts'
import { tables } from '../database/tables.ts'
import { InvalidInputError } from '../platform/errors.ts'
import { Machine } from '../machines/machine.entity.ts'
import { machinesCalled } from '../machines/machine-names.ts'
import type { ExpectedJobChange, ProtectionInput } from './expected-job.input.ts'

// People and scripts know machines by their hostnames: a job may name them so, wherever it may give an id.

/** The same input with the id of every machine that it names. Errors: BAD_USER_INPUT */
export async function withMachineIds(
  em: EntityManager,
  { machineHostname, protects, ...input }: ExpectedJobChange,
): Promise<Omit<ExpectedJobChange, 'machineHostname' | 'protects'> & { protects?: Protected[] | null }> {
  if (machineHostname && input.machineId)
    throw new InvalidInputError('machineHostname', 'is given together with machineId', 'Give one of the two.')
  const machineId = machineHostname ? await idOf(em, 'machineHostname', machineHostname) : input.machineId
  return {
    ...input,
    ...(machineId === undefined ? {} : { machineId }),
    ...(protects === undefined ? {} : { protects: protects && (await protectedBy(em, protects)) }),
  }
}

/** A path on a machine that is known. */
export interface Protected {
  machineId: string
  path: string
}

async function protectedBy(em: EntityManager, protects: readonly ProtectionInput[]): Promise<Protected[]> {
  const found: Protected[] = []
  for (const [index, { machineId, hostname, path }] of protects.entries()) {
    if (Boolean(machineId) === Boolean(hostname))
      throw new InvalidInputError(`protects[${index}]`, 'needs machineId or hostname, one of the two', 'Give one.')
    found.push({ machineId: machineId || (await idOf(em, `protects[${index}].hostname`, hostname ?? '')), path })
  }
  return found
}

async function idOf(em: EntityManager, field: string, hostname: string): Promise<string> {
  const [machine, ...others] = await machinesCalled(em, hostname.trim())
  if (!machine)
    throw new InvalidInputError(
      field,
      `is no machine that Vigie knows ("${hostname.slice(0, 100)}")`,
      'Let its agent report first, or ask machines for the names.',
    )
  if (others.length > 0)
    throw new InvalidInputError(
      field,
      `is the name of ${others.length + 1} machines ("${hostname.slice(0, 100)}")`,
      'Give the id of the one that is meant.',
    )
  return machine.id
}

/** How an export names machines: by hostname where that is one machine's alone, else by id. */
export async function machineWords(em: EntityManager, ids: readonly string[]): Promise<Map<string, string>> {
  const machines = await selectRows(em, Machine, 'id', [...new Set(ids)])
  const names = await tables(em)
    .selectFrom('Machine')
    .select((eb) => eb.fn<string>('lower', ['hostname']).as('lowered'))
    .where('hostname', 'is not', null)
    .groupBy((eb) => eb.fn('lower', ['hostname']))
    .having((eb) => eb.fn.countAll<number>(), '=', 1)
    .execute()
  const unique = new Set(names.map(({ lowered }) => lowered))
  const isUnique = (hostname: string | null): hostname is string =>
    hostname !== null && !/:|\.$/.test(hostname) && unique.has(hostname.toLowerCase())
  return new Map(machines.map(({ id, hostname }) => [id, isUnique(hostname) ? hostname : id]))
}

/** `atlas:/srv/data`, as an export writes it. Null = it is not written so. */
export function readProtected(text: string): { machine: string; path: string } | null {
  const at = text.indexOf(':/')
  return at > 0 ? { machine: text.slice(0, at).trim(), path: text.slice(at + 1).trim() } : null
}
