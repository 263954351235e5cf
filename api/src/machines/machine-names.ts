import { BlockList, isIP } from 'node:net'
import type { Expression, ExpressionBuilder, SqlBool } from 'kysely'
import type { EntityManager } from '../database/database.ts'
import { findRows, type Row } from '../database/rows.ts'
import type { Tables } from '../database/tables.ts'
import { Machine } from './machine.entity.ts'

const EVERYWHERE = new BlockList()
for (const [address, bits] of [
  ['127.0.0.0', 8],
  ['169.254.0.0', 16],
  ['0.0.0.0', 8],
] as const)
  EVERYWHERE.addSubnet(address, bits, 'ipv4')
for (const [address, bits] of [
  ['::', 127],
  ['::ffff:127.0.0.0', 104],
  ['fe80::', 10],
] as const)
  EVERYWHERE.addSubnet(address, bits, 'ipv6')

/** Loopback and link-local addresses are on every machine, and tell none apart (RFC 6890); what is no address tells nothing. */
export const isOwnAddress = (ip: string | null | undefined): boolean =>
  isIP(ip ?? '') !== 0 && !EVERYWHERE.check(ip ?? '', isIP(ip ?? '') === 6 ? 'ipv6' : 'ipv4')

/** Without case, and as a whole or its first part alone. */
export function isSameName(one: string, other: string | null): boolean {
  const [a, b] = [one, other ?? ''].map((name) => name.toLowerCase().replace(/\.$/, ''))
  return a === b || Boolean(a && b && (a.startsWith(`${b}.`) || b.startsWith(`${a}.`)))
}

type Machines = ExpressionBuilder<Tables, 'Machine'>
const lowerHostname = (eb: Machines) => eb.fn<string>('lower', ['hostname'])

/**
 * Machines of this hostname, which is compared without case (RFC 4343). Where there is none, those whose whole name begins
 * with it, or whose short name it begins with: the caller takes one alone.
 */
export async function namesakes(em: EntityManager, hostname: string): Promise<Row<Machine>[]> {
  const name = hostname.toLowerCase().replace(/\.$/, '')
  const find = (condition: (eb: Machines) => Expression<SqlBool>): Promise<Row<Machine>[]> =>
    findRows(em, Machine, (query) => query.where(condition).orderBy('id').limit(50))
  const same = await find((eb) => eb(lowerHostname(eb), '=', name))
  if (same.length > 0) return same
  const [short = ''] = name.split('.', 1)
  return short !== name
    ? find((eb) => eb(lowerHostname(eb), '=', short))
    : // Every name that begins with "atlas.": "/" follows "." in ASCII.
      find((eb) => eb.and([eb(lowerHostname(eb), '>', `${name}.`), eb(lowerHostname(eb), '<', `${name}/`)]))
}

/** The machines that somebody means by a hostname: those in service, or the retired ones where none is. */
export async function machinesCalled(em: EntityManager, hostname: string): Promise<Row<Machine>[]> {
  // No name is longer (RFC 1035 §2.3.4).
  const found = hostname.length > 253 ? [] : await namesakes(em, hostname)
  const inService = found.filter((machine) => machine.archivedAt === null)
  return inService.length > 0 ? inService : found
}
