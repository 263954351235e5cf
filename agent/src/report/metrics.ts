import { z } from 'zod'

// How busy a machine is, sampled once a minute and told with the next report.

const bytes = z.int().nonnegative().nullable().meta({ unit: 'bytes' })
const load = z.number().nonnegative().max(1_000_000).nullable()

const sample = z.object({
  at: z.iso.datetime({ offset: true }),
  load1: load.describe('processes that run or wait, the average of a minute (proc(5), /proc/loadavg)'),
  load5: load.describe('the average of five minutes'),
  cpuPercent: z
    .number()
    .min(0)
    .max(100)
    .nullable()
    .meta({ unit: 'percent' })
    .describe('of all processors, since the sample before; null = it is the first'),
  memoryBytes: bytes.describe('that the kernel can use'),
  availableBytes: bytes.describe('that a program could have without swapping (MemAvailable)'),
  swapBytes: bytes,
  swapUsedBytes: bytes,
})

/** A day of minutes, and some more. */
export const MOST_SAMPLES = 2000

export const metricsSection = z.object({ samples: z.array(sample).max(MOST_SAMPLES).describe('the oldest first') })

export type MetricsFacts = z.infer<typeof metricsSection>
export type MetricSample = z.infer<typeof sample>
