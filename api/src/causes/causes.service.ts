import { Alert, AlertState } from '../alerts/alert.entity.ts'
import type { AlertsService } from '../alerts/alerts.service.ts'
import { endangeredBy } from '../alerts/endangered-places.ts'
import { ExpectedJob } from '../backups/expected-job.entity.ts'
import type { EntityManager } from '../database/database.ts'
import { findRows, type Row, selectRows } from '../database/rows.ts'
import { NotFoundError } from '../platform/errors.ts'
import { compareKeys, type Page, type PageArgs, pageOfSorted, type SortKey } from '../platform/page.ts'
import { gravestFirst, PLACE_RANK } from '../places/place-verdict.ts'
import type { Place, PlacesService } from '../places/places.service.ts'
import { type CauseGroup, type CauseKind, gravityOf, groupCauses } from './group-causes.ts'

/** Alerts that one thing brought about, and what it endangers. */
export interface Cause extends CauseGroup<Row<Alert>> {
  state: AlertState
  since: Date
  /** Data that it endangers, what would be lost first. */
  endangers: Place[]
  jobs: Row<ExpectedJob>[]
}

export interface CauseFilter {
  state?: AlertState[] | null
  kind?: CauseKind[] | null
}

/** What somebody must look at. The causes are found once for all fields of a request. */
export class CausesService {
  private found: Promise<Cause[]> | null = null

  constructor(
    private readonly em: EntityManager,
    private readonly alerts: AlertsService,
    private readonly places: PlacesService,
  ) {}

  /** What nobody has acknowledged first; then what would lose most, the gravest, the oldest. */
  async list({ filter, ...page }: PageArgs & { filter?: CauseFilter | null }): Promise<Page<Cause>> {
    const { state, kind } = filter ?? {}
    const wanted = (await this.all()).filter(
      (cause) => (!state?.length || state.includes(cause.state)) && (!kind?.length || kind.includes(cause.kind)),
    )
    return pageOfSorted(wanted, page, 5, orderOf)
  }

  async countByState(): Promise<{ state: AlertState; count: number }[]> {
    const causes = await this.all()
    return LASTING.map((state) => ({ state, count: causes.filter((cause) => cause.state === state).length }))
  }

  /** Somebody knows, or takes that back. Of the alerts only those that were seen, where it is said which. */
  async acknowledge(id: string, seen: readonly string[] | null, by: { actor: string; isKnown: boolean }) {
    return this.alerts.acknowledgeAll(await this.seenOf(id, seen), by)
  }

  async mute(id: string, seen: readonly string[] | null, by: { actor: string; until: Date | null }) {
    return this.alerts.muteAll(await this.seenOf(id, seen), by)
  }

  private async seenOf(id: string, seen: readonly string[] | null): Promise<string[]> {
    const cause = (await this.all()).find((each) => each.id === id)
    if (!cause) throw new NotFoundError('cause', id)
    const ids = cause.alerts.map((alert) => alert.id)
    return seen === null ? ids : ids.filter((each) => seen.includes(each))
  }

  private all(): Promise<Cause[]> {
    return (this.found ??= this.find())
  }

  private async find(): Promise<Cause[]> {
    const alerts = await findRows(this.em, Alert, (query) => query.where('resolvedAt', 'is', null).orderBy('id'))
    const endangered = await endangeredBy(this.em, this.places, alerts)
    const ids = [...new Set(alerts.flatMap(({ job }) => job ?? []))]
    const jobs = new Map((await selectRows(this.em, ExpectedJob, 'id', ids)).map((job) => [job.id, job]))
    const groups = groupCauses(alerts, { ...endangered, agentOf: (job) => jobs.get(job)?.agentId ?? '?' })
    return groups.map((group) => ({
      ...group,
      jobs: [...new Set(group.alerts.flatMap(({ job }) => job ?? []))]
        .flatMap((id) => jobs.get(id) ?? [])
        .toSorted((a, b) => compareKeys([a.agentId, a.databaseName], [b.agentId, b.databaseName])),
      state: stateOf(group.alerts.map((alert) => this.alerts.state(alert))),
      since: new Date(Math.min(...group.alerts.map(({ openedAt }) => openedAt.getTime()))),
      endangers: gravestFirst([...new Set(group.alerts.flatMap((alert) => endangered.of(alert)))]),
    }))
  }
}

const LASTING = [AlertState.OPEN, AlertState.ACKNOWLEDGED, AlertState.MUTED]

/** As that of its alerts which asks most of somebody. */
const stateOf = (states: readonly AlertState[]): AlertState =>
  LASTING.find((state) => states.includes(state)) ?? AlertState.OPEN

const orderOf = ({ id, state, endangers, alerts, since }: Cause): SortKey => [
  LASTING.indexOf(state),
  endangers[0] ? PLACE_RANK[endangers[0].verdict] : Object.keys(PLACE_RANK).length,
  alerts[0] ? gravityOf(alerts[0]) : 0,
  since.getTime(),
  id,
]
