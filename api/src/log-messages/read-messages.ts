import { createHash } from 'node:crypto'
import { Severity } from '../reasons/reason.ts'
import { type MessageRule, ruleOf } from './message-rules.ts'

/** Messages of one log; what repeats is counted, and those beyond are, too. */
const MOST = 500
/** Characters and lines of one message. */
const LONGEST = 500
const MOST_LINES = 6

/** A message of a log, where it stands first, and how often. */
export interface FoundMessage {
  rule: MessageRule
  text: string
  /** The same for what says the same: versions, numbers and names of temporary files count for nothing. */
  fingerprint: string
  /** From 1 on. */
  line: number
  /** Bytes before it. */
  offset: number
  count: number
}

/** What somebody must take note of each time; the rest is there for who looks. */
export const GRAVE: readonly Severity[] = [Severity.AT_RISK, Severity.FAILED]
export const isGrave = (severity: Severity): boolean => GRAVE.includes(severity)

/** The messages of a log, in their order; `left` = how often others were said, for which there was no room. One line in memory at a time. */
export async function readMessages(chunks: AsyncIterable<Buffer>): Promise<{ messages: FoundMessage[]; left: number }> {
  const found = new Map<string, FoundMessage>()
  let left = 0
  let open: Omit<FoundMessage, 'fingerprint' | 'count'> | null = null
  let lines = 0
  const close = (): void => {
    if (!open) return
    const fingerprint = fingerprintOf(open.rule.id, open.text)
    const known = found.get(fingerprint)
    if (known) known.count += 1
    else {
      // An error at the end is worth more than a warning in the midst.
      const dropped = found.size === MOST && isGrave(open.rule.severity) ? dropWarning(found) : 0
      left += dropped
      if (found.size < MOST) found.set(fingerprint, { ...open, fingerprint, count: 1 })
      else left += 1
    }
    open = null
  }
  for await (const { text, offset, number } of linesOf(chunks)) {
    if (open?.rule.isBlock && /^\s+\S/.test(text)) {
      if (lines < MOST_LINES) open.text = `${open.text}\n${text}`.slice(0, LONGEST)
      lines += 1
      continue
    }
    close()
    const rule = ruleOf(text)
    if (!rule) continue
    open = { rule, text: text.slice(0, LONGEST), line: number, offset }
    lines = 1
  }
  close()
  return { messages: [...found.values()], left }
}

/** Drops the last warning; how often it was said. 0 = there is none. */
function dropWarning(found: Map<string, FoundMessage>): number {
  const last = [...found.values()].findLast(({ rule }) => !isGrave(rule.severity))
  if (last) found.delete(last.fingerprint)
  return last?.count ?? 0
}

interface Line {
  text: string
  offset: number
  number: number
}

/** A line that never ends is broken where it is as long as a log of an action may have them. */
const LONGEST_LINE = 64 * 1024

async function* linesOf(chunks: AsyncIterable<Buffer>): AsyncGenerator<Line> {
  let rest = Buffer.alloc(0)
  let offset = 0
  let number = 0
  const take = (length: number, skipped: number): Line => {
    const line = { text: plain(rest.subarray(0, length).toString('utf8')), offset, number: (number += 1) }
    rest = rest.subarray(length + skipped)
    offset += length + skipped
    return line
  }
  for await (const chunk of chunks) {
    rest = Buffer.concat([rest, chunk])
    for (let end = rest.indexOf(0x0a); end >= 0; end = rest.indexOf(0x0a)) yield take(end, 1)
    while (rest.length > LONGEST_LINE) yield take(LONGEST_LINE, 0)
  }
  if (rest.length > 0) yield take(rest.length, 0)
}

/** Without colours, and without what no database and no page takes. */
const plain = (text: string): string => text.replace(/\u001b\[[\d;?]*[A-Za-z]/g, '').replace(/[^\P{Cc}\t]/gu, '')

export const fingerprintOf = (rule: string, text: string): string =>
  createHash('sha256')
    .update(
      `${rule}\n${text
        .toLowerCase()
        .replace(/\/tmp\/\S+/g, '/tmp/#')
        .replace(/\b[0-9a-f]{8,}\b/g, '#')
        .replace(/\d+/g, '#')}`,
    )
    .digest('base64url')
