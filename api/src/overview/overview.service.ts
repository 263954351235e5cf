import type { EntityManager } from '../database/database.ts'
import { machineName } from '../reasons/names.ts'
import { tables } from '../database/tables.ts'
import { Health, HEALTH_RANK } from '../disks/health.ts'
import { shownHealthSql } from '../disks/health-sql.ts'
import type { Machine } from '../machines/machine.entity.ts'
import type { MachinesService } from '../machines/machines.service.ts'
import type { Row } from '../database/rows.ts'
import type { StorageService } from '../storage/storage.service.ts'
import type { Clock } from '../platform/clock.ts'
import { type Page, type PageArgs, pageOfSorted } from '../platform/page.ts'

/** Of a disk that nothing is known to be wrong with; virtual disks tell nothing, and need not. */
const QUIET: readonly Health[] = [Health.OK, Health.UNSUPPORTED]

export class OverviewService {
  constructor(
    private readonly em: EntityManager,
    private readonly clock: Clock,
    private readonly machines: MachinesService,
    private readonly storage: StorageService,
  ) {}

  machineCounts(): Promise<{ total: number; silent: number }> {
    return tables(this.em)
      .selectFrom('Machine')
      .select((eb) => [
        eb.fn.countAll<number>().as('total'),
        eb.fn.countAll<number>().filterWhere('silentAt', '<=', this.clock()).as('silent'),
      ])
      .where('archivedAt', 'is', null)
      .executeTakeFirstOrThrow()
  }

  /** Disks that are missing, and those that are in the machine where they were seen first. */
  diskPlaces(): Promise<{ missing: number; inPlace: number }> {
    return tables(this.em)
      .selectFrom('Disk')
      .select((eb) => [
        eb.fn.countAll<number>().filterWhere('missingSince', 'is not', null).as('missing'),
        eb.fn
          .countAll<number>()
          .filterWhere((each) =>
            each.and([each('missingSince', 'is', null), each('machine', '=', each.ref('firstMachine'))]),
          )
          .as('inPlace'),
      ])
      .where('archivedAt', 'is', null)
      .executeTakeFirstOrThrow()
  }

  /** Machines with a disk that is not known to be well or is missing, or a bad array; those that are silent; the worst first. */
  async troubledMachines(args: PageArgs): Promise<Page<Row<Machine>>> {
    const worst = await this.worstDisks()
    for (const { machine, health } of await this.storage.badArrays())
      worst.set(machine, Math.max(worst.get(machine) ?? 0, HEALTH_RANK[health]))
    const machines = await tables(this.em)
      .selectFrom('Machine')
      .select(['id', 'name', 'hostname', 'ip'])
      .where('archivedAt', 'is', null)
      .where((eb) => eb.or([eb('silentAt', '<=', this.clock()), eb('id', 'in', [...worst.keys(), ''])]))
      .execute()
    const page = pageOfSorted(machines, args, 3, (machine) => [
      -(worst.get(machine.id) ?? 0),
      machineName(machine).toLowerCase(),
      machine.id,
    ])
    return {
      nodes: await this.machines.loadAll(page.nodes.map(({ id }) => id)),
      pageInfo: page.pageInfo,
      get totalCount() {
        return page.totalCount
      },
    }
  }

  /** The rank of the worst disk of each machine that has one which is not quiet. */
  private async worstDisks(): Promise<Map<string, number>> {
    const rows = await tables(this.em)
      .selectFrom((eb) =>
        eb
          .selectFrom('Disk')
          .select(['machine', 'missingSince'])
          .select((disk) => shownHealthSql(disk, this.clock()).as('health'))
          .where('archivedAt', 'is', null)
          .as('shown'),
      )
      .select(['machine', 'health'])
      .where((eb) => eb.or([eb('health', 'not in', QUIET), eb('missingSince', 'is not', null)]))
      .groupBy(['machine', 'health'])
      .execute()
    const worst = new Map<string, number>()
    for (const { machine, health } of rows) worst.set(machine, Math.max(worst.get(machine) ?? 0, HEALTH_RANK[health]))
    return worst
  }
}
