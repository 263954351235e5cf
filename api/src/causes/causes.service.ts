import { Alert, AlertState } from '../alerts/alert.entity.ts'
import type { AlertsService } from '../alerts/alerts.service.ts'
import { endangeredBy, type Relations, relationsOf } from '../alerts/endangered-places.ts'
import { ExpectedJob } from '../backups/expected-job.entity.ts'
import type { EntityManager } from '../database/database.ts'
import { findRows, type Row, selectRows } from '../database/rows.ts'
import { NotFoundError } from '../platform/errors.ts'
import { compareKeys, type Page, type PageArgs, pageOfSorted, type SortKey } from '../platform/page.ts'
import { gravestFirst, PLACE_RANK } from '../places/place-verdict.ts'
import type { Place, PlacesService } from '../places/places.service.ts'
import { carriersOf } from '../tags/tagged.ts'
import { type CauseGroup, CauseKind, gravityOf, groupCauses } from './group-causes.ts'

/** Alerts that one thing brought about, and what it endangers. */
export interface Cause extends CauseGroup<Row<Alert>> {
  state: AlertState
  since: Date
  /** Data that it endangers, what would be lost first. */
  endangers: Place[]
  jobs: Row<ExpectedJob>[]
  /** The disk that it is about, and the machine: where that disk is now. */
  disk: string | null
  machine: string | null
}

export interface CauseFilter {
  state?: AlertState[] | null
  kind?: CauseKind[] | null
  tag?: string[] | null
}

interface Grouped {
  alerts: Row<Alert>[]
  groups: CauseGroup<Row<Alert>>[]
  relations: Relations
  jobs: ReadonlyMap<string, Row<ExpectedJob>>
}

/** What somebody must look at. The causes are found once for all fields of a request. */
export class CausesService {
  private grouped: Promise<Grouped> | null = null
  private found: Promise<Cause[]> | null = null

  constructor(
    private readonly em: EntityManager,
    private readonly alerts: AlertsService,
    private readonly places: PlacesService,
  ) {}

  /** What nobody has acknowledged first; then what would lose most, the gravest, the oldest. */
  async list({ filter, ...page }: PageArgs & { filter?: CauseFilter | null }): Promise<Page<Cause>> {
    const { state, kind, tag } = filter ?? {}
    const carriers = tag?.length ? await carriersOf(this.em, tag) : null
    this.found ??= this.find()
    const wanted = (await this.found).filter(
      (cause) =>
        (!state?.length || state.includes(cause.state)) &&
        (!kind?.length || kind.includes(cause.kind)) &&
        (!carriers || isAbout(cause, carriers)),
    )
    return pageOfSorted(wanted, page, 5, orderOf)
  }

  async countByState(): Promise<{ state: AlertState; count: number }[]> {
    const { groups } = await this.groups()
    const states = groups.map(({ alerts }) => this.stateOf(alerts))
    return LASTING.map((state) => ({ state, count: states.filter((each) => each === state).length }))
  }

  /** Somebody knows, or takes that back; those of its alerts that this changed. */
  async acknowledge(
    id: string,
    seen: readonly string[] | null,
    by: { actor: string; isKnown: boolean },
  ): Promise<Row<Alert>[]> {
    return this.alerts.acknowledgeAll(await this.meant(id, seen), by)
  }

  async mute(
    id: string,
    seen: readonly string[] | null,
    by: { actor: string; until: Date | null },
  ): Promise<Row<Alert>[]> {
    return this.alerts.muteAll(await this.meant(id, seen), by)
  }

  /** Those that were seen and last, whatever caused them by now; without that all of the cause. */
  private async meant(id: string, seen: readonly string[] | null): Promise<string[]> {
    const { alerts, groups } = await this.groups()
    const ids = seen ?? groups.find((group) => group.id === id)?.alerts.map((alert) => alert.id) ?? []
    const lasting = new Set(alerts.map((alert) => alert.id))
    const meant = ids.filter((each) => lasting.has(each))
    if (meant.length === 0) throw new NotFoundError('cause', id)
    return meant
  }

  private groups(): Promise<Grouped> {
    return (this.grouped ??= this.group())
  }

  private async group(): Promise<Grouped> {
    const alerts = await findRows(this.em, Alert, (query) => query.where('resolvedAt', 'is', null).orderBy('id'))
    const relations = await relationsOf(this.em, alerts)
    const ids = [...new Set(alerts.flatMap(({ job }) => job ?? []))]
    const jobs = new Map((await selectRows(this.em, ExpectedJob, 'id', ids)).map((job) => [job.id, job]))
    const groups = groupCauses(alerts, { ...relations, agentOf: (job) => jobs.get(job)?.agentId ?? '?' })
    return { alerts, groups, relations, jobs }
  }

  private async find(): Promise<Cause[]> {
    const { alerts, groups, relations, jobs } = await this.groups()
    const endangered = await endangeredBy(this.places, alerts, relations)
    return groups.map((group) => {
      const disk = group.alerts.find((alert) => alert.disk !== null)?.disk ?? null
      const machine = group.alerts.find((alert) => alert.machine !== null)?.machine ?? null
      return {
        ...group,
        disk,
        machine: (group.kind === CauseKind.DISK && disk !== null ? relations.machineOf(disk) : null) ?? machine,
        jobs: [...new Set(group.alerts.flatMap(({ job }) => job ?? []))]
          .flatMap((id) => jobs.get(id) ?? [])
          .toSorted((a, b) => compareKeys([a.agentId, a.databaseName], [b.agentId, b.databaseName])),
        state: this.stateOf(group.alerts),
        since: new Date(Math.min(...group.alerts.map(({ openedAt }) => openedAt.getTime()))),
        endangers: gravestFirst([...new Set(group.alerts.flatMap((alert) => endangered(alert)))]),
      }
    })
  }

  /** That of its alerts which asks most of somebody. */
  private stateOf(alerts: readonly Row<Alert>[]): AlertState {
    const states = new Set(alerts.map((alert) => this.alerts.state(alert)))
    return LASTING.find((state) => states.has(state)) ?? AlertState.OPEN
  }
}

const LASTING = [AlertState.OPEN, AlertState.ACKNOWLEDGED, AlertState.MUTED]

const orderOf = ({ id, state, endangers, alerts, since }: Cause): SortKey => [
  LASTING.indexOf(state),
  endangers[0] ? PLACE_RANK[endangers[0].verdict] : Object.keys(PLACE_RANK).length,
  alerts[0] ? gravityOf(alerts[0]) : 0,
  since.getTime(),
  id,
]

/** Whether one of its alerts, or it itself, is about one of these machines, disks and jobs. */
const isAbout = ({ machine, disk, alerts }: Cause, ids: ReadonlySet<string>): boolean =>
  [machine, disk, ...alerts.flatMap((alert) => [alert.machine, alert.disk, alert.job])].some(
    (id) => id !== null && ids.has(id),
  )
