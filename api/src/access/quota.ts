import { DomainError } from '../platform/errors.ts'
import { type Clock, DAY } from '../platform/clock.ts'
import type { Caller } from './caller.ts'

const MIB = 1024 * 1024

/** More was sent than a token may send in a day. */
export class QuotaError extends DomainError {
  constructor(name: string, mostMib: number) {
    super(
      'QUOTA_EXCEEDED',
      `The token "${name}" has sent more than ${mostMib} MiB within a day. Nothing was recorded; reports are accepted again tomorrow, or raise VIGIE_TOKEN_DAILY_MIB.`,
      { http: { status: 429 } },
    )
  }
}

/**
 * How much one token may send in a day (UTC): what it sends is kept, and no single one may fill the disk. Counted since
 * the start of this process; scripts without a token share one count for each name.
 */
export class Quota {
  private day = 0
  private spent = new Map<string, number>()

  constructor(
    private readonly mostMib: number,
    private readonly clock: Clock,
  ) {}

  /** @throws QUOTA_EXCEEDED */
  spend({ id, name }: Pick<Caller, 'id' | 'name'>, size: number): void {
    const today = Math.floor(this.clock().getTime() / DAY)
    if (today !== this.day) {
      this.day = today
      this.spent = new Map()
    }
    const key = id ?? `open ${name}`
    const sum = (this.spent.get(key) ?? 0) + size
    if (sum > this.mostMib * MIB) throw new QuotaError(name, this.mostMib)
    this.spent.set(key, sum)
  }
}
