import type { EntityManager } from '../database/database.ts'
import { findRows, type Row, saveRows } from '../database/rows.ts'
import { tables } from '../database/tables.ts'
import { EventCause, EventType } from '../events/event.entity.ts'
import type { Tell, Transact } from '../events/outbox.ts'
import type { Clock } from '../platform/clock.ts'
import { InvalidInputError } from '../platform/errors.ts'
import { fold } from '../platform/fold.ts'
import { newId } from '../platform/id.ts'
import { Severity } from '../reasons/reason.ts'
import { readTags } from '../tags/tag.ts'
import { spelled } from '../tags/tagged.ts'
import {
  THRESHOLD_KINDS,
  THRESHOLD_RULES,
  type ThresholdFacts,
  type ThresholdKind,
  Thresholds,
  readThreshold,
} from './threshold.ts'
import { Threshold } from './threshold.entity.ts'

/** More are no overview any more. */
const MOST = 200

/** What holds; by nobody: it is the default. */
export interface HeldThreshold extends ThresholdFacts {
  saidBy: string | null
  saidAt: Date | null
}

/** What holds now: a few rows, read in the transaction that judges by them. */
export const readThresholds = async (em: EntityManager): Promise<Thresholds> => new Thresholds(await allOf(em))

const allOf = (em: EntityManager): Promise<Row<Threshold>[]> =>
  findRows(em, Threshold, (query) => query.orderBy('tagKey'))

export class ThresholdsService {
  constructor(
    private readonly em: EntityManager,
    private readonly transact: Transact,
    private readonly clock: Clock,
  ) {}

  /** For every machine first, each of all kinds; then what was said for tags. */
  async list(): Promise<HeldThreshold[]> {
    const said = await allOf(this.em)
    const general = THRESHOLD_KINDS.map(
      (kind): HeldThreshold =>
        said.find((one) => one.kind === kind && one.tag === null) ?? {
          kind,
          tag: null,
          value: THRESHOLD_RULES[kind].usual,
          saidBy: null,
          saidAt: null,
        },
    )
    return [...general, ...said.filter(({ tag }) => tag !== null)]
  }

  /** Errors: BAD_USER_INPUT */
  set({ kind, tag, value }: ThresholdFacts, by: string): Promise<void> {
    const read = readThreshold(kind, value)
    const named = tag === null ? null : oneTag(tag)
    return this.transact(this.em, async ({ em, tell }) => {
      const key = named === null ? '' : fold(named)
      const known = await allOf(em)
      const before = known.find((one) => one.kind === kind && one.tagKey === key)
      if (!before && known.length >= MOST)
        throw new InvalidInputError('tag', `would be threshold ${MOST + 1}`, 'Remove some that are not needed first.')
      const [spelling = named] = named === null ? [null] : await spelled(em, [named])
      const old = before ? before.value : named === null ? THRESHOLD_RULES[kind].usual : undefined
      const said = { kind, tag: spelling, tagKey: key, value: read, saidBy: by, saidAt: this.clock() }
      await saveRows(em, Threshold, [before ? Object.assign(before, said) : { id: newId(), ...said }])
      if (!before || old !== read) tellChange(tell, said, { from: wordOf(old), to: wordOf(read) })
    })
  }

  /** What holds otherwise holds again; nothing where nobody said it. Errors: BAD_USER_INPUT */
  remove(kind: ThresholdKind, tag: string | null, by: string): Promise<void> {
    const key = tag === null ? '' : fold(oneTag(tag))
    return this.transact(this.em, async ({ em, tell }) => {
      const before = (await allOf(em)).find((one) => one.kind === kind && one.tagKey === key)
      if (!before) return
      await tables(em).deleteFrom('Threshold').where('id', '=', before.id).execute()
      const to = key === '' ? wordOf(THRESHOLD_RULES[kind].usual) : null
      tellChange(tell, { ...before, saidBy: by, saidAt: this.clock() }, { from: wordOf(before.value), to })
    })
  }
}

function oneTag(written: string): string {
  const [tag] = readTags('tag', [written])
  if (tag === undefined) throw new InvalidInputError('tag', 'is empty', 'Leave it out for every machine.')
  return tag
}

/** In an event: NEVER, a number, or null where nothing was said. */
const wordOf = (value: number | null | undefined): string | null =>
  value === undefined ? null : value === null ? 'NEVER' : String(value)

function tellChange(
  tell: Tell,
  { kind, tag, saidBy, saidAt }: Pick<Row<Threshold>, 'kind' | 'tag' | 'saidBy' | 'saidAt'>,
  { from, to }: { from: string | null; to: string | null },
): void {
  tell.event({
    type: EventType.THRESHOLD_CHANGED,
    severity: Severity.INFO,
    at: saidAt,
    cause: EventCause.USER,
    actor: saidBy,
    from,
    to,
    facts: { kind, ...(tag === null ? {} : { name: tag }) },
  })
}
