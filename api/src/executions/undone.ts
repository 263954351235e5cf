import { ResultCode } from '@vigie/agent/actions'

/** It ended before anything was begun: there is nothing to be seen afterwards, and nothing that went wrong. */
export const isUndone = (code: ResultCode | null): boolean =>
  code === ResultCode.CONTENT_CHANGED || code === ResultCode.REFUSED || code === ResultCode.CANNOT_START
