import pg from 'pg'
import { SECOND } from '../../platform/clock.ts'

/** How long a question waits for a connection, and how long one statement may take, in milliseconds. */
const PATIENCE = { connection: 15 * SECOND, statement: 60 * SECOND }
/** A server that gives no answer at all is given so much longer. */
const GRACE = 5 * SECOND

/** As the rest of Vigie expects it: whole numbers are numbers, and times are Dates, as SQLite's are. */
const types = new pg.TypeOverrides()
types.setTypeParser(pg.types.builtins.INT8, Number)
types.setTypeParser(pg.types.builtins.NUMERIC, Number)

// Else a time is written by the clock of the machine, whose zone may be off by seconds in old years.
pg.defaults.parseInputDatesAsUTC = true

export const clientSettings = (url: string, statement = PATIENCE.statement): pg.ClientConfig => ({
  connectionString: url,
  application_name: 'vigie',
  connectionTimeoutMillis: PATIENCE.connection,
  statement_timeout: statement,
  // A process that stands still in the middle of a transaction must not hold others for ever.
  idle_in_transaction_session_timeout: PATIENCE.statement,
  // A server that went away without a word, or stands still, is noticed.
  ...(statement > 0 ? { query_timeout: statement + GRACE } : {}),
  keepAlive: true,
  types,
})
