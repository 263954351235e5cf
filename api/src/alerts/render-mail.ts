import type { Message, Section, TableRow } from './message.ts'
import type { Words } from './words.ts'

/** Text from outside: no control signs, and none that turn the direction of what follows (Unicode Bidi_Control). */
const plain = (value: string): string => value.replace(/[\u2028\u2029]/gu, '\n').replace(/[^\P{Cc}\n]|\p{Cf}/gu, '')

/** The same, as one line: a subject, a headline. */
export const plainLine = (value: string): string => plain(value).replaceAll('\n', ' ')

/** A message as plain text and as HTML: the same facts in both. */
export const renderMail = (message: Message, words: Words): { text: string; html: string } => ({
  text: text(message, words),
  html: html(message, words),
})

function text({ intro, table, sections, lines, footer }: Message, words: Words): string {
  const parts = [
    plainLine(intro),
    ...(table.length ? [table.map((row, index) => rowText(row, index, words)).join('\n')] : []),
    ...sections.map((section) => sectionText(section, words)),
  ]
  if (lines.length) parts.push(lines.map(plainLine).join('\n'))
  return `${[...parts, `-- \n${footer}`].join('\n\n')}\n`
}

/** Two lines for each: what and where, then since when, why and the last good one. */
function rowText({ what, where, since, why, lastGood }: TableRow, index: number, { columns }: Words): string {
  const head = [`${String(index + 1).padStart(3)}. ${plainLine(what)}`, plainLine(where)].filter(Boolean).join(' · ')
  const good = lastGood ? ` · ${columns.lastGood}: ${lastGood}` : ''
  return `${head}\n     ${columns.since}: ${since}${good}${why ? `\n     ${plainLine(why)}` : ''}`
}

function sectionText({ headline, sentences, facts, runbook, link }: Section, words: Words): string {
  const width = Math.max(...facts.map(([label]) => label.length)) + 2
  return [
    plainLine(headline),
    // What an agent wrote stays indented: no line of it may look like one of ours.
    ...sentences.map((sentence) => `  ${plain(sentence).replaceAll('\n', '\n    | ')}`),
    '',
    ...facts.map(
      ([label, value]) =>
        `  ${`${label}:`.padEnd(width)}${plain(value).replaceAll('\n', `\n  ${' '.repeat(width)}| `)}`,
    ),
    ...(runbook ? ['', `  ${words.runbook}: ${plain(runbook).replaceAll('\n', '\n    | ')}`] : []),
    '',
    `  ${link}`,
  ].join('\n')
}

/** Everything that comes from outside passes through here. */
const escape = (value: string): string =>
  plain(value).replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;')

// Mail programs know little CSS: inline styles, a table for the facts, and colours that hold on a dark background too.
const BODY = 'font:15px/1.5 system-ui,-apple-system,Segoe UI,sans-serif;color:#1c2733;max-width:680px'
const CARD = 'border:1px solid #cdd5df;border-radius:8px;padding:16px 20px;margin:16px 0'
const LABEL = 'padding:2px 16px 2px 0;color:#51606f;vertical-align:top;white-space:nowrap'
const VALUE = 'padding:2px 0;vertical-align:top;word-break:break-word'
const LINK =
  'display:inline-block;margin-top:12px;padding:8px 14px;border-radius:6px;background:#0b57a4;color:#ffffff;text-decoration:none'

const CELL = 'padding:6px 12px 6px 0;vertical-align:top;border-top:1px solid #cdd5df'

function html({ intro, table, sections, lines, footer }: Message, words: Words): string {
  return [
    `<!doctype html><html><head><meta charset="utf-8"></head><body style="${BODY}">`,
    `<p>${escape(intro)}</p>`,
    ...(table.length ? [tableHtml(table, words)] : []),
    ...sections.map((section) => sectionHtml(section, words)),
    ...(lines.length ? [`<p style="${CARD}">${lines.map(escape).join('<br>')}</p>`] : []),
    `<p style="color:#51606f;font-size:13px">${escape(footer)}</p></body></html>`,
  ].join('\n')
}

function tableHtml(table: TableRow[], { columns }: Words): string {
  const names = ['what', 'where', 'since', 'why', 'lastGood'] as const
  const head = names.map((name) => `<th style="${LABEL};text-align:left">${escape(columns[name])}</th>`).join('')
  const rows = table.map(
    (row) => `<tr>${names.map((name) => `<td style="${CELL}">${escape(row[name])}</td>`).join('')}</tr>`,
  )
  return `<table style="border-collapse:collapse;font-size:14px"><thead><tr>${head}</tr></thead><tbody>${rows.join('\n')}</tbody></table>`
}

const sectionHtml = ({ headline, sentences, facts, runbook, link }: Section, words: Words): string =>
  [
    `<div style="${CARD}"><h2 style="font-size:17px;margin:0 0 8px">${escape(headline)}</h2>`,
    ...sentences.map((sentence) => `<p style="margin:4px 0">${escape(sentence)}</p>`),
    `<table role="presentation" style="border-collapse:collapse;margin-top:12px;font-size:14px">`,
    ...facts.map(
      ([label, value]) =>
        `<tr><td style="${LABEL}">${escape(label)}</td><td style="${VALUE}">${escape(value).replaceAll('\n', '<br>')}</td></tr>`,
    ),
    '</table>',
    ...(runbook
      ? [
          `<p style="margin:12px 0 0"><strong>${escape(words.runbook)}:</strong> ${escape(runbook).replaceAll('\n', '<br>')}</p>`,
        ]
      : []),
    `<a style="${LINK}" href="${escape(link)}">${escape(words.open)}</a></div>`,
  ].join('\n')
