/** Something that is done again and again. What there is to do it reads from the database: ringing twice does no harm. */
export interface Task {
  name: string
  /** Milliseconds, or five fields of crontab(5). */
  every: string | number
  /** Of a cron line; UTC where it is left out. */
  timeZone?: string
  /** Whether it also runs when Vigie starts. */
  atStart: boolean
  run(): Promise<void>
}
