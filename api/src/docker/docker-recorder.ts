import type { DockerFacts } from '@vigie/agent/report'
import type { EntityManager } from '../database/database.ts'
import { replaceRows, type Row, saveRows, selectRows } from '../database/rows.ts'
import { newId } from '../platform/id.ts'
import { containersOf, dockerOf, unknownDocker } from './derive-docker.ts'
import { MachineContainer } from './machine-container.entity.ts'
import { MachineDocker } from './machine-docker.entity.ts'

/** Records the containers of a machine, inside of a report's transaction: all of them, so that none that is gone stays. */
export class DockerRecorder {
  constructor(private readonly em: EntityManager) {}

  async record(machine: string, facts: DockerFacts, at: Date): Promise<void> {
    const row = await this.rowOf(machine)
    const containers = containersOf(machine, facts)
    const known = await selectRows(this.em, MachineContainer, 'machine', [machine])
    await replaceRows(this.em, MachineContainer, { known, told: containers, keyOf: ({ name }) => name })
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
