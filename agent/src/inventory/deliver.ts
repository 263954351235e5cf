import { Ending, ExitStatus } from '../exit-status.ts'
import type { Settings } from '../settings.ts'
import type { InventoryReport } from './report.ts'
import { Refused } from '../platform/server.ts'
import { sendReport, type Sent } from './send.ts'
import { whyUnread } from '../disks/smartctl.ts'
import type { SectionGate } from './section-gate.ts'
import type { Spool } from './spool.ts'

export interface Delivery {
  status: ExitStatus
  /** For a human, the last one says how it ended. */
  lines: string[]
}

export interface Courier {
  settings: Settings
  spool: Spool
  gate: SectionGate
}

/** Spools a report, then sends all that wait, the oldest first. What could not be sent stays for the next time. */
export async function deliver({ settings, spool, gate }: Courier, report: InventoryReport): Promise<Delivery> {
  const lines: string[] = []
  const send: Send = (each) => sendNoted(settings, gate, each)
  const dropped = await spool.add(report).catch((error: NodeJS.ErrnoException) => error)
  if (dropped instanceof Error) return direct(send, report, dropped)

  if (dropped) lines.push(`${dropped} of the oldest waiting reports were dropped: the spool is full`)
  let sent: Sent | null = null
  const stumbled: string[] = []
  const own = await nameOf(spool, report)
  for (const name of await spool.waiting()) {
    if (name === own && sent) break
    const waiting = await spool.read(name)
    if (!waiting) {
      lines.push(`A waiting report could not be read and was removed (${name})`)
      continue
    }
    try {
      const result = await send(waiting)
      if (waiting.id === report.id) sent = result
    } catch (error) {
      if (error instanceof Refused) {
        lines.push(`The report of ${waiting.collectedAt} was refused: ${error.message}`)
      } else if (error instanceof Ending) {
        // It may be this one report that the server fails at: the newest tells, and those behind it are sent all the same.
        const answer: Sent | Ending = sent ?? (waiting.id === report.id ? error : await newest(send, report))
        if (answer instanceof Ending) return waits(spool, answer, lines)
        if (!sent) await forget(spool, own, lines)
        sent = answer
        stumbled.push(name)
        // More than a few are no single reports: the server is in trouble, and the rest waits.
        if (stumbled.length > MOST_STUMBLES) break
        continue
      } else throw error
    }
    await forget(spool, name, lines)
  }
  if (sent) await giveUp(spool, stumbled, lines)
  if (!sent) return { status: ExitStatus.INCOMPATIBLE, lines }
  return summarise(report, sent, lines)
}

const MOST_STUMBLES = 3

type Send = (report: InventoryReport) => Promise<Sent>

/** What the server has by then is known from its answer. */
async function sendNoted(settings: Settings, gate: SectionGate, report: InventoryReport): Promise<Sent> {
  try {
    const sent = await sendReport(settings, report)
    await gate.note(report, sent.receipt)
    return sent
  } catch (error) {
    const isRefused = error instanceof Refused || (error instanceof Ending && error.status === ExitStatus.INCOMPATIBLE)
    if (isRefused) await gate.forget()
    throw error
  }
}

const newest = (send: Send, report: InventoryReport): Promise<Sent | Ending> =>
  send(report).catch((error: unknown) => {
    if (error instanceof Ending) return error
    if (error instanceof Refused)
      return new Ending(ExitStatus.INCOMPATIBLE, `The report was refused: ${error.message}.`)
    throw error
  })

const nameOf = async (spool: Spool, { id }: InventoryReport): Promise<string> =>
  (await spool.waiting()).find((name) => name.includes(id)) ?? ''

async function waits(spool: Spool, { message, status }: Ending, lines: string[]): Promise<Delivery> {
  const count = (await spool.waiting()).length
  lines.push(
    `${message} ${count === 1 ? 'The report waits' : `${count} reports wait`} on disk and will be sent next time.`,
  )
  return { status, lines }
}

/** A report that stays though it was sent is known by its id when it is sent again. */
const forget = (spool: Spool, name: string, lines: string[]): Promise<void> =>
  spool.remove(name).catch((error: NodeJS.ErrnoException) => {
    lines.push(`A report that was sent cannot be removed from disk (${error.code ?? error.message}); it is sent again`)
  })

const GIVE_UP_AFTER = 24 * 3_600_000

/** What the server has failed at for a day, while it took others, is given up. */
async function giveUp(spool: Spool, names: readonly string[], lines: string[]): Promise<void> {
  for (const name of names) {
    const age = Date.now() - Date.parse((await spool.read(name))?.collectedAt ?? '')
    if (!(age > GIVE_UP_AFTER)) continue
    await forget(spool, name, lines)
    lines.push(`A report that the server failed at for a day was given up (${name})`)
  }
}

/** A disk that cannot be written must not keep its own report back. */
async function direct(send: Send, report: InventoryReport, cause: NodeJS.ErrnoException): Promise<Delivery> {
  const lines = [`The report cannot be kept on disk (${cause.code ?? cause.message}): it is sent without`]
  try {
    return summarise(report, await send(report), lines)
  } catch (error) {
    if (!(error instanceof Ending) && !(error instanceof Refused)) throw error
    const status = error instanceof Ending ? error.status : ExitStatus.INCOMPATIBLE
    return { status, lines: [...lines, `${error.message} The report is lost.`] }
  }
}

function summarise(report: InventoryReport, { receipt, clockAheadMs }: Sent, lines: string[]): Delivery {
  for (const section of receipt.sections) {
    for (const { field, rule, cure } of section.refusals) {
      lines.push(`${named(section)} was refused: ${field} ${rule}. ${cure}`)
    }
  }
  const missing = report.sections.filter((section) => section.unavailable)
  for (const section of missing) lines.push(`${named(section)} is missing: ${section.unavailable?.text}`)
  for (const note of receipt.notes) lines.push(note)
  const asked = report.sections.filter(({ kind, payload }) => kind === 'smartctl' && payload)
  const unread = asked.flatMap(({ subject, payload }) => {
    const why = whyUnread(payload ?? '')
    return why === null ? [] : [`${subject ?? 'smartctl'} was not read: ${why}`]
  })
  lines.push(...unread)
  const disks = asked.length - unread.length
  const read = `${disks} ${disks === 1 ? 'disk' : 'disks'} read`
  if (clockAheadMs !== null) {
    const minutes = Math.round(Math.abs(clockAheadMs) / 60_000)
    lines.push(
      `Accepted, ${read}; but this clock is ${minutes} minutes ${clockAheadMs > 0 ? 'ahead of' : 'behind'} the server's: timedatectl set-ntp true`,
    )
    return { status: ExitStatus.CLOCK_OFF, lines }
  }
  const refused = receipt.sections.filter(({ outcome }) => outcome === 'REFUSED')
  if (unread.length && disks === 0 && !missing.length && !refused.length) {
    lines.push(`Accepted, but no disk was read: ${unread[0]}`)
    return { status: ExitStatus.SECTIONS_UNAVAILABLE, lines }
  }
  if (missing.length || refused.length) {
    const kinds = [...new Set([...missing, ...refused].map(named))].join(', ')
    const cures = [...new Set(missing.map((section) => section.unavailable?.text))].join('; ')
    lines.push(`Accepted, ${read}, without ${kinds}: ${cures || 'refused'}`)
    return { status: ExitStatus.SECTIONS_UNAVAILABLE, lines }
  }
  lines.push(`Accepted, ${read}`)
  return { status: ExitStatus.ACCEPTED, lines }
}

const named = ({ kind, subject }: { kind: string; subject?: string | null }): string =>
  subject ? `${kind} ${subject}` : kind
