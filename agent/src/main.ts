import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { Ending, ExitStatus } from './exit-status.ts'
import { carryOut } from './executions/carry-out.ts'
import { Executor } from './executions/executor.ts'
import { listenForWork } from './executions/hints.ts'
import { Journal } from './executions/journal.ts'
import { launch } from './executions/launch.ts'
import { readPolicy } from './executions/policy.ts'
import { makeKey, signOrder } from './executions/sign.ts'
import { work } from './executions/work.ts'
import { WorkServer } from './executions/work-server.ts'
import { deliver, type Delivery } from './inventory/deliver.ts'
import { collectReport } from './inventory/report.ts'
import { SectionGate } from './inventory/section-gate.ts'
import { Spool } from './inventory/spool.ts'
import { watch } from './inventory/watch.ts'
import { machineKey } from './machines/identity.ts'
import { Sampler } from './metrics/sampler.ts'
import { endTools, run } from './platform/command.ts'
import { mustAnswer } from './platform/reach.ts'
import {
  policyDir,
  readDeviceSettings,
  readAsksRegistries,
  readLeftOut,
  readSettings,
  settingsFiles,
  stateDir,
} from './settings.ts'
import { findHomes, homesByChild, measureHomes } from './storage/homes.ts'
import { answerApt } from './updates/apt-hook.ts'
import { VERSION } from './version.ts'

const HELP = `vigie-agent ${VERSION}: tells Vigie of this machine and its disks

  node agent.mjs report              report once
  node agent.mjs run [--every 15m]   report again and again; S.M.A.R.T. once an hour
  node agent.mjs print               print the report and send nothing
  node agent.mjs policy              print what Vigie may ask of this machine
  node agent.mjs keygen FILE         make an operator's key, for actions that need a signature
  node agent.mjs sign FILE           sign the order on standard input with it

  --every TIME   between two reports: 90s, 15m, 2h (default 15m)
  --help, --version

Environment
  VIGIE_SERVER         address of your Vigie, such as https://vigie.example
  VIGIE_TOKEN          the token, or
  VIGIE_TOKEN_FILE     a file that holds it, of mode 0600
  VIGIE_AGENT_CONFIG   settings file (/etc/vigie/agent.json): device types behind RAID controllers
  VIGIE_LEAVE_OUT      sections that are not to be told, such as "homes, apt"
  VIGIE_DOCKER_REGISTRIES
                       yes: registries may be asked for newer images; Docker Hub counts that as a pull
  VIGIE_STATE_DIR      machine key and waiting reports (root: /var/lib/vigie-agent)
  VIGIE_POLICY_DIR     what Vigie may ask of this machine: policy.d/*.yaml, hooks.d, readonly (/etc/vigie)

Run it as root: S.M.A.R.T. and volumes can be read by root only. It needs smartmontools.

Exit status
  0 accepted                 4 token refused
  1 accepted, parts missing  5 agent and server do not understand each other
  2 usage or settings        6 no safe connection (TLS)
  3 server away, spooled     7 accepted, but the clock is off`

const COMMANDS = ['report', 'run', 'print', 'policy', 'homes', 'apt-hook']
const WITH_OPERAND = ['execute', 'keygen', 'sign']

const MINUTE = 60_000
const HOUR = 60 * MINUTE
const HOMES_IN_REPORT = 10_000

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
  const operand = command !== undefined && WITH_OPERAND.includes(command)
  if (!command || ![...COMMANDS, ...WITH_OPERAND].includes(command) || positionals.length !== (operand ? 2 : 1)) {
    throw new Ending(
      ExitStatus.USAGE,
      `${command ? `"${positionals.join(' ')}" is no command` : 'No command'}: use report, run or print; --help tells more`,
    )
  }
  if (command === 'keygen') return say(makeKey(positionals[1] as string))
  if (command === 'sign') return signFromStdin(positionals[1] as string)
  // apt itself asks: nothing else of this machine is touched.
  // Another hook may have left its line without an end.
  if (command === 'apt-hook') return say(['', ...(await answerApt(Number(process.env['APT_HOOK_SOCKET'])))].join('\n'))
  const root = process.getuid?.() === 0
  const state = stateDir(process.env, root)
  // Before any of them is touched: a file call on a mount whose server is away never comes back.
  for (const [setting, path] of settingsFiles(process.env, state)) await mustAnswer(run, setting, path)
  const devices = readDeviceSettings(process.env)
  const sampler = new Sampler(state)
  const leftOut = readLeftOut(process.env)
  const asksRegistries = readAsksRegistries(process.env)
  const collect = (smart: boolean) =>
    collectReport({ run, stateDir: state, devices, leftOut, asksRegistries, sampler, root, smart })
  // Asked by the agent itself, in a process of its own (homes.ts).
  if (command === 'homes') return say(JSON.stringify(await findHomes()))
  const measure = (totalMs: number) =>
    measureHomes({ run, stateDir: state, list: homesByChild(run) }, { eachMs: 10 * MINUTE, totalMs })
  if (command === 'print') return say(JSON.stringify(await collect(true), null, 2))
  const etc = policyDir(process.env)
  if (command === 'policy') return say(JSON.stringify(await readPolicy(etc, root), null, 2))
  const journal = new Journal(state)
  // In a process of its own (launch.ts): this agent may end meanwhile.
  if (command === 'execute') {
    await carryOut(positionals[1] as string, { journal, run, etc, root, machineKey: await machineKey(state) })
    return ExitStatus.ACCEPTED
  }
  const settings = readSettings(process.env)
  const gate = new SectionGate(state)
  const courier = { settings, spool: new Spool(join(state, 'spool')), gate }
  const report = async (smart: boolean): Promise<Delivery> => {
    await mustAnswer(run, 'VIGIE_STATE_DIR', state)
    const collected = await collect(smart)
    return deliver(courier, { ...collected, sections: await gate.hold(collected.sections) })
  }
  if (command === 'report') {
    // A few seconds for homes that are due; what takes longer keeps its last value, and `run` measures it in peace.
    await measure(HOMES_IN_REPORT)
    const { status, lines } = await report(true)
    for (const line of lines.slice(0, -1)) complain(line)
    const last = lines[lines.length - 1] ?? ''
    if (status <= ExitStatus.SECTIONS_UNAVAILABLE) await say(last.replace(/\p{Cc}+/gu, ' '))
    else complain(`vigie-agent: ${last}`)
    return status
  }
  sampler.run(stop.signal)
  // One report never beside another, whoever wants it.
  let last: Promise<unknown> = Promise.resolve()
  let hasReported: () => void = () => undefined
  const firstReport = new Promise<void>((resolve) => (hasReported = resolve))
  const inTurn = (smart: boolean): Promise<Delivery> => {
    const next = last.then(() => report(smart))
    last = next.catch(() => undefined).then(hasReported)
    return next
  }
  const note = (line: string): void => complain(`${new Date().toISOString()} ${line}`)
  const executor = new Executor({
    journal,
    run,
    etc,
    root,
    machineKey: await machineKey(state),
    server: new WorkServer(settings),
    launch: (id) => launch(id, { run, env: { VIGIE_STATE_DIR: state, VIGIE_POLICY_DIR: etc } }),
    report: async () => (await inTurn(false)).lines,
    say: note,
  })
  // Its first report says for which machine the token speaks: before it there is nothing to ask for.
  void firstReport.then(() =>
    work(executor, { say: note, listen: (wake) => listenForWork(settings, wake), stopped: stop.signal }),
  )
  await watch({
    rhythm: { everyMs: readEvery(values.every), smartEveryMs: HOUR, random: Math.random },
    report: inTurn,
    measure: async () => (await measure(30 * MINUTE)) > 0,
    say: (lines) => note(lines[lines.length - 1] ?? ''),
    stopped: stop.signal,
  })
  return ExitStatus.ACCEPTED
}

async function signFromStdin(file: string): Promise<ExitStatus> {
  let text = ''
  for await (const chunk of process.stdin.setEncoding('utf8')) text = (text + String(chunk)).slice(0, 200_000)
  const { words, signature } = signOrder(file, text)
  for (const line of words.split('\n')) complain(line)
  return say(signature)
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

/** Words of servers and tools are text: what would move the cursor or colour the terminal is left out. */
const complain = (line: string): void => console.error(line.replace(/[\p{Cc}\p{Bidi_Control}]+/gu, ' '))

/** Resolves when the text has left this process, however slow the pipe. */
const say = (text: string): Promise<ExitStatus> =>
  new Promise((resolve) => process.stdout.write(`${text}\n`, () => resolve(ExitStatus.ACCEPTED)))

const stop = new AbortController()
for (const [signal, number] of [
  ['SIGTERM', 15],
  ['SIGINT', 2],
] as const) {
  process.on(signal, () => {
    // What dpkg has begun is brought to its end; who cannot wait sends SIGKILL.
    if (process.argv.includes('execute')) return
    const watching = process.argv.includes('run')
    stop.abort()
    endTools()
    // A report in the making is dropped; one that was spooled is sent next time.
    process.exit(watching ? ExitStatus.ACCEPTED : 128 + number)
  })
}

// Whatever was waited for is gone: an end in silence would look like a report that was accepted.
process.on('beforeExit', () => {
  complain('vigie-agent: ended before there was an answer')
  process.exit(ExitStatus.SPOOLED)
})

main().then(
  // A tool that cannot be killed must not keep this process either.
  (status) => process.exit(status),
  (error: unknown) => {
    const known = error instanceof Ending
    if (known) complain(`vigie-agent: ${error.message}`)
    else console.error(error)
    process.exit(known ? error.status : ExitStatus.USAGE)
  },
)
