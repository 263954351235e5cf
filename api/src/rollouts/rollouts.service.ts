import { type Action, ActionClass, type ActionParams, classOf, ResultCode } from '@vigie/agent/actions'
import type { Caller } from '../access/caller.ts'
import type { EntityManager } from '../database/database.ts'
import { groupLoader, rowLoader } from '../database/loader.ts'
import { insertRows, requireRow, type Row, selectRows } from '../database/rows.ts'
import { inOrder, seekPage } from '../database/seek.ts'
import { tables } from '../database/tables.ts'
import type { Transact } from '../events/outbox.ts'
import { Execution } from '../executions/execution.entity.ts'
import type { ExecutionsService } from '../executions/executions.service.ts'
import type { Clock } from '../platform/clock.ts'
import { ConflictError, InvalidInputError, NotFoundError } from '../platform/errors.ts'
import { newId } from '../platform/id.ts'
import type { Page, PageArgs } from '../platform/page.ts'
import { callOff, endRollout } from './advance-rollouts.ts'
import { type LeftOut, Rollout, RolloutStatus } from './rollout.entity.ts'

export const MOST_MACHINES = 200

export interface RolloutWish {
  machines: string[]
  action: Action
  params: ActionParams
  maxFailures: number
}

/** What several machines are asked, one after the other. */
export class RolloutsService {
  constructor(
    private readonly em: EntityManager,
    private readonly transact: Transact,
    private readonly clock: Clock,
    private readonly executions: ExecutionsService,
  ) {}

  private readonly byId = rowLoader<string, Row<Rollout>>(
    (ids) => selectRows(this.em, Rollout, 'id', ids),
    ({ id }) => id,
  )

  private readonly members = groupLoader<string, Row<Execution>>(
    (ids) => selectRows(this.em, Execution, 'rollout', ids),
    ({ rollout }) => rollout ?? '',
  )

  /** Errors: NOT_FOUND */
  async load(id: string): Promise<Row<Rollout>> {
    const found = await this.byId.load(id)
    if (!found) throw new NotFoundError('rollout', `the id ${id}`)
    return found
  }

  /** In their order. */
  async membersOf(id: string): Promise<Row<Execution>[]> {
    return (await this.members.load(id)).toSorted((a, b) => (a.position ?? 0) - (b.position ?? 0))
  }

  /** Newest first. */
  list(page: PageArgs): Promise<Page<Row<Rollout>>> {
    const query = tables(this.em).selectFrom('Rollout')
    return seekPage(this.em, { query, order: ['id'], direction: 'desc' }, page, async (ids: string[]) =>
      inOrder(ids, await selectRows(this.em, Rollout, 'id', ids)),
    )
  }

  /**
   * Asks each of the machines for its plan; those that do not do it are left out, with why. Errors: NOT_FOUND, BAD_USER_INPUT, CONFLICT
   * where none of them does it
   */
  async plan({ machines, action, params, maxFailures }: RolloutWish, by: Caller): Promise<Row<Rollout>> {
    const wanted = [...new Set(machines)]
    if (wanted.length === 0 || wanted.length > MOST_MACHINES)
      throw new InvalidInputError('machines', `must be 1 to ${MOST_MACHINES}`, 'Ask them in several rollouts.')
    if (maxFailures < 1 || maxFailures > wanted.length)
      throw new InvalidInputError(
        'maxFailures',
        'must be 1 to the number of machines',
        'It stops when so many have failed.',
      )
    if (classOf(action) === ActionClass.READ)
      throw new InvalidInputError('action', 'only looks', 'Ask each machine for it: none has to wait for another.')
    const id = newId()
    await this.transact(this.em, async (transaction) => {
      const createdAt = this.clock()
      const requester = { kind: by.kind, id: by.id, name: by.name }
      const leftOut: LeftOut[] = []
      const rollout = { id, action, params, status: RolloutStatus.RUNNING, maxFailures, requester, createdAt }
      await insertRows(transaction.em, Rollout, [{ ...rollout, endedAt: null, leftOut }])
      for (const [position, machine] of wanted.entries()) {
        try {
          const wish = { machine, action, params, notBefore: null }
          await this.executions.askWithin(transaction, wish, { by, rollout: id, position })
        } catch (error) {
          // That one does not do it says nothing of the others. It has written nothing.
          if (!(error instanceof ConflictError)) throw error
          leftOut.push({ machine, why: error.message })
        }
      }
      const [first] = leftOut
      if (first && leftOut.length === wanted.length)
        throw new ConflictError('machines', `do not do it, none of them (${first.why})`, 'Choose others.')
      if (first) await tables(transaction.em).updateTable('Rollout').set({ leftOut }).where('id', '=', id).execute()
    })
    return this.load(id)
  }

  /** Calls off what has not begun; what a machine is at goes on, and can be stopped there. Errors: NOT_FOUND, CONFLICT */
  async cancel(id: string, by: Caller): Promise<Row<Rollout>> {
    await this.transact(this.em, async (transaction) => {
      const { em } = transaction
      const rollout = await requireRow(em, Rollout, id, 'rollout')
      if (rollout.status !== RolloutStatus.RUNNING)
        throw new ConflictError('status', `is ${rollout.status}`, 'There is nothing left to cancel.')
      const at = this.clock()
      const members = await selectRows(em, Execution, 'rollout', [id])
      await callOff(transaction, members, { at, code: ResultCode.ROLLOUT_CANCELLED, actor: by.name })
      await endRollout(transaction, rollout, { status: RolloutStatus.CANCELLED, at, members, actor: by.name })
    })
    this.byId.clear(id)
    return this.load(id)
  }
}
