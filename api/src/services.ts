import { AccessService } from './access/access.service.ts'
import { type AlertSettings, AlertsService } from './alerts/alerts.service.ts'
import type { Quota } from './access/quota.ts'
import type { Roots } from './config/config.ts'
import type { Transact } from './events/outbox.ts'
import { EntriesService } from './backups/entries.service.ts'
import { JobExchange } from './backups/job-exchange.ts'
import { JobsService } from './backups/jobs.service.ts'
import { ProtectionsService } from './backups/protections.service.ts'
import { CausesService } from './causes/causes.service.ts'
import type { EntityManager } from './database/database.ts'
import { DepositService } from './deposit/deposit.service.ts'
import { PackagesService } from './packages/packages.service.ts'
import { DockerService } from './docker/docker.service.ts'
import { DiskCareService } from './disks/disk-care.service.ts'
import { DisksService } from './disks/disks.service.ts'
import { AgentWorkService } from './executions/agent-work.service.ts'
import type { ExecutionLogs } from './executions/execution-log.ts'
import { RolloutsService } from './rollouts/rollouts.service.ts'
import { ExecutionsService } from './executions/executions.service.ts'
import { EventsService } from './events/events.service.ts'
import { InventoryService } from './inventory/inventory.service.ts'
import { ThresholdsService } from './thresholds/thresholds.service.ts'
import { MachinesService } from './machines/machines.service.ts'
import { MessagesService } from './log-messages/messages.service.ts'
import { MetricsService } from './metrics/metrics.service.ts'
import { LinksService } from './places/links.service.ts'
import { PlacesService } from './places/places.service.ts'
import { OverviewService } from './overview/overview.service.ts'
import type { Clock } from './platform/clock.ts'
import type { FairShare } from './platform/fair-share.ts'
import { StateService } from './state/state.service.ts'
import { StorageService } from './storage/storage.service.ts'
import { TagsService } from './tags/tags.service.ts'
import { RetentionService } from './vault/retention.service.ts'
import { VaultService } from './vault/vault.service.ts'

/** What services are made of. */
export interface Parts {
  transact: Transact
  /** For reports: those that wait are committed together. */
  transactReports: Transact
  clock: Clock
  /** Lets reports and questions take turns. */
  share: FairShare
  /** What each token may still send today. */
  quota: Quota
  /** How browsers and agents reach Vigie; null = as they were asked. */
  publicUrl: string | null
  /** Where backups arrive, are kept, and are kept apart. */
  roots: Roots
  /** Hostname or id of the machine that the vault lies on; null = that of the local agent. */
  vaultMachine: string | null
  /** Logs of what machines were asked. */
  executionLogs: ExecutionLogs
  /** How messages reach people. */
  settings: AlertSettings
}

/** The one place where services are made: for a request, a batch of changes or a command. */
export function createServices(em: EntityManager, { transact, transactReports, clock, share, quota, ...parts }: Parts) {
  const access = new AccessService(em, transact, clock)
  const machines = new MachinesService(em, transact, clock)
  const disks = new DisksService(em, clock)
  const storage = new StorageService(em, transact, clock)
  const alerts = new AlertsService(em, transact, clock, parts.settings)
  const places = new PlacesService(em, clock, { path: parts.roots.vault, machine: parts.vaultMachine })
  const jobs = new JobsService(em, transact, clock, parts.roots)
  const executions = new ExecutionsService(em, transact, clock)
  return {
    em,
    clock,
    publicUrl: parts.publicUrl,
    roots: parts.roots,
    access,
    inventory: new InventoryService(em, transactReports, { clock, share, quota }, access),
    tags: new TagsService(em),
    machines,
    disks,
    diskCare: new DiskCareService(em, transact, clock, disks),
    storage,
    state: new StateService(em),
    docker: new DockerService(em),
    packages: new PackagesService(em),
    metrics: new MetricsService(em, clock),
    thresholds: new ThresholdsService(em, transact, clock),
    executions,
    rollouts: new RolloutsService(em, transact, clock, executions),
    executionLogs: parts.executionLogs,
    messages: new MessagesService(em, transact, clock),
    agentWork: new AgentWorkService(em, transact, clock, { logs: parts.executionLogs, quota }),
    jobs,
    exchange: new JobExchange(em, jobs, parts.roots),
    entries: new EntriesService(em, clock),
    deposit: new DepositService(em, transact, clock, quota),
    vault: new VaultService(em, transact, clock),
    retention: new RetentionService(em, jobs),
    places,
    links: new LinksService(em, storage, places),
    protections: new ProtectionsService(em, transact, clock),
    alerts,
    causes: new CausesService(em, alerts, places),
    settings: parts.settings,
    overview: new OverviewService(em, clock, machines, storage),
    events: new EventsService(em),
  }
}
export type Services = ReturnType<typeof createServices>
