import type { Task } from './scheduler/task.ts'
import type { AlertOpener, Addresses } from './alerts/alert-opener.ts'
import { writeDailyDigests } from './alerts/daily-digest.ts'
import type { DeliveryService } from './alerts/delivery.ts'
import type { Config } from './config/config.ts'
import type { Orm } from './database/database.ts'
import type { Transact } from './events/outbox.ts'
import { forgetEnded } from './access/ended-sessions.ts'
import { forgetReports } from './deposit/kept-reports.ts'
import type { Scanner } from './deposit/scanner.ts'
import type { ExecutionLogs } from './executions/execution-log.ts'
import { forgetLogs, settleExecutions } from './executions/settle-executions.ts'
import { rejudge } from './disks/rejudge.ts'
import { thinHistory } from './disks/thinning.ts'
import { measureRooms } from './room/measure-rooms.ts'
import { RoomUse } from './room/room.entity.ts'
import { applyAllRetention, forgetQuarantined, type Nightly } from './vault/nightly.ts'
import { VaultService } from './vault/vault.service.ts'
import { forgetMessages, recordMessages } from './log-messages/message-recorder.ts'
import { forgetMetrics } from './metrics/metrics.service.ts'
import { noticeBusy } from './metrics/notice-busy.ts'
import { noticeOverdue } from './state/notice-overdue.ts'
import { forgetPackages } from './packages/forget-packages.ts'
import { noticeSilence } from './machines/silence.ts'
import { advanceRollouts } from './rollouts/advance-rollouts.ts'
import { type Clock, HOUR, MINUTE, SECOND } from './platform/clock.ts'
import type { Log } from './platform/log.ts'

export interface TaskDependencies {
  orm: Orm
  transact: Transact
  clock: Clock
  log: Log
  config: Config
  scanner: Scanner
  opener: AlertOpener
  delivery: DeliveryService
  addresses: Addresses
  executionLogs: ExecutionLogs
  /** True once Vigie is stopping: long tasks end between two steps. */
  isStopping: () => boolean
}

/** Everything that Vigie does by itself. */
export function tasksOf({
  orm,
  transact,
  clock,
  log,
  config,
  scanner,
  opener,
  delivery,
  addresses,
  executionLogs,
  isStopping,
}: TaskDependencies): Task[] {
  const { em } = orm
  const listeningSince = clock()
  const nightly = (): Nightly => {
    const own = em.fork()
    return { em: own, vault: new VaultService(own, transact, clock), keeper: scanner, clock, log }
  }
  return [
    {
      name: 'scan',
      every: config.scannerIntervalMinutes * MINUTE,
      atStart: true,
      run: async () => {
        await scanner.scan('SCHEDULE')
      },
    },
    {
      name: 'measure room',
      every: HOUR,
      atStart: true,
      run: async () => {
        const { roots, dataDir } = config
        const { sees } = await scanner.look(em.fork())
        // Where one of them is not mounted, its folder lies on another file system: that says nothing of its own.
        const mounted = [
          { path: roots.deposit, use: RoomUse.DEPOSIT },
          { path: roots.vault, use: RoomUse.VAULT },
          { path: roots.quarantine, use: RoomUse.QUARANTINE },
        ]
        await measureRooms(em, transact, clock, [{ path: dataDir, use: RoomUse.DATA }, ...(sees ? mounted : [])])
      },
    },
    {
      name: 'survey the deposit',
      every: HOUR,
      atStart: true,
      run: async () => {
        const { sees } = await scanner.look(em.fork())
        if (sees && !isStopping()) await scanner.survey(config.forget)
      },
    },
    {
      name: 'forget what was kept apart',
      every: '15 4 * * *',
      timeZone: config.timeZone,
      atStart: false,
      run: async () => {
        const { quarantineDays } = config.forget
        if (quarantineDays !== null) await forgetQuarantined(nightly(), quarantineDays)
      },
    },
    {
      name: 'deliver alerts',
      every: 15 * SECOND,
      atStart: true,
      run: async () => {
        try {
          await scanner.noticeStandstill()
          // A scan opens its alerts itself when it ends: those of one agent are then one message.
          if (!scanner.endsSoon) await opener.run()
        } finally {
          await delivery.run()
        }
      },
    },
    {
      name: 'notice silent machines',
      every: MINUTE,
      atStart: true,
      run: async () => {
        await noticeSilence(em, transact, clock, listeningSince)
      },
    },
    {
      name: 'settle actions',
      every: MINUTE,
      atStart: true,
      run: () => settleExecutions(em, transact, clock),
    },
    {
      name: 'go on with rollouts',
      every: 10 * SECOND,
      atStart: true,
      run: () => advanceRollouts(em, transact, clock),
    },
    {
      name: 'read logs of actions',
      every: MINUTE,
      atStart: true,
      run: () => recordMessages(em, { transact, logs: executionLogs, clock, log, isStopping }),
    },
    {
      name: 'forget messages of logs',
      every: '35 2 * * *',
      timeZone: config.timeZone,
      atStart: false,
      run: () => forgetMessages(em.fork(), transact, clock),
    },
    {
      name: 'forget logs of actions',
      every: '30 2 * * *',
      timeZone: config.timeZone,
      atStart: false,
      run: () => forgetLogs(em.fork(), executionLogs, { transact, clock, days: config.executionLogs }),
    },
    {
      name: 'forget metrics',
      every: HOUR,
      atStart: false,
      run: () => forgetMetrics(em.fork(), clock),
    },
    {
      name: 'forget packages',
      every: '40 2 * * *',
      timeZone: config.timeZone,
      atStart: false,
      run: () => forgetPackages(em.fork(), isStopping),
    },
    {
      name: 'notice what is busy for long',
      every: 10 * MINUTE,
      atStart: false,
      run: () => noticeBusy(em, transact, clock),
    },
    {
      name: 'notice what waits for long',
      every: HOUR,
      atStart: true,
      run: async () => {
        await noticeOverdue(em, transact, clock)
      },
    },
    {
      name: 'judge by new rules',
      every: HOUR,
      atStart: true,
      run: async () => {
        await rejudge(em, transact, clock, isStopping)
      },
    },
    {
      name: 'forget old reports',
      every: '45 2 * * *',
      timeZone: config.timeZone,
      atStart: false,
      run: () => forgetReports(em.fork(), clock(), isStopping),
    },
    {
      name: 'forget ended sessions',
      every: HOUR,
      atStart: false,
      run: () => forgetEnded(em, transact, clock),
    },
    { name: 'thin history', every: HOUR, atStart: false, run: () => thinHistory(orm, transact, clock, isStopping) },
    {
      name: 'apply retention',
      every: '0 4 * * *',
      timeZone: config.timeZone,
      atStart: false,
      run: () => applyAllRetention(nightly()),
    },
    {
      name: 'verify the vault again',
      every: '30 3 * * *',
      timeZone: config.timeZone,
      atStart: false,
      run: () => scanner.reverify(),
    },
    {
      name: 'daily digest',
      every: '0 7 * * *',
      timeZone: config.timeZone,
      atStart: false,
      run: async () => {
        await writeDailyDigests(em, transact, clock, addresses)
        await delivery.run()
      },
    },
  ]
}
