import type { Progress } from './copy-installation.ts'

/** On a terminal one line that changes; elsewhere one line a table. */
export function showProgress(stream: NodeJS.WriteStream): { show: Progress; end(): void } {
  const width = 24
  let shown = ''
  const end = (): void => {
    if (stream.isTTY && shown) stream.write('\n')
    shown = ''
  }
  const show: Progress = (table, done, all) => {
    const share = all === 0 ? 1 : done / all
    const line = `${table.padEnd(18)} ${done} of ${all} rows`
    if (!stream.isTTY) {
      if (done === all) stream.write(`${line}\n`)
      return
    }
    if (shown !== table) end()
    shown = table
    const bar = '#'.repeat(Math.round(share * width)).padEnd(width, '.')
    stream.write(`\r[${bar}] ${line}`)
  }
  return { show, end }
}
