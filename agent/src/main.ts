import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { Ending, ExitStatus } from './exit-status.ts'
import { deliver, type Delivery } from './inventory/deliver.ts'
import { collectReport } from './inventory/report.ts'
import { Spool } from './inventory/spool.ts'
import { watch } from './inventory/watch.ts'
import { run } from './platform/command.ts'
import { readDeviceSettings, readSettings, stateDir } from './settings.ts'
import { VERSION } from './version.ts'

const HELP = `vigie-agent ${VERSION}: tells Vigie of this machine and its disks

  node agent.mjs report              report once
  node agent.mjs run [--every 15m]   report again and again; S.M.A.R.T. once an hour
  node agent.mjs print               print the report and send nothing

  --every TIME   between two reports: 90s, 15m, 2h (default 15m)
  --help, --version

Environment
  VIGIE_SERVER         address of your Vigie, such as https://vigie.example
  VIGIE_TOKEN          the token, or
  VIGIE_TOKEN_FILE     a file that holds it, of mode 0600
  VIGIE_AGENT_CONFIG   settings file (/etc/vigie/agent.json): device types behind RAID controllers
  VIGIE_STATE_DIR      machine key and waiting reports (root: /var/lib/vigie-agent)

Run it as root: S.M.A.R.T. and volumes can be read by root only. It needs smartmontools.

Exit status
  0 accepted                 4 token refused
  1 accepted, parts missing  5 agent and server do not understand each other
  2 usage or settings        6 no safe connection (TLS)
  3 server away, spooled     7 accepted, but the clock is off`

const MINUTE = 60_000
const HOUR = 60 * MINUTE

function readEvery(text: string): number {
  const [, amount, unit] = /^(\d+)(s|m|h)$/.exec(text) ?? []
  const ms = Number(amount) * { s: 1000, m: MINUTE, h: HOUR }[(unit ?? 's') as 's' | 'm' | 'h']
  if (!amount || ms < 10_000 || ms > 24 * HOUR) {
    throw new Ending(ExitStatus.USAGE, `--every "${text}" must be 10s to 24h, such as 15m`)
  }
  return ms
}

async function main(): Promise<ExitStatus> {
  const { values, positionals } = readArguments()
  if (values.version) return say(VERSION)
  if (values.help) return say(HELP)
  const command = positionals[0]
  if (positionals.length !== 1 || !command || !['report', 'run', 'print'].includes(command)) {
    throw new Ending(
      ExitStatus.USAGE,
      `${command ? `"${positionals.join(' ')}" is no command` : 'No command'}: use report, run or print; --help tells more`,
    )
  }
  const root = process.getuid?.() === 0
  const state = stateDir(process.env, root)
  const devices = readDeviceSettings(process.env)
  const collect = (smart: boolean, patient: boolean) =>
    collectReport({
      ...{ run, stateDir: state, devices, root, smart },
      homes: { maxAgeMs: 20 * HOUR, timeoutMs: 10 * MINUTE, totalMs: patient ? 30 * MINUTE : MINUTE },
    })
  if (command === 'print') return say(JSON.stringify(await collect(true, false), null, 2))
  const settings = readSettings(process.env)
  const spool = new Spool(join(state, 'spool'))
  const report = async (smart: boolean, patient: boolean): Promise<Delivery> =>
    deliver(settings, spool, await collect(smart, patient))
  if (command === 'report') {
    const { status, lines } = await report(true, false)
    for (const line of lines.slice(0, -1)) console.error(line)
    const last = lines[lines.length - 1] ?? ''
    if (status <= ExitStatus.SECTIONS_UNAVAILABLE) console.log(last)
    else console.error(`vigie-agent: ${last}`)
    return status
  }
  const stop = new AbortController()
  for (const signal of ['SIGTERM', 'SIGINT'] as const) process.once(signal, () => stop.abort())
  let first = true
  const rhythm = { everyMs: readEvery(values.every), smartEveryMs: HOUR, random: Math.random }
  await watch(
    rhythm,
    async (smart) => {
      // The first report comes at once; homes are measured with patience later.
      const patient = !first
      first = false
      return report(smart, patient)
    },
    (lines) => console.error(`${new Date().toISOString()} ${lines[lines.length - 1] ?? ''}`),
    stop.signal,
  )
  return ExitStatus.ACCEPTED
}

function readArguments() {
  try {
    return parseArgs({
      allowPositionals: true,
      options: {
        every: { type: 'string', default: '15m' },
        help: { type: 'boolean', short: 'h', default: false },
        version: { type: 'boolean', default: false },
      },
    }) as { values: { every: string; help: boolean; version: boolean }; positionals: string[] }
  } catch (error) {
    throw new Ending(ExitStatus.USAGE, `${(error as Error).message.split('. ')[0]}; --help tells more`)
  }
}

function say(text: string): ExitStatus {
  process.stdout.write(`${text}\n`)
  return ExitStatus.ACCEPTED
}

main().then(
  (status) => {
    process.exitCode = status
  },
  (error: unknown) => {
    const known = error instanceof Ending
    console.error(known ? `vigie-agent: ${error.message}` : error)
    process.exitCode = known ? error.status : ExitStatus.USAGE
  },
)
