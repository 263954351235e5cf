import type { BackupEntry } from '../backups/backup-entry.entity.ts'
import type { BackupRun } from '../backups/backup-run.entity.ts'
import type { ExpectedJob } from '../backups/expected-job.entity.ts'
import type { Row } from '../database/rows.ts'
import type { Disk } from '../disks/disk.entity.ts'
import { Health } from '../disks/health.ts'
import type { Machine } from '../machines/machine.entity.ts'
import { bytesInWords, octetsEnMots } from '../reasons/entry.ts'
import { sentence } from '../reasons/sentence.ts'
import { type Alert, AlertType, type Delivery, DeliveryKind, type DigestFacts } from './alert.entity.ts'
import { type Language, WORDS, type Words } from './words.ts'

// What a message says, before it is written as text or HTML: pure, from rows to lines. Nothing is left out silently: what
// is not known says so.

/** An alert with everything that a message tells of it. */
export interface AlertFacts {
  alert: Row<Alert>
  job: Row<ExpectedJob> | null
  entry: Row<BackupEntry> | null
  run: Row<BackupRun> | null
  /** The good backup before this one. */
  previousGood: { expectedAt: Date; measuredSize: number | null } | null
  machine: Row<Machine> | null
  disk: Row<Disk> | null
}

export interface MessageOptions {
  language: Language
  timeZone: string
  /** Where links lead. */
  baseUrl: string
}

export interface Section {
  headline: string
  sentences: string[]
  facts: [label: string, value: string][]
  /** What to do, in the words of whoever made the job; null = nothing was written. */
  runbook: string | null
  link: string
}

export interface Message {
  subject: string
  intro: string
  sections: Section[]
  /** Of a digest: lines beyond the sections. */
  lines: string[]
  footer: string
}

/** More than this many sections are told as lines. */
const MOST_SECTIONS = 3
const MOST_LINES = 200

export function messageOf(
  delivery: Pick<Row<Delivery>, 'kind' | 'facts'>,
  alerts: readonly AlertFacts[],
  options: MessageOptions,
): Message {
  const words = WORDS[options.language]
  const footer = words.footer(options.baseUrl)
  if (delivery.kind === DeliveryKind.TEST)
    return { subject: words.testSubject, intro: words.testIntro, sections: [], lines: [], footer }
  if (delivery.kind === DeliveryKind.DAILY) return { ...digest(delivery.facts as DigestFacts, words, options), footer }
  const sorted = alerts.toSorted((a, b) => severityRank(b) - severityRank(a))
  const single = sorted.length === 1 ? sorted[0] : undefined
  const headlines = sorted.map((facts) => headline(facts, delivery.kind, words, options))
  const subject = single ? (headlines[0] as string) : words.manySubject(delivery.kind, sorted.length, agentOf(sorted))
  if (sorted.length > MOST_SECTIONS) {
    const lines = headlines.slice(0, MOST_LINES).map((line) => `• ${line}`)
    if (headlines.length > MOST_LINES) lines.push(words.more(headlines.length - MOST_LINES))
    return {
      subject: `[Vigie] ${subject}`,
      intro: words.intro(delivery.kind, sorted.length),
      sections: [],
      lines,
      footer,
    }
  }
  return {
    subject: `[Vigie] ${subject}`,
    intro: words.intro(delivery.kind, sorted.length),
    sections: sorted.map((facts) => sectionOf(facts, delivery.kind, words, options)),
    lines: [],
    footer,
  }
}

const severityRank = ({ alert }: AlertFacts): number => ['INFO', 'WARNING', 'AT_RISK', 'FAILED'].indexOf(alert.severity)

/** The agent that all of them are about; null = several. */
function agentOf(alerts: readonly AlertFacts[]): string | null {
  const agents = new Set(alerts.map(({ job }) => job?.agentId ?? null))
  return agents.size === 1 ? ([...agents][0] ?? null) : null
}

const placeOf = (job: Row<ExpectedJob>): string =>
  [job.companyName, job.city, job.neighborhood].filter(Boolean).join(' / ')

const utc = (date: Date): string => `${date.toISOString().slice(0, 16).replace('T', ' ')} UTC`

/** In UTC, and in the owner's zone where it is another. */
function when(date: Date | null, words: Words, { timeZone, language }: MessageOptions): string {
  if (!date) return words.notTold
  if (timeZone === 'UTC') return utc(date)
  const local = new Intl.DateTimeFormat(language, { dateStyle: 'medium', timeStyle: 'short', timeZone }).format(date)
  return `${local} (${timeZone}) · ${utc(date)}`
}

function headline(
  { alert, job, entry, machine, disk }: AlertFacts,
  kind: DeliveryKind,
  words: Words,
  options: MessageOptions,
): string {
  const resolved = kind === DeliveryKind.RECOVERY
  const prefix = resolved
    ? isLessBad(alert)
      ? words.lessBad
      : words.resolved
    : kind === DeliveryKind.REMINDER
      ? words.reminder
      : ''
  const lead = (text: string): string => (prefix ? `${prefix} ${text}` : text)
  switch (alert.type) {
    case AlertType.BACKUP: {
      const name = job ? `${job.databaseName} · ${placeOf(job) || job.agentId}` : (alert.facts.name ?? '?')
      const due = entry ? ` · ${words.expected} ${utc(entry.expectedAt)}` : ''
      return lead(`${words.status(alert.status ?? 'UNKNOWN')} ${name}${due}`)
    }
    case AlertType.FILE:
      return lead(`${words.file(alert.status ?? '')} ${alert.facts.path ?? ''}`)
    case AlertType.REPORT:
      return lead(`${words.report(alert.status ?? '')} ${alert.facts.name ?? ''}`)
    case AlertType.DISK: {
      const device = alert.facts.device ? ` (${alert.facts.device})` : ''
      return lead(
        `${words.disk(alert.status ?? '')} ${disk?.model ?? ''} ${disk?.serial ?? ''}${device} · ${machine?.hostname ?? machine?.ip ?? '?'}`,
      )
    }
    case AlertType.ARRAY:
      return lead(
        `${words.array(alert.status ?? '')} ${alert.facts.name ?? '?'} · ${machine?.hostname ?? machine?.ip ?? '?'}`,
      )
    case AlertType.MACHINE_SILENT:
      return lead(`${words.silent} ${machine?.name ?? machine?.hostname ?? machine?.ip ?? '?'}`)
    case AlertType.SCANNER:
      return lead(alert.facts.count !== undefined ? words.away(alert.facts.count) : words.blind)
  }
  return lead(options.baseUrl)
}

function sectionOf(facts: AlertFacts, kind: DeliveryKind, words: Words, options: MessageOptions): Section {
  const { alert, job, machine } = facts
  const resolved = kind === DeliveryKind.RECOVERY
  const ended = isLessBad(alert) ? alert.facts.reasons : facts.entry?.reasons
  const reasons = (resolved ? ended : alert.facts.reasons) ?? []
  const sentences = reasons.map((reason) => sentence(reason, options.language))
  if (!resolved && alert.facts.detail) sentences.push(alert.facts.detail)
  if (!resolved && alert.resolvedAt && alert.type !== AlertType.SCANNER) sentences.push(words.meanwhile)
  const minutes = minutesBetween(alert.openedAt, alert.resolvedAt ?? alert.changedAt)
  if (resolved) sentences.unshift(isLessBad(alert) ? words.easedAfter(minutes) : words.lasted(minutes))
  const path =
    alert.type === AlertType.DISK
      ? `disks/${alert.disk}`
      : alert.type === AlertType.MACHINE_SILENT || alert.type === AlertType.ARRAY
        ? `machines/${alert.machine}`
        : job
          ? `backups/${job.id}`
          : 'alerts'
  return {
    headline: headline(facts, kind, words, options),
    sentences,
    facts: [
      ...(alert.type === AlertType.BACKUP || (alert.type === AlertType.FILE && job)
        ? backupFacts(facts, words, options)
        : []),
      ...(machine && alert.type !== AlertType.BACKUP
        ? [[words.machine, machine.name ?? machine.hostname ?? machine.ip ?? words.notTold] as [string, string]]
        : []),
      ...(alert.type === AlertType.MACHINE_SILENT && machine
        ? [[words.lastSeen, when(machine.lastSeenAt, words, options)] as [string, string]]
        : []),
      ...(alert.type === AlertType.REPORT && alert.facts.path
        ? [[words.fileName, alert.facts.path] as [string, string]]
        : []),
      ...(resolved && alert.facts.recoveredBy
        ? [[words.recoveredBy, when(new Date(alert.facts.recoveredBy), words, options)] as [string, string]]
        : []),
      [words.since, when(alert.openedAt, words, options)],
      ...(alert.count > 1 ? [[words.times, String(alert.count)] as [string, string]] : []),
      [words.alertId, alert.id],
    ],
    runbook: resolved ? null : (job?.runbook ?? null),
    link: `${options.baseUrl}/${path}`,
  }
}

/** Over, but not good: the disk fell back to a warning. */
const isLessBad = ({ facts }: Row<Alert>): boolean => facts.endedAs === Health.WARNING

const minutesBetween = (from: Date, to: Date): number =>
  Math.max(0, Math.round((to.getTime() - from.getTime()) / 60_000))

function backupFacts(
  { job, entry, run, previousGood, alert }: AlertFacts,
  words: Words,
  options: MessageOptions,
): [string, string][] {
  if (!job) return []
  const told = (value: string | null | undefined): string => value || words.notTold
  const bytes = (size: number | null | undefined): string =>
    size === null || size === undefined
      ? words.notTold
      : `${options.language === 'fr' ? octetsEnMots(size) : bytesInWords(size)} (${size})`
  const steps = run
    ? (
        [
          ['BACKUP', run.backup],
          ['COMPRESS', run.compress],
          ['TRANSFER', run.transfer],
        ] as const
      ).map(([name, step]) => `${name}: ${step ? (step.ok ? words.ok : words.failed) : words.notTold}`)
    : []
  const error = run && [run.backup, run.compress, run.transfer].find((step) => step?.error)?.error
  return [
    [words.database, job.databaseName],
    [words.agent, job.agentId],
    [words.company, told(job.companyName)],
    [words.city, told([job.city, job.neighborhood].filter(Boolean).join(' / '))],
    [words.statusOfRun, words.status((alert.resolvedAt ? entry?.status : alert.status) ?? entry?.status ?? 'UNKNOWN')],
    [words.statusOfJob, words.status(job.currentStatus)],
    [words.expected, when(entry?.expectedAt ?? null, words, options)],
    [words.windowEnd, when(entry?.windowEndsAt ?? null, words, options)],
    [
      words.arrived,
      entry?.arrivedAt
        ? when(entry.arrivedAt, words, options)
        : entry?.measuredSize == null
          ? words.nothing
          : words.arrivedNotGood,
    ],
    [words.agentTime, when(entry?.agentReportTimestamp ?? null, words, options)],
    [words.steps, steps.length ? steps.join(', ') : words.noReport],
    [words.agentError, told(error)],
    [words.fileName, told(entry?.stagedFileName)],
    [words.declaredHash, told(entry?.reportedHash)],
    [words.measuredHash, entry?.measuredHash ?? words.notMeasured],
    [words.declaredSize, bytes(entry?.reportedSize)],
    [words.measuredSize, entry?.measuredSize == null ? words.notMeasured : bytes(entry.measuredSize)],
    [
      words.previousGood,
      previousGood
        ? `${when(previousGood.expectedAt, words, options)}, ${bytes(previousGood.measuredSize)}`
        : words.noneBefore,
    ],
    [words.inARow, String(job.badInARow)],
    [words.jobId, job.id],
    [words.entryId, told(entry?.id)],
  ]
}

function digest(facts: DigestFacts, words: Words, { baseUrl }: MessageOptions): Omit<Message, 'footer'> {
  const { total, good, bad } = facts
  const lines = bad.map(({ name, status }) => `• ${words.status(status)} ${name}`)
  if (total - good > bad.length) lines.push(words.more(total - good - bad.length))
  return {
    subject: `[Vigie] ${words.dailySubject(good, total)}`,
    intro: good === total ? words.dailyAllGood(total) : words.dailySomeBad(good, total),
    sections: [],
    lines: [...lines, `${baseUrl}/backups`],
  }
}
