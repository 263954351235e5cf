import { type ReportInventoryMutation, ReportInventoryDocument } from '../gql/graphql.ts'
import { askServer, notVigie } from '../platform/server.ts'
import type { Settings } from '../settings.ts'
import { CLOCK_TOLERANCE } from '../report/limits.ts'
import type { InventoryReport } from './report.ts'

export type Receipt = ReportInventoryMutation['reportInventory']

export interface Sent {
  receipt: Receipt
  /** How far this machine's clock is ahead of the server's; null = within five minutes. */
  clockAheadMs: number | null
}

/** Sends one report; each way in which it can fail has its own ending. */
export async function sendReport(settings: Settings, report: InventoryReport): Promise<Sent> {
  const { data, status, date } = await askServer(settings, ReportInventoryDocument, {
    report: { ...report, sentAt: new Date().toISOString() },
  })
  if (!isReceipt(data.reportInventory, report.id)) throw notVigie(settings.server, status)
  const ahead = date ? Date.now() - Date.parse(date) : 0
  return {
    receipt: data.reportInventory as Receipt,
    clockAheadMs: Math.abs(ahead) > CLOCK_TOLERANCE ? ahead : null,
  }
}

/** What is no receipt has accepted nothing: the report is kept. */
const isReceipt = (value: unknown, reportId: string): boolean => {
  const { id, sections, notes } = (value ?? {}) as { id?: unknown; sections?: unknown; notes?: unknown }
  const isSection = (section: unknown): boolean => {
    const { refusals } = (section ?? {}) as { refusals?: unknown }
    return Array.isArray(refusals) && refusals.every((each) => typeof each === 'object' && each !== null)
  }
  const isText = (note: unknown): boolean => typeof note === 'string'
  return (
    id === reportId &&
    Array.isArray(sections) &&
    sections.every(isSection) &&
    Array.isArray(notes) &&
    notes.every(isText)
  )
}
