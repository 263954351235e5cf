import { type App, startApp } from '../app.ts'
import type { Config } from '../config/config.ts'
import type { Orm } from '../database/database.ts'
import { ScanOutcome } from '../deposit/scan.entity.ts'
import { noticeSilence } from '../machines/silence.ts'
import { ChangeFeed } from '../platform/changes.ts'
import { DAY, HOUR } from '../platform/clock.ts'
import type { Log } from '../platform/log.ts'
import { applyAllRetention } from '../vault/nightly.ts'
import { markAsDemo, moveDemoMark, readDemoMark } from '../access/demo-mark.ts'
import { type Era, eraOf, type Happening, happenings } from './happenings.ts'
import { HISTORY_DAYS, JOBS } from './jobs.ts'
import { FLEET, machineNamed } from './fleet.ts'
import { baysOf, NOTES, TAGS } from './stories.ts'
import { DemoWorld } from './world.ts'

export interface HistoryOptions {
  config: Config
  orm: Orm
  log: Log
  now: Date
  /** Called after each day that has passed. */
  onDay: (done: number, all: number) => void
  historyDays?: number
}

/**
 * Lets time pass until now: ninety days at the first start, later what has gone by since the last. Nothing is written into
 * the tables: machines report, backups arrive and scans look at them by a clock that runs fast.
 */
export async function letTimePass({
  config,
  orm,
  log,
  now,
  onDay,
  historyDays = HISTORY_DAYS,
}: HistoryOptions): Promise<void> {
  const known = await readDemoMark(orm.em)
  const firstDay = known?.firstDay ?? now
  const era = eraOf(firstDay, historyDays)
  let from = known?.until ?? era.begun
  if (!known) await markAsDemo(orm.em.fork(), { firstDay, until: from })
  const clock = { now: from }
  const changes = new ChangeFeed(() => undefined)
  const app = await startApp({ config: { ...config, port: 0 }, orm, clock: () => clock.now, log, changes })
  const world = new DemoWorld(app, firstDay)
  // A scan that rang by itself sees one moment, as it would where time goes slowly.
  const moveTo = async (at: Date): Promise<void> => {
    while (app.scanner.endsSoon) await app.scanner.idle()
    clock.now = at
  }
  const all = Math.ceil((now.getTime() - from.getTime()) / DAY)
  try {
    for (let day = 1; from < now; day += 1) {
      const to = new Date(Math.min(now.getTime(), from.getTime() + DAY))
      await passDay({ app, orm, log, world, moveTo, era }, { from, to })
      // Whoever was interrupted before has not been taken care of.
      if (from < firstDay && to >= firstDay) await takeCare(app)
      await moveDemoMark(orm.em.fork(), to)
      from = to
      onDay(day, all)
    }
  } finally {
    await app.stop()
  }
}

/** Once a week is enough for what nobody sees. */
const DAY_OF_RETENTION = 0

interface Passing {
  log: Log
  app: App
  orm: Orm
  world: DemoWorld
  moveTo: (at: Date) => Promise<void>
  era: Era
}

async function passDay(
  { app, orm, log, world, moveTo, era }: Passing,
  { from, to }: { from: Date; to: Date },
): Promise<void> {
  // Within its first day each machine reports: the day after, its backups are declared.
  const isFirst = from.getTime() < era.begun.getTime() + DAY
  const every = isFirst ? DAY : rhythmAt(era.firstDay.getTime() - to.getTime())
  for (const group of together(happenings({ from, to, every }, era))) {
    await moveTo((group.at(-1) as Happening).at)
    await Promise.all(group.map((happening) => (happening.kind === 'look' ? look(app) : world.bringAbout(happening))))
    await moveDemoMark(orm.em.fork(), justAfter(group))
  }
  await moveTo(to)
  const clock = (): Date => to
  await noticeSilence(orm.em, app.transact, clock, from)
  await app.opener.run()
  if (to.getUTCDay() !== DAY_OF_RETENTION) return
  const { em, vault } = app.services()
  await applyAllRetention({ em, vault, keeper: app.scanner, clock, log })
}

/** When all of them have happened: what comes next is not one of them again. */
const justAfter = (group: readonly Happening[]): Date => new Date((group.at(-1) as Happening).at.getTime() + 1)

/** Reports that come one after the other are recorded together, as those of a busy server are. */
function together(all: readonly Happening[]): Happening[][] {
  const groups: Happening[][] = []
  for (const happening of all) {
    const last = groups.at(-1)
    const goesAlong = happening.kind === 'report' && last?.[0]?.kind === 'report' && last.length < 10
    if (goesAlong) last.push(happening)
    else groups.push([happening])
  }
  return groups
}

/** How often machines report, by how long ago it was: far back once in three days is enough for a curve. */
function rhythmAt(age: number): number {
  if (age < DAY) return 4 * HOUR
  return age < 30 * DAY ? DAY : 3 * DAY
}

/** A scan, after one that may just be at work. */
async function look({ scanner }: App): Promise<void> {
  while ((await scanner.scan('SCHEDULE')).outcome === ScanOutcome.ALREADY_RUNNING) await scanner.idle()
}

/** What people have said of their disks and alerts. */
async function takeCare(app: App): Promise<void> {
  const { machines, disks, diskCare, storage } = app.services()
  for (const machine of FLEET.filter(
    ({ hostname }) => !JOBS.some((job) => job.agentId === hostname && job.protects === '/'),
  )) {
    const { id } = await machines.one({ hostname: machine.hostname })
    const root = (await storage.ofMachine(id)).find(({ mountpoint }) => mountpoint === '/')
    if (root) await storage.setCopyNotNeeded(root.id, 'Installed anew within an hour, by Ansible.', 'demo')
  }
  for (const { tag, of } of TAGS) {
    const named = FLEET.filter(({ hostname }) => of.test(hostname))
    const tagged = await Promise.all(named.map(({ hostname }) => machines.one({ hostname })))
    await machines.tag(
      tagged.map(({ id }) => id),
      { add: [tag], remove: [] },
    )
  }
  for (const { hostname, bay, label, note } of NOTES) {
    const serial = baysOf(machineNamed(hostname), 0)[bay]?.serial
    const own = await disks.inMachine((await machines.one({ hostname })).id)
    const disk = own.find((each) => each.serial === serial)
    if (!disk) continue
    if (label) await diskCare.label(disk.id, label)
    if (note) await diskCare.note([disk.id], note)
  }
}
