import type { Caller } from '../access/caller.ts'
import type { DeliveryService } from '../alerts/delivery.ts'
import type { Scanner } from '../deposit/scanner.ts'
import type { Services } from '../services.ts'
import type { Spending } from './cost.ts'

// Types alone: resolvers of every feature name them, and this names every feature.

/** What works by itself beside the requests. */
export interface Works {
  scanner: Scanner
  delivery: DeliveryService
  /** When each task runs next; nothing where no scheduler is attached. */
  schedule: { nextRuns(): Promise<Record<string, Date | null>> }
}

/** What resolvers get: the services, what works beside them, and who asks. */
export interface Context extends Services, Works {
  caller: Caller
  /** What the operation has made so far. */
  spending: Spending
}
