import { type LevelWithSilent, type Logger, pino } from 'pino'

export type Log = Logger

/** JSON lines on stderr, so that stdout stays for what a command answers. Secrets are masked wherever they stand. */
export const createLog = (level: LevelWithSilent): Log =>
  pino(
    {
      level,
      base: null,
      timestamp: pino.stdTimeFunctions.isoTime,
      formatters: { level: (label) => ({ level: label }) },
      redact: {
        paths: ['authorization', '*.authorization', '*.cookie', '*.token', '*.secret', '*.password'],
        censor: '…',
      },
    },
    pino.destination(2),
  )
