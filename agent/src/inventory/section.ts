import { CommandUnavailable } from '../platform/command.ts'
import { SECTION_VERSION } from '../report/limits.ts'
import type { SectionKind } from '../report/sections.ts'

export interface Section {
  kind: SectionKind
  version: typeof SECTION_VERSION
  subject: string | null
  collectedAt: string
  unavailable: { code: string; text: string } | null
  /** JSON text. */
  payload: string | null
  /** SHA-256 of the payload, in its place: the server has it already. */
  unchanged?: string
}

/** Null = there is nothing of that kind on this machine: no section, and nothing is missing. */
export type Collect = () => Promise<unknown>

export class Unavailable extends Error {
  constructor(
    readonly code: string,
    text: string,
  ) {
    super(text)
  }
}

const CURES = new Map([
  ['smartctl', 'apt install smartmontools'],
  ['lsblk', 'apt install util-linux'],
  ['pvs', 'apt install lvm2'],
  ['zpool', 'apt install zfsutils-linux'],
  ['df', 'apt install coreutils'],
])

/** A dead network mount may answer no file call ever; the report does not wait for it. */
const LONGEST = 60_000

function within<T>(work: Promise<T>, ms: number): Promise<T> {
  let timer: ReturnType<typeof setTimeout>
  const limit = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Unavailable('TIMEOUT', `no answer within ${ms / 1000} s`)), ms)
  })
  return Promise.race([work, limit]).finally(() => clearTimeout(timer))
}

/** Collects one section; whatever goes wrong costs this section alone, and says why and what to do about it. */
export async function collectSection(
  kind: SectionKind,
  collect: Collect,
  { subject = null, longestMs = LONGEST }: { subject?: string | null; longestMs?: number } = {},
): Promise<Section | null> {
  const collectedAt = new Date().toISOString()
  const section = { kind, version: SECTION_VERSION, subject, collectedAt } as const
  try {
    const payload = payloadOf(await within(collect(), longestMs))
    return payload === null ? null : { ...section, unavailable: null, payload }
  } catch (error) {
    return { ...section, unavailable: reasonOf(error), payload: null }
  }
}

/** JSON text as a program printed it, or of what was read; null = there is nothing of that kind. */
export const payloadOf = (value: unknown): string | null =>
  value === null || typeof value === 'string' ? value : JSON.stringify(value)

export function reasonOf(error: unknown): { code: string; text: string } {
  if (error instanceof CommandUnavailable) {
    const cure = [...CURES].find(([tool]) => error.message.startsWith(`${tool} is not installed`))?.[1]
    return { code: error.code, text: cure ? `${error.message}: ${cure}` : error.message }
  }
  if (error instanceof Unavailable) return { code: error.code, text: error.message }
  return { code: 'UNPARSABLE', text: error instanceof Error ? error.message : String(error) }
}
