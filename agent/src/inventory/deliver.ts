import { Ending, ExitStatus } from '../exit-status.ts'
import type { Settings } from '../settings.ts'
import type { InventoryReport } from './report.ts'
import { ReportRefused, sendReport, type Sent, Stumbled } from './send.ts'
import type { Spool } from './spool.ts'

export interface Delivery {
  status: ExitStatus
  /** For a human, the last one says how it ended. */
  lines: string[]
}

/** Spools a report, then sends all that wait, the oldest first. What could not be sent stays for the next time. */
export async function deliver(settings: Settings, spool: Spool, report: InventoryReport): Promise<Delivery> {
  const lines: string[] = []
  const dropped = await spool.add(report).catch((error: NodeJS.ErrnoException) => error)
  if (dropped instanceof Error) return direct(settings, report, dropped)

  if (dropped) lines.push(`${dropped} of the oldest waiting reports were dropped: the spool is full`)
  let sent: Sent | null = null
  const stumbled: string[] = []
  for (const name of await spool.waiting()) {
    const waiting = await spool.read(name)
    if (!waiting) {
      lines.push(`A waiting report could not be read and was removed (${name})`)
      continue
    }
    try {
      const result = await sendReport(settings, waiting)
      if (waiting.id === report.id) sent = result
    } catch (error) {
      if (error instanceof ReportRefused) {
        lines.push(`The report of ${waiting.collectedAt} was refused: ${error.message}`)
      } else if (error instanceof Stumbled && waiting.id !== report.id) {
        // It may be this one report that the server fails at: those behind it are sent all the same.
        stumbled.push(name)
        continue
      } else if (error instanceof Ending) {
        const count = (await spool.waiting()).length
        lines.push(
          `${error.message} ${count === 1 ? 'The report waits' : `${count} reports wait`} on disk and will be sent next time.`,
        )
        return { status: error.status, lines }
      } else throw error
    }
    await forget(spool, name, lines)
  }
  if (sent) await giveUp(spool, stumbled, lines)
  if (!sent) return { status: ExitStatus.INCOMPATIBLE, lines }
  return summarise(report, sent, lines)
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
async function direct(settings: Settings, report: InventoryReport, cause: NodeJS.ErrnoException): Promise<Delivery> {
  const lines = [`The report cannot be kept on disk (${cause.code ?? cause.message}): it is sent without`]
  try {
    return summarise(report, await sendReport(settings, report), lines)
  } catch (error) {
    if (!(error instanceof Ending) && !(error instanceof ReportRefused)) throw error
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
  const disks = report.sections.filter(({ kind, payload }) => kind === 'smartctl' && payload).length
  const read = `${disks} ${disks === 1 ? 'disk' : 'disks'} read`
  if (clockAheadMs !== null) {
    const minutes = Math.round(Math.abs(clockAheadMs) / 60_000)
    lines.push(
      `Accepted, ${read}; but this clock is ${minutes} minutes ${clockAheadMs > 0 ? 'ahead of' : 'behind'} the server's: timedatectl set-ntp true`,
    )
    return { status: ExitStatus.CLOCK_OFF, lines }
  }
  const refused = receipt.sections.filter(({ outcome }) => outcome === 'REFUSED')
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
