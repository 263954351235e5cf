// What agent and API both must know of an action, once: the verbs, who may ask for them, the text of an order, states.
export { Action, ActionClass, type ActionParams, ACTIONS, classOf, isAction, readParams } from './action.ts'
export { effectOf, machineMark, type Order, orderDigest, orderText, signerOf } from './order.ts'
export { type ActionPlan, type PlannedChange, PlannedStep, planShape } from './plan.ts'
export {
  needsSignature,
  type Policy,
  policyHash,
  policyShape,
  type Refusal,
  RefusalCode,
  refusalOf,
  refuse,
} from './policy.ts'
export {
  type ExecutionResult,
  ExecutionStatus,
  LARGEST_LOG,
  LARGEST_PIECE,
  Outcome,
  ResultCode,
  resultHash,
  resultShape,
} from './result.ts'
