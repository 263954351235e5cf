import {
  type Action,
  ActionClass,
  type ActionParams,
  ACTIONS,
  classOf,
  isAction,
  readParams,
} from '../actions/action.ts'
import { machineMark, type Order, orderText, signerOf } from '../actions/order.ts'
import { needsSignature, type Policy, type Refusal, RefusalCode, refusalOf, refuse } from '../actions/policy.ts'
import { isOpen, readWindow } from './window.ts'

export interface Facts {
  policy: Policy
  machineKey: string
  now: Date
  /** Actions that changed something and began here in the last 24 hours. */
  begunToday: number
}

export interface Readable {
  action: Action
  params: ActionParams
}

/** No server of ours gives an order a longer life. */
const LONGEST_LIFE = 45 * 24 * 3_600_000

/** Whether the owner's hours are now. */
export const isInHours = ({ windows }: Pick<Policy, 'windows'>, now: Date): boolean =>
  isOpen(
    windows.flatMap((text) => readWindow(text) ?? []),
    now,
  )

/** What is asked, and whether this machine's owner lets it be asked at all. */
export function judgeQuestion(
  { action: verb, params: text, machine }: Pick<Order, 'action' | 'params' | 'machine'>,
  { policy, machineKey }: Pick<Facts, 'policy' | 'machineKey'>,
): Readable | Refusal {
  if (machine !== machineMark(machineKey)) return refuse(RefusalCode.WRONG_MACHINE)
  if (!isAction(verb)) return refuse(RefusalCode.UNKNOWN_ACTION, verb.slice(0, 64))
  const params = readParams(verb, text)
  if (params === null) return refuse(RefusalCode.BAD_PARAMS)
  return refusalOf(policy, verb, params) ?? { action: verb, params }
}

/** Whether an approved order may begin. Asked twice: before it is claimed, and by the process that carries it out. */
export function judgeOrder(order: Order, signature: string | null, facts: Facts): Readable | Refusal {
  const asked = judgeQuestion(order, facts)
  if ('code' in asked) return asked
  const { policy, now, begunToday } = facts
  const left = Date.parse(order.expiresAt) - now.getTime()
  if (!(left > 0 && left < LONGEST_LIFE)) return refuse(RefusalCode.EXPIRED)
  if (order.notBefore !== null && !(Date.parse(order.notBefore) <= now.getTime())) return refuse(RefusalCode.EXPIRED)
  const changes = classOf(asked.action) !== ActionClass.READ
  if (changes && !isInHours(policy, now)) return refuse(RefusalCode.OUT_OF_WINDOW)
  if (changes && policy.maxPerDay !== null && begunToday >= policy.maxPerDay)
    return refuse(RefusalCode.TOO_MANY_TODAY, String(policy.maxPerDay))
  // What pins its effect is asked for with what was approved of it.
  if ('pins' in ACTIONS[asked.action].effect && order.effect === null) return refuse(RefusalCode.CONTENT_CHANGED)
  if (needsSignature(policy, asked.action) && signerOf(orderText(order), signature ?? '', policy.operators) === null)
    return refuse(RefusalCode.BAD_SIGNATURE)
  return asked
}
