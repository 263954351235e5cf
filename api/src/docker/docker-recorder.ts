import type { DockerFacts } from '@vigie/agent/report'
import type { EntityManager } from '../database/database.ts'
import { type Row, saveRows, selectRows } from '../database/rows.ts'
import { tables } from '../database/tables.ts'
import { newId } from '../platform/id.ts'
import { containersOf, dockerOf, unknownDocker } from './derive-docker.ts'
import { MachineContainer } from './machine-container.entity.ts'
import { MachineDocker } from './machine-docker.entity.ts'

/** SQLite takes so many values in one list with ease. */
const CHUNK = 1000

/** Records the containers of a machine, inside of a report's transaction: all of them, so that none that is gone stays. */
export class DockerRecorder {
  constructor(private readonly em: EntityManager) {}

  async record(machine: string, facts: DockerFacts, at: Date): Promise<void> {
    const row = await this.rowOf(machine)
    const containers = containersOf(machine, facts)
    const known = await selectRows(this.em, MachineContainer, 'machine', [machine])
    const byName = new Map(known.map((each) => [each.name, each]))
    const rows = containers.map((told) => Object.assign(byName.get(told.name) ?? { id: newId() }, told))
    const stay = new Set<object>(rows)
    const gone = known.filter((each) => !stay.has(each)).map(({ id }) => id)
    await saveRows(this.em, MachineContainer, rows)
    for (let from = 0; from < gone.length; from += CHUNK)
      await tables(this.em)
        .deleteFrom('MachineContainer')
        .where('id', 'in', gone.slice(from, from + CHUNK))
        .execute()
    await saveRows(this.em, MachineDocker, [Object.assign(row, dockerOf(facts, containers, at))])
  }

  /** It told the same as before. */
  async confirm(machine: string, at: Date): Promise<void> {
    await saveRows(this.em, MachineDocker, [Object.assign(await this.rowOf(machine), { toldAt: at, problem: null })])
  }

  /** It could not be asked: what was known stays, with the time that it is from. */
  async notAsked(machine: string, problem: string): Promise<void> {
    await saveRows(this.em, MachineDocker, [Object.assign(await this.rowOf(machine), { problem })])
  }

  private async rowOf(machine: string): Promise<Row<MachineDocker>> {
    const [known] = await selectRows(this.em, MachineDocker, 'machine', [machine])
    return known ?? { id: newId(), ...unknownDocker(machine) }
  }
}
