import { MINUTE } from '../platform/clock.ts'
import type { JobDraft } from './job-draft.ts'
import { inPath, keepsOnlyLatest, render, renderFolder } from './path-template.ts'
import { nextDues, periodOf } from './schedule.ts'

export interface JobPreview {
  cron: string
  timeZone: string
  periodMinutes: number
  graceMinutes: number
  keepsOnlyLatest: boolean
  logFolder: string
  dues: { expectedAt: Date; windowEndsAt: Date; depositPath: string; storagePath: string }[]
}

/** What an agent's file would be called where nothing is known of it yet. */
const sampleName = (draft: JobDraft): string => `${inPath(draft.databaseName)}.sql.gz`

/** What a job means: its next due times, and the paths of each. Pure. */
export function previewOf(draft: JobDraft, now: Date): JobPreview {
  const dues = nextDues(draft, now, 5).map((expectedAt) => {
    const run = { expectedAt, timeZone: draft.timeZone, fileName: sampleName(draft) }
    return {
      expectedAt,
      windowEndsAt: new Date(expectedAt.getTime() + draft.graceMinutes * MINUTE),
      depositPath: render(draft.agentDepositPathTemplate, draft, run),
      storagePath: render(draft.finalStoragePathTemplate, draft, run),
    }
  })
  return {
    cron: draft.cron,
    timeZone: draft.timeZone,
    graceMinutes: draft.graceMinutes,
    dues,
    periodMinutes: Math.round(periodOf(draft) / MINUTE),
    keepsOnlyLatest: keepsOnlyLatest(dues.map((due) => due.storagePath)),
    logFolder: renderFolder(draft.agentLogDepositPathTemplate, draft),
  }
}
