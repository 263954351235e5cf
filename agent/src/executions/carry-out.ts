import { spawn } from 'node:child_process'
import { ACTIONS } from '../actions/action.ts'
import { effectOf } from '../actions/order.ts'
import { policyHash, type Refusal, RefusalCode, refuse } from '../actions/policy.ts'
import { type ExecutionResult, Outcome, ResultCode } from '../actions/result.ts'
import { findTool, type Run } from '../platform/command.ts'
import { leftBroken } from './apt-operations.ts'
import type { Journal } from './journal.ts'
import { judgeOrder } from './judge-order.ts'
import { LogWriter } from './log-writer.ts'
import { isRefusal, type Prospect, type Step } from './operation.ts'
import { OPERATIONS } from './operations.ts'
import { readPolicy } from './policy.ts'
import { beginningOfThis, readBootId } from './process-life.ts'

export interface Place {
  journal: Journal
  run: Run
  etc: string
  root: boolean
  machineKey: string
}

const DAY = 24 * 3_600_000

/**
 * The process that carries out one order: all of it is judged once more, here, by what is true now, whatever the agent that
 * started it believes. Its first act is the mark that it began: who does not make it ends at once, so that no order begins
 * twice. It ends with `result.json`, or it was interrupted.
 */
export async function carryOut(id: string, place: Place): Promise<void> {
  const { journal } = place
  const request = await journal.request(id)
  if (!request) return
  const beginning = await beginningOfThis()
  if (!(await journal.begin(id, beginning))) return
  const log = new LogWriter(journal.path(id, 'out.log'))
  const going: Going = { log, isStopped: () => journal.isStopped(id), willGoDown: false, hasBegun: false }
  const startedAt = new Date().toISOString()
  let ended: Ended
  try {
    ended = await work(id, place, going)
  } catch (error) {
    const code = going.hasBegun ? ResultCode.BROKE_OFF : ResultCode.CANNOT_START
    ended = { outcome: Outcome.FAILED, code, detail: (error as Error).message.slice(0, 500) }
    log.line(`vigie: ${(error as Error).message}`)
  }
  // The machine is going down: what becomes of that is seen after it.
  if (ended === null) return void log.end()
  const { size: logSize, sha256: logSha256 } = log.end()
  const result: ExecutionResult = {
    exitCode: null,
    ...ended,
    startedAt,
    endedAt: new Date().toISOString(),
    bootId: beginning.bootId,
    logSize,
    logSha256,
    leftBroken: await leftBroken(place.run),
  }
  await keepResult(journal, id, result)
}

const TRY_AGAIN_MS = 10_000
const MOST_TRIES = 60

/** A disk that is full for a moment must not make of an end an interruption. */
async function keepResult(journal: Journal, id: string, result: ExecutionResult): Promise<void> {
  for (let count = 1; ; count += 1) {
    try {
      return await journal.end(id, result)
    } catch (error) {
      if (count === MOST_TRIES) throw error
      await new Promise((resolve) => setTimeout(resolve, TRY_AGAIN_MS))
    }
  }
}

type Ended = (Pick<ExecutionResult, 'outcome' | 'code' | 'detail'> & { exitCode?: number | null }) | null

const refused = ({ code, detail }: Refusal): Ended => ({
  outcome: Outcome.FAILED,
  code: code === RefusalCode.CONTENT_CHANGED ? ResultCode.CONTENT_CHANGED : ResultCode.REFUSED,
  detail: (detail === null ? code : `${code}: ${detail}`).slice(0, 500),
})

async function work(id: string, { journal, run, etc, root, machineKey }: Place, going: Going): Promise<Ended> {
  const request = await journal.request(id)
  if (!request) throw new Error('What was asked is gone')
  const policy = await readPolicy(etc, root)
  const now = new Date()
  const begunToday = await journal.begunSince(now.getTime() - DAY, id)
  const asked = judgeOrder(request.order, request.signature, { policy, machineKey, now, begunToday })
  if (isRefusal(asked)) return refused(asked)
  const prospect = await OPERATIONS[asked.action](asked.params, { run, etc, folder: journal.path(id) })
  if (isRefusal(prospect)) return refused(prospect)
  if ('pins' in ACTIONS[asked.action].effect) {
    const effect = effectOf(prospect.content ?? '', policyHash(policy))
    if (effect !== request.order.effect) return refused(refuse(RefusalCode.CONTENT_CHANGED))
  }
  if (asked.action === 'reboot') await journal.noteLeaving(id, await readBootId())
  going.willGoDown = asked.action === 'reboot'
  return takeSteps(prospect, going)
}

interface Going {
  log: LogWriter
  isStopped: () => Promise<boolean>
  willGoDown: boolean
  /** Whether its first program was started. */
  hasBegun: boolean
}

async function takeSteps({ steps, check, isStillSo }: Prospect, going: Going): Promise<Ended> {
  const { log, isStopped, willGoDown } = going
  let warned = false
  for (const step of steps) {
    if (await isStopped()) return { outcome: Outcome.CANCELLED, code: ResultCode.STOPPED, detail: null }
    if (going.hasBegun && isStillSo && !(await isStillSo())) return refused(refuse(RefusalCode.CONTENT_CHANGED))
    going.hasBegun = true
    log.line(`$ ${[step.command, ...step.args].join(' ')}`)
    const { status, signal, hasWarned, wasStopped } = await takeStep(step, log, isStopped)
    warned ||= hasWarned
    if (wasStopped) return { outcome: Outcome.CANCELLED, code: ResultCode.STOPPED, detail: null }
    if (signal !== null) return { outcome: Outcome.FAILED, code: ResultCode.SIGNAL, detail: signal }
    if (status !== 0)
      return { outcome: Outcome.FAILED, code: ResultCode.EXIT_CODE, detail: step.command, exitCode: status }
  }
  if (willGoDown) return null
  const finding = await check()
  if (finding) return { ...finding, exitCode: 0 }
  return { outcome: warned ? Outcome.WARNINGS : Outcome.SUCCEEDED, code: null, detail: null, exitCode: 0 }
}

/** What programs are given, and nothing of what this process was: no token, no path of somebody's own. */
const ENVIRONMENT = {
  PATH: '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin',
  HOME: '/root',
  LC_ALL: 'C.UTF-8',
  DEBIAN_FRONTEND: 'noninteractive',
  APT_LISTCHANGES_FRONTEND: 'none',
  APT_LISTBUGS_FRONTEND: 'none',
  UCF_FORCE_CONFFOLD: '1',
  // It may list what should be restarted; restarting is an action of its own (needrestart(1)).
  NEEDRESTART_MODE: 'l',
}

interface Taken {
  status: number | null
  signal: NodeJS.Signals | null
  hasWarned: boolean
  wasStopped: boolean
}

const LOOK_FOR_STOP_MS = 500
const LET_GO_MS = 2000

function takeStep(step: Step, log: LogWriter, isStopped: () => Promise<boolean>): Promise<Taken> {
  const command = findTool(step.command, ENVIRONMENT.PATH)
  if (command === null) return Promise.reject(new Error(`${step.command} is not installed`))
  const child = spawn(command, step.args, { stdio: ['ignore', 'pipe', 'pipe'], env: ENVIRONMENT, cwd: '/' })
  let hasWarned = false
  let wasStopped = false
  for (const [name, stream] of [
    ['stdout', child.stdout],
    ['stderr', child.stderr],
  ] as const) {
    stream.on('error', () => undefined)
    stream.on('data', (chunk: Buffer) => {
      log.write(name, chunk, (line) => {
        if (step.warns?.test(line)) hasWarned = true
      })
    })
  }
  const looks = setInterval(() => {
    if (step.canStop)
      isStopped().then(
        (stopped) => {
          if (!stopped || wasStopped) return
          wasStopped = true
          child.kill('SIGTERM')
        },
        () => undefined,
      )
  }, LOOK_FOR_STOP_MS)
  return new Promise<Taken>((resolve, reject) => {
    child.once('error', (error) => {
      clearInterval(looks)
      reject(error)
    })
    // What it left behind may hold the pipes open for ever: what they hold by now is read, and then they are let go of.
    child.once('exit', () => {
      setTimeout(() => {
        child.stdout.destroy()
        child.stderr.destroy()
      }, LET_GO_MS).unref()
    })
    child.once('close', (status, signal) => {
      clearInterval(looks)
      resolve({ status, signal, hasWarned, wasStopped })
    })
  })
}
