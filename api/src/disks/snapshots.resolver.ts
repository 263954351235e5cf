import { Ctx, Extensions, FieldResolver, Resolver, Root } from 'type-graphql'
import { LARGE } from '../graphql/cost.ts'
import type { Context } from '../graphql/context.ts'
import type { Row } from '../database/rows.ts'
import { Machine } from '../machines/machine.entity.ts'
import { connectionOf } from '../platform/page.ts'
import { Counter } from './attributes.type.ts'
import { countersAsList } from './disks.service.ts'
import { SmartDocument } from './smart-document.entity.ts'
import { Snapshot } from './snapshot.entity.ts'

export const SnapshotConnection = connectionOf(Snapshot, 'Snapshot')

@Resolver(() => Snapshot)
export class SnapshotsResolver {
  @FieldResolver(() => Machine)
  machine(@Root() snapshot: Row<Snapshot>, @Ctx() { machines }: Context): Promise<Row<Machine>> {
    return machines.load(snapshot.machine)
  }

  @FieldResolver(() => [Counter], { description: 'Every counter of this reading; [] = none was read' })
  counters(@Root() snapshot: Row<Snapshot>): Counter[] {
    return countersAsList(snapshot.counters)
  }

  @FieldResolver(() => SmartDocument, {
    nullable: true,
    complexity: LARGE,
    description:
      'What smartctl printed at this reading, or at the last one before it that said anything new; null = none',
  })
  document(@Root() snapshot: Row<Snapshot>, @Ctx() { disks }: Context): Promise<Row<SmartDocument> | null> {
    return disks.documentOf(snapshot)
  }
}

@Resolver(() => SmartDocument)
export class SmartDocumentsResolver {
  @Extensions({ largeText: true })
  @FieldResolver(() => String, { description: 'The JSON text, as printed' })
  json(@Root() document: Row<SmartDocument>, @Ctx() { disks }: Context): Promise<string> {
    return disks.textOf(document)
  }
}
