import type { PackagesFacts, StateKind } from '@vigie/agent/report'
import type { EntityManager } from '../database/database.ts'
import { DockerRecorder } from '../docker/docker-recorder.ts'
import { PackagesRecorder } from '../packages/packages-recorder.ts'
import { findRows, replaceRows, type Row, saveRows, selectRows } from '../database/rows.ts'
import { tables } from '../database/tables.ts'
import { keptIn } from '../events/package-difference.ts'
import { EventCause, EventType } from '../events/event.entity.ts'
import type { Tell } from '../events/outbox.ts'
import { HOUR } from '../platform/clock.ts'
import { newId } from '../platform/id.ts'
import { Severity } from '../reasons/reason.ts'
import {
  keyOf,
  packagesAfter,
  type StateFacts,
  unknownState,
  withHardware,
  withoutUpdates,
  withReboot,
  withUpdates,
  withUpdatesAgain,
} from './derive-state.ts'
import { snapshotsToForget } from './keep-snapshots.ts'
import { MachinePackage } from './machine-package.entity.ts'
import { MachineState } from './machine-state.entity.ts'
import type { SectionTold, StateTold } from './section-told.ts'
import { SystemSnapshot } from './system-snapshot.entity.ts'

export interface StateReport {
  machineId: string
  hostname: string | null
  at: Date
  told: StateTold
}

/** When each kind was told last, whether or not it told something new. */
const CONFIRMED = {
  apt: 'updatesAt',
  reboot: 'rebootAt',
  hardware: 'hardwareAt',
  packages: 'packagesAt',
} as const satisfies Record<Exclude<StateKind, 'docker'>, keyof MachineState>

/** Records how a machine is, as one report tells it, inside of its transaction. */
export class StateRecorder {
  private readonly docker: DockerRecorder
  private readonly packages: PackagesRecorder

  constructor(
    private readonly em: EntityManager,
    private readonly tell: Tell,
  ) {
    this.docker = new DockerRecorder(em)
    this.packages = new PackagesRecorder(em)
  }

  /** Gives the kinds that were told by a hash that is not known here: their sender has to tell them whole. */
  async record({ machineId, hostname, at, told }: StateReport): Promise<Set<StateKind>> {
    const wanted = new Set<StateKind>()
    if (told.dockerProblem !== null) await this.docker.notAsked(machineId, told.dockerProblem)
    const problems = [told.updatesProblem, told.packagesProblem]
    if (told.sections.length + told.unchanged.length === 0 && problems.every((each) => each === null)) return wanted
    const [known] = await selectRows(this.em, MachineState, 'machine', [machineId])
    const state: Row<MachineState> = known ?? { id: newId(), ...unknownState(machineId) }
    const before = { ...state }
    for (const section of told.sections) {
      // Of a moment in between nothing is kept: what is installed is asked for again.
      if (section.kind === 'packages' && section.facts.busy !== null) continue
      const isNews = await this.keepSnapshot(machineId, section, at)
      if (section.kind === 'docker') await this.docker.record(machineId, section.facts, at)
      else if (section.kind === 'packages' && !isNews && state.packagesAt !== null)
        Object.assign(state, { packagesAt: at, packagesProblem: null })
      else if (section.kind === 'packages') await this.recordPackages(state, section.facts, { hostname, at })
      else Object.assign(state, await this.after(state, section, at))
    }
    for (const { kind, contentHash } of told.unchanged) {
      const newest = await this.newest(machineId, kind)
      if (newest?.contentHash !== contentHash) {
        wanted.add(kind)
        continue
      }
      await this.confirm(newest, at)
      if (kind === 'docker') {
        await this.docker.confirm(machineId, at)
        continue
      }
      // The same moment in between is no answer.
      if (kind === 'apt' && state.busy !== null) continue
      state[CONFIRMED[kind]] = at
      if (kind === 'packages') state.packagesProblem = null
      // It could be asked again, and says what it said.
      if (kind === 'apt' && state.installable !== null) Object.assign(state, withUpdatesAgain(state))
    }
    if (told.packagesProblem !== null) state.packagesProblem = told.packagesProblem
    if (told.updatesProblem !== null) Object.assign(state, withoutUpdates(state, told.updatesProblem, at))
    this.tellWhatEnded(state, before, { hostname, at })
    await saveRows(this.em, MachineState, [state])
    return wanted
  }

  private async after(
    state: StateFacts,
    section: Exclude<SectionTold, { kind: 'docker' | 'packages' }>,
    at: Date,
  ): Promise<StateFacts> {
    if (section.kind === 'reboot') return withReboot(state, section.facts, at)
    if (section.kind === 'hardware') return withHardware(state, section.facts, at)
    // Of a moment in between nothing is concluded: what was known stands, with the time that it is from.
    if (section.facts.busy !== null && state.updatesAt !== null) return { ...state, busy: section.facts.busy }
    const known = await selectRows(this.em, MachinePackage, 'machine', [state.machine])
    const packages = packagesAfter(known, state.machine, section.facts, at)
    // Most reports change few of them.
    if (packages) await replaceRows(this.em, MachinePackage, { known, told: packages, keyOf })
    return withUpdates(state, section.facts, packages, at)
  }

  private async recordPackages(
    state: Row<MachineState>,
    { packages }: PackagesFacts,
    { hostname, at }: Pick<StateReport, 'hostname' | 'at'>,
  ): Promise<void> {
    const differences = await this.packages.record(state.machine, packages, at)
    // The first time there is nothing that it differs from.
    if (state.packagesAt !== null && differences.length > 0)
      this.tell.event({
        type: EventType.PACKAGES_CHANGED,
        severity: Severity.INFO,
        at,
        cause: EventCause.READING,
        machine: state.machine,
        facts: { hostname, count: differences.length, packages: keptIn(differences) },
      })
    Object.assign(state, { installedPackages: packages.length, packagesAt: at, packagesProblem: null })
  }

  private async newest(machineId: string, kind: StateKind): Promise<Row<SystemSnapshot> | undefined> {
    const [newest] = await findRows(this.em, SystemSnapshot, (query) =>
      query.where('machine', '=', machineId).where('kind', '=', kind).orderBy('collectedAt', 'desc').limit(1),
    )
    return newest
  }

  /** To the hour: most reports tell nothing new, and write nothing of it. */
  private async confirm(snapshot: Row<SystemSnapshot>, at: Date): Promise<void> {
    if (at.getTime() - snapshot.confirmedAt.getTime() < HOUR) return
    snapshot.confirmedAt = at
    await saveRows(this.em, SystemSnapshot, [snapshot])
  }

  /** A new one where it tells something else, which is what it gives; then those that are too many go. */
  private async keepSnapshot(machine: string, section: SectionTold, at: Date): Promise<boolean> {
    const { kind, version, contentHash, payload } = section
    const newest = await this.newest(machine, kind)
    if (newest?.contentHash === contentHash) {
      await this.confirm(newest, at)
      return false
    }
    await saveRows(this.em, SystemSnapshot, [
      { id: newId(), machine, kind, version, contentHash, collectedAt: at, confirmedAt: at, payload },
    ])
    const all = await tables(this.em)
      .selectFrom('SystemSnapshot')
      .select(['id', 'collectedAt'])
      .where('machine', '=', machine)
      .where('kind', '=', kind)
      .orderBy('collectedAt', 'desc')
      .execute()
    const gone = snapshotsToForget(kind, all, at)
    if (gone.length > 0) await tables(this.em).deleteFrom('SystemSnapshot').where('id', 'in', gone).execute()
    return true
  }

  /** What was told to wait for long is done: what is not known any more is not. */
  private tellWhatEnded(
    state: Row<MachineState>,
    before: Row<MachineState>,
    { hostname, at }: Pick<StateReport, 'hostname' | 'at'>,
  ): void {
    const event = (type: EventType): void =>
      this.tell.event({
        type,
        severity: Severity.INFO,
        at,
        cause: EventCause.READING,
        machine: state.machine,
        facts: { hostname },
      })
    // Of a moment in between nothing is over; nor while something that waited when it was told still does.
    const { securityToldAt } = before
    const isDone = state.securitySince === null ? state.security === 0 : state.securitySince > (securityToldAt ?? at)
    if (securityToldAt !== null && state.busy === null && isDone) {
      state.securityToldAt = null
      event(EventType.SECURITY_UPDATED)
    }
    if (before.troubleToldAt !== null && state.troubleSince === null) {
      state.troubleToldAt = null
      event(EventType.UPDATES_MENDED)
    }
    const isNewer =
      state.rebootSince !== null && before.rebootToldAt !== null && state.rebootSince > before.rebootToldAt
    if (before.rebootToldAt !== null && (state.rebootReasons?.length === 0 || isNewer)) {
      state.rebootToldAt = null
      event(EventType.REBOOTED)
    }
  }
}
