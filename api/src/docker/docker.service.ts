import type { EntityManager } from '../database/database.ts'
import { dialectOf } from '../database/dialect.ts'
import { rowLoader } from '../database/loader.ts'
import { type Row, selectRows } from '../database/rows.ts'
import { inOrder, seekPage } from '../database/seek.ts'
import { tables } from '../database/tables.ts'
import type { Page, PageArgs } from '../platform/page.ts'
import type { ContainerStanding } from './container-standing.ts'
import type { ImageUpdate } from './image-update.ts'
import { MachineContainer } from './machine-container.entity.ts'
import { MachineDocker } from './machine-docker.entity.ts'

/** What is absent or null is not asked for. */
export interface ContainerConditions {
  machine?: string | null | undefined
  search?: string | null | undefined
  standing?: ContainerStanding[] | null | undefined
  update?: ImageUpdate[] | null | undefined
}

export class DockerService {
  constructor(private readonly em: EntityManager) {}

  private readonly byMachine = rowLoader<string, Row<MachineDocker>>(
    (ids) => selectRows(this.em, MachineDocker, 'machine', ids),
    ({ machine }) => machine,
  )

  /** Null = the machine told nothing of it. */
  ofMachine(machineId: string): Promise<Row<MachineDocker> | null> {
    return this.byMachine.load(machineId)
  }

  /** Of machines in service, by their names. */
  containers(filter: ContainerConditions | null | undefined, page: PageArgs): Promise<Page<Row<MachineContainer>>> {
    const { machine, standing, update } = filter ?? {}
    const { contains } = dialectOf(this.em)
    let query = tables(this.em)
      .selectFrom('MachineContainer')
      .where('machine', 'in', (eb) => eb.selectFrom('Machine').select('Machine.id').where('archivedAt', 'is', null))
    if (machine) query = query.where('machine', '=', machine)
    if (standing?.length) query = query.where('standing', 'in', standing)
    if (update?.length) query = query.where('update', 'in', update)
    const search = filter?.search?.trim()
    if (search)
      query = query.where((eb) => eb.or([contains(eb.ref('name'), search), contains(eb.ref('image'), search)]))
    return seekPage(this.em, { query, order: ['name', 'id'], direction: 'asc' }, page, async (ids: string[]) =>
      inOrder(ids, await selectRows(this.em, MachineContainer, 'id', ids)),
    )
  }
}
