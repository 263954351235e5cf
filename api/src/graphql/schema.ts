import { RetentionResolver } from '../vault/retention.resolver.ts'
import { TagsResolver } from '../tags/tags.resolver.ts'
import type { GraphQLSchema } from 'graphql'
import { buildSchemaSync, type PubSub } from 'type-graphql'
import { AccessResolver } from '../access/access.resolver.ts'
import { allows, type Scope } from './scope.ts'
import { EntriesResolver, RunsResolver } from '../backups/entries.resolver.ts'
import { JobsResolver, ProtectionsResolver } from '../backups/jobs.resolver.ts'
import type { Context } from './context.ts'
import { DepositResolver, FileWorkResolver } from '../deposit/deposit.resolver.ts'
import { DiskCareResolver } from '../disks/disk-care.resolver.ts'
import {
  AtRiskDisksResolver,
  DiskStaysResolver,
  DisksResolver,
  MovedDisksResolver,
  ReasonCurvesResolver,
} from '../disks/disks.resolver.ts'
import { SmartDocumentsResolver, SnapshotsResolver } from '../disks/snapshots.resolver.ts'
import { AlertingResolver, AlertsResolver } from '../alerts/alerts.resolver.ts'
import { CausesResolver } from '../causes/causes.resolver.ts'
import { ForbiddenError } from '../platform/errors.ts'
import { ExecutionRolloutsResolver, RolloutLeftOutResolver, RolloutsResolver } from '../rollouts/rollouts.resolver.ts'
import { InstalledPackagesResolver } from '../packages/packages.resolver.ts'
import { ContainersResolver, MachineDockersResolver } from '../docker/docker.resolver.ts'
import { EventsResolver } from '../events/events.resolver.ts'
import { ThresholdsResolver } from '../thresholds/thresholds.resolver.ts'
import {
  MessagesOfExecutionsResolver,
  MessagesResolver,
  OccurrencesResolver,
} from '../log-messages/messages.resolver.ts'
import { MetricsResolver } from '../metrics/metrics.resolver.ts'
import {
  MachinePackagesResolver,
  MachineStatesResolver,
  InstalledUpdatesResolver,
  StateResolver,
  SystemSnapshotsResolver,
} from '../state/state.resolver.ts'
import { SubscriptionsResolver } from './subscriptions.resolver.ts'
import { InventoryResolver } from '../inventory/inventory.resolver.ts'
import { countWhatIsMade } from './cost.ts'
import { MachinesResolver } from '../machines/machines.resolver.ts'
import { AgentWorkResolver } from '../executions/agent-work.resolver.ts'
import {
  ExecutionsResolver,
  MachineActionsResolver,
  MachinePoliciesResolver,
} from '../executions/executions.resolver.ts'
import { OverviewResolver } from '../overview/overview.resolver.ts'
import { UnawaitedResolver } from '../deposit/unawaited.resolver.ts'
import { RoomResolver } from '../room/room.resolver.ts'
import { ReasonsResolver } from '../reasons/reasons.resolver.ts'
import { ArraysResolver, StorageResolver } from '../storage/storage.resolver.ts'
import { LinkOffersResolver, LinksResolver } from '../places/links.resolver.ts'
import {
  AtRiskDiskPlacesResolver,
  DiskPlacesResolver,
  MachinePlacesResolver,
  PlaceCopiesResolver,
  PlacesResolver,
} from '../places/places.resolver.ts'
import { VaultResolver } from '../vault/vault.resolver.ts'

/** Every resolver. A new one is registered here and nowhere else. */
const resolvers = [
  RetentionResolver,
  TagsResolver,
  AccessResolver,
  AlertingResolver,
  AlertsResolver,
  AtRiskDiskPlacesResolver,
  AtRiskDisksResolver,
  CausesResolver,
  DepositResolver,
  FileWorkResolver,
  AgentWorkResolver,
  ExecutionsResolver,
  MachineActionsResolver,
  MachinePoliciesResolver,
  DiskPlacesResolver,
  DiskStaysResolver,
  DiskCareResolver,
  DisksResolver,
  EntriesResolver,
  EventsResolver,
  InventoryResolver,
  JobsResolver,
  LinkOffersResolver,
  LinksResolver,
  MachinePlacesResolver,
  MachinesResolver,
  MetricsResolver,
  MessagesResolver,
  OccurrencesResolver,
  MessagesOfExecutionsResolver,
  ContainersResolver,
  MachineDockersResolver,
  InstalledPackagesResolver,
  RolloutsResolver,
  RolloutLeftOutResolver,
  ExecutionRolloutsResolver,
  InstalledUpdatesResolver,
  ThresholdsResolver,
  MovedDisksResolver,
  OverviewResolver,
  PlaceCopiesResolver,
  PlacesResolver,
  ProtectionsResolver,
  ReasonCurvesResolver,
  ReasonsResolver,
  RoomResolver,
  RunsResolver,
  SmartDocumentsResolver,
  SnapshotsResolver,
  StateResolver,
  MachinePackagesResolver,
  MachineStatesResolver,
  SystemSnapshotsResolver,
  StorageResolver,
  ArraysResolver,
  SubscriptionsResolver,
  UnawaitedResolver,
  VaultResolver,
] as const

export const createSchema = (pubSub: PubSub): GraphQLSchema =>
  countWhatIsMade(
    buildSchemaSync({
      resolvers,
      pubSub,
      validate: false,
      // It would ask the schema for itself at each start; contract.test.ts does.
      skipCheck: true,
      authChecker: ({ context }: { context: Context }, scopes: Scope[]) => {
        const missing = scopes.find((scope) => !allows(context.caller.scopes, scope))
        if (missing) {
          throw new ForbiddenError(
            `This needs the scope "${missing}"; "${context.caller.name}" has ${context.caller.scopes.join(', ') || 'none'}.`,
          )
        }
        return true
      },
    }),
  )
