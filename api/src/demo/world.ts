import type { App } from '../app.ts'
import type { Caller } from '../access/caller.ts'
import { JobOrder } from '../backups/job-list.ts'
import { Frequency } from '../backups/schedule.ts'
import { Scope } from '../graphql/scope.ts'
import type { Services } from '../services.ts'
import type { DemoJob } from './jobs.ts'
import { type Happening, scheduleOf } from './happenings.ts'
import { machineReport } from './machine-report.ts'
import { sendBackup } from './send-backup.ts'

/** Who reports for machines that do not exist. */
const CALLER: Caller = {
  kind: 'TOKEN',
  id: null,
  name: 'demo',
  scopes: [Scope.REPORT],
  machineId: null,
  anyMachine: true,
  agents: [],
}

/** The machines of the demo and their backups, which reach Vigie by the doors that real ones come in by. */
export class DemoWorld {
  constructor(
    private readonly app: Pick<App, 'services' | 'roots'>,
    private readonly firstDay: Date,
  ) {}

  /** What nobody but a scan notices is left to it. */
  async bringAbout(happening: Exclude<Happening, { kind: 'look' }>): Promise<void> {
    const services = this.app.services()
    if (happening.kind === 'report') {
      await services.inventory.report(machineReport(happening.machine, happening.at, this.firstDay), CALLER)
    } else if (happening.kind === 'backup') {
      await sendBackup(this.app.roots.deposit, happening)
    } else {
      await declare(services, happening.job)
    }
  }
}

async function declare({ jobs, machines, protections }: Services, job: DemoJob): Promise<void> {
  const { agentId, databaseName, companyName, city, frequency, protects } = job
  const { cron } = scheduleOf(job)
  // A day that was broken off goes on from where it was, give or take one of these.
  const ofAgent = await jobs.list({
    filter: { agentId },
    orderBy: JobOrder.AGENT,
    reverse: false,
    includeArchived: true,
    first: 100,
  })
  if (ofAgent.nodes.some((known) => known.databaseName === databaseName)) return
  const { id: jobId } = await jobs.create(
    {
      agentId,
      databaseName,
      companyName,
      city,
      cron,
      graceMinutes: frequency === Frequency.HOURLY ? 30 : 120,
      keepDaily: 30,
      keepWeekly: 12,
      keepMonthly: 12,
    },
    null,
  )
  if (protects === null) return
  const machine = await machines.one({ hostname: agentId })
  await protections.link({ jobId, machineId: machine.id, path: protects }, 'demo')
}
