import type { BackupEntry } from '../backups/backup-entry.entity.ts'
import type { BackupRun } from '../backups/backup-run.entity.ts'
import type { ExpectedJob } from '../backups/expected-job.entity.ts'
import type { Row } from '../database/rows.ts'
import type { Disk } from '../disks/disk.entity.ts'
import { Health } from '../disks/health.ts'
import type { Machine } from '../machines/machine.entity.ts'
import { sentenceOnDisk } from '../places/place-sentence.ts'
import type { Place } from '../places/places.service.ts'
import { type Clock, utcMinute } from '../platform/clock.ts'
import { actionSentence } from '../reasons/action-sentence.ts'
import { bytesInWords, octetsEnMots } from '../reasons/entry.ts'
import { Language as SentenceLanguage } from '../reasons/reasons.resolver.ts'
import type { Reason } from '../reasons/reason.ts'
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
  /** Data on the disk or array that it is about, what would be lost first. */
  places: { place: Place; copyMachine: string }[]
}

export interface MessageOptions {
  language: Language
  timeZone: string
  /** Where links lead. */
  baseUrl: string
  /** When the message is written: ages are told from it. */
  clock: Clock
}

export interface Section {
  headline: string
  sentences: string[]
  facts: [label: string, value: string][]
  /** What to do, in the words of whoever made the job; null = nothing was written. */
  runbook: string | null
  link: string
}

/** One alert among many, as a line of a table. */
export interface TableRow {
  what: string
  where: string
  since: string
  why: string
  lastGood: string
}

export interface Message {
  subject: string
  intro: string
  /** Of many alerts: each in a line, by company, before each is told whole. [] = there are few. */
  table: TableRow[]
  sections: Section[]
  /** Of a digest: lines beyond the sections. */
  lines: string[]
  footer: string
}

/** More alerts than this begin with a table. */
const TABLE_FROM = 4
/** Characters of sections that one message holds; mail servers take 10 MB, people do not. */
const MOST_TOLD = 200_000
const MOST_LINES = 200

export function messageOf(
  delivery: Pick<Row<Delivery>, 'kind' | 'facts'>,
  alerts: readonly AlertFacts[],
  options: MessageOptions,
): Message {
  const words = WORDS[options.language]
  const footer = words.footer(options.baseUrl)
  if (delivery.kind === DeliveryKind.TEST)
    return { subject: words.testSubject, intro: words.testIntro, table: [], sections: [], lines: [], footer }
  if (delivery.kind === DeliveryKind.DAILY) return { ...digest(delivery.facts as DigestFacts, words, options), footer }
  const sorted = byCompany(alerts.toSorted((a, b) => severityRank(b) - severityRank(a)))
  const single = sorted.length === 1 ? sorted[0] : undefined
  const subject = single
    ? headline(single, delivery.kind, words, options)
    : words.manySubject(delivery.kind, sorted.length, agentOf(sorted))
  const sections: Section[] = []
  const rest: string[] = []
  let told = 0
  for (const facts of sorted) {
    const section = sectionOf(facts, delivery.kind, words, options)
    const size = JSON.stringify(section).length
    if (told + size > MOST_TOLD) rest.push(`• ${section.headline} ${section.link}`)
    else {
      sections.push(section)
      told += size
    }
  }
  const lines = rest.slice(0, MOST_LINES)
  if (rest.length > MOST_LINES) lines.push(`${words.more(rest.length - MOST_LINES)} ${options.baseUrl}/alerts`)
  return {
    subject: `[Vigie] ${subject}`,
    intro: words.intro(delivery.kind, sorted.length),
    table: sorted.length >= TABLE_FROM ? sorted.slice(0, MOST_LINES).map((facts) => rowOf(facts, words, options)) : [],
    sections,
    lines,
    footer,
  }
}

/** Those of one company together, the company of the gravest first. */
const byCompany = (alerts: AlertFacts[]): AlertFacts[] =>
  [...Map.groupBy(alerts, ({ job }) => job?.companyName ?? null).values()].flat()

function rowOf(
  { alert, job, entry, machine, disk, previousGood }: AlertFacts,
  words: Words,
  options: MessageOptions,
): TableRow {
  const reasons = (alert.facts.reasons ?? []) as Reason[]
  const why = reasons[0] ? sentence(reasons[0], options.language) : (alert.facts.detail ?? '')
  const name = job?.databaseName ?? disk?.serial ?? alert.facts.name ?? alert.facts.path ?? ''
  return {
    what: `${wordOf(alert, words)} ${name}`.trim(),
    where: job ? [job.agentId, placeOf(job)].filter(Boolean).join(' · ') : (machine?.hostname ?? machine?.ip ?? ''),
    since: utcMinute(entry?.expectedAt ?? alert.openedAt),
    why: why.length > 160 ? `${why.slice(0, 160)} …` : why,
    lastGood: job ? (previousGood ? utcMinute(previousGood.expectedAt) : words.noneBefore) : '',
  }
}

function wordOf(alert: Row<Alert>, words: Words): string {
  const { type, status } = alert
  switch (type) {
    case AlertType.BACKUP:
      return words.status(status ?? 'UNKNOWN')
    case AlertType.FILE:
      return words.file(status ?? '')
    case AlertType.REPORT:
      return words.report(status ?? '')
    case AlertType.DISK:
      return words.disk(status ?? '')
    case AlertType.ARRAY:
      return words.array(status ?? '')
    case AlertType.MACHINE_SILENT:
      return words.silent
    case AlertType.SMART_LOST:
      return words.smartLost
    case AlertType.SECURITY_OVERDUE:
      return words.securityOverdue(alert.facts.count ?? null)
    case AlertType.REBOOT_OVERDUE:
      return words.rebootOverdue
    case AlertType.UPDATES_BROKEN:
      return words.updatesBroken
    case AlertType.ACTION:
      return words.action
    case AlertType.SCANNER:
      return words.blind
    case AlertType.MESSAGES:
      return words.messages
    case AlertType.BUSY:
      return words.busy(status ?? '')
    case AlertType.FILE_SYSTEM:
    case AlertType.ROOM:
      return words.room(status ?? '')
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

/** In UTC, and in the owner's zone where it is another. */
function when(date: Date | null, words: Words, { timeZone, language }: MessageOptions): string {
  if (!date) return words.notTold
  if (timeZone === 'UTC') return utcMinute(date)
  const local = new Intl.DateTimeFormat(language, { dateStyle: 'medium', timeStyle: 'short', timeZone }).format(date)
  return `${local} (${timeZone}) · ${utcMinute(date)}`
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
      const due = entry ? ` · ${words.expected} ${utcMinute(entry.expectedAt)}` : ''
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
    case AlertType.SMART_LOST:
      return lead(`${words.smartLost} ${machine?.name ?? machine?.hostname ?? machine?.ip ?? '?'}`)
    case AlertType.SECURITY_OVERDUE:
    case AlertType.REBOOT_OVERDUE:
    case AlertType.UPDATES_BROKEN:
    case AlertType.MESSAGES:
    case AlertType.BUSY:
      return lead(`${wordOf(alert, words)} ${machine?.name ?? machine?.hostname ?? machine?.ip ?? '?'}`)
    case AlertType.ACTION:
      return lead(
        actionSentence(
          {
            action: alert.facts.action,
            about: alert.facts.about,
            status: alert.status,
            machine: machine?.name ?? machine?.hostname ?? machine?.ip ?? '?',
          },
          options.language,
        ),
      )
    case AlertType.FILE_SYSTEM:
      return lead(
        `${words.room(alert.status ?? '')} ${alert.facts.name ?? ''} · ${machine?.name ?? machine?.hostname ?? machine?.ip ?? '?'}`,
      )
    case AlertType.ROOM:
      return lead(`${words.room(alert.status ?? '')} ${alert.facts.name ?? ''}`)
    case AlertType.SCANNER:
      return lead(alert.facts.count !== undefined ? words.away(alert.facts.count) : words.blind)
  }
  return lead(options.baseUrl)
}

/** What the page of a machine tells most of. */
const OF_MACHINES = new Set([
  AlertType.MACHINE_SILENT,
  AlertType.SMART_LOST,
  AlertType.SECURITY_OVERDUE,
  AlertType.REBOOT_OVERDUE,
  AlertType.UPDATES_BROKEN,
  AlertType.ACTION,
  AlertType.FILE_SYSTEM,
  AlertType.BUSY,
  AlertType.MESSAGES,
  AlertType.ARRAY,
])

function sectionOf(facts: AlertFacts, kind: DeliveryKind, words: Words, options: MessageOptions): Section {
  const { alert, job, machine } = facts
  const resolved = kind === DeliveryKind.RECOVERY
  const ended = isLessBad(alert) ? alert.facts.reasons : facts.entry?.reasons
  const reasons = (resolved ? ended : alert.facts.reasons) ?? []
  const sentences = reasons.map((reason) => sentence(reason, options.language))
  if (!resolved && alert.facts.detail) sentences.push(alert.facts.detail)
  if (!resolved) sentences.push(...placesInWords(facts, options))
  if (!resolved && alert.resolvedAt && alert.type !== AlertType.SCANNER) sentences.push(words.meanwhile)
  const minutes = minutesBetween(alert.openedAt, alert.resolvedAt ?? alert.changedAt)
  if (resolved) sentences.unshift(isLessBad(alert) ? words.easedAfter(minutes) : words.lasted(minutes))
  const path =
    alert.type === AlertType.DISK
      ? `disks/${alert.disk}`
      : OF_MACHINES.has(alert.type)
        ? `machines/${alert.machine}`
        : job
          ? `backups/${job.id}`
          : alert.type === AlertType.ROOM || alert.type === AlertType.SCANNER
            ? 'backups/scanner'
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
      ...(alert.facts.since
        ? [[words.waitsSince, when(new Date(alert.facts.since), words, options)] as [string, string]]
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

/** More places of one disk are counted, and stand on its page. */
const MOST_PLACES = 8

/** What lies on the disk or array, and the last proven backup of each: the sentence that Vigie is for. */
export function placesInWords({ places }: AlertFacts, { language, clock }: MessageOptions): string[] {
  const told = places
    .slice(0, MOST_PLACES)
    .map(({ place, copyMachine }) =>
      sentenceOnDisk(place, copyMachine, language === 'fr' ? SentenceLanguage.FR : SentenceLanguage.EN, clock()),
    )
  return places.length > MOST_PLACES ? [...told, WORDS[language].more(places.length - MOST_PLACES)] : told
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
  const { total, good, bad, unproven = 0, beside } = facts
  const lines = bad.map(({ name, status, jobId }) => `• ${words.status(status)} ${name} ${baseUrl}/backups/${jobId}`)
  if (total - good - unproven > bad.length) lines.push(words.more(total - good - unproven - bad.length))
  if (unproven > 0) lines.push(words.unproven(unproven))
  if (beside) lines.push(...words.beside(beside))
  return {
    subject: `[Vigie] ${words.dailySubject(good, total)}`,
    intro: good === total ? words.dailyAllGood(total) : words.dailySomeBad(good, total),
    table: [],
    sections: [],
    lines: [...lines, `${baseUrl}/backups`],
  }
}
