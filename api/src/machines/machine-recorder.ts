import type { EntityManager } from '../database/database.ts'
import { Disk } from '../disks/disk.entity.ts'
import { findRows, type Row, saveRows, selectRows } from '../database/rows.ts'
import { Severity } from '../reasons/reason.ts'
import { EventCause, EventType } from '../events/event.entity.ts'
import type { Tell } from '../events/outbox.ts'
import type { MachineSighting, ReportTimes, SmartTold } from './machine-sighting.ts'
import { isFuture } from '../platform/clock.ts'
import { newId } from '../platform/id.ts'
import { copyByName, differingMark, isSameHost, isSecondMachine, type Marks, marksAfter } from './copies.ts'
import { MachineKind } from './machine-kind.ts'
import { isOwnAddress, isSameName, namesakes } from './machine-names.ts'
import { Machine } from './machine.entity.ts'
import { silentAt, withReportTime } from './rhythm.ts'

type MachineRow = Row<Machine>

const WARNINGS = new Set([EventType.MACHINE_CLONED, EventType.SMART_LOST])
/** Once may be an update of smartmontools that is just under way. */
const TELLING = 2

/** What says which machine a script reports for, beside the name that it tells. */
export interface Evidence {
  /** The machine that the token is bound to; null = none. */
  machineId: string | null
  /** Of the disks in the report, as they are compared. */
  serials: string[]
}

export interface Found {
  /** Null = it is not known yet. */
  machine: MachineRow | null
  /** What its agent is known by; null for a script. */
  machineKey: string | null
  /** The machine whose key it shares; null = the key is its own. */
  cloneOf: MachineRow | null
  /** The others that use the key. */
  sharing: MachineRow[]
}

/** Records the machine of one report inside of its transaction. */
export class MachineRecorder {
  constructor(
    private readonly em: EntityManager,
    private readonly tell: Tell,
  ) {}

  /** The machine that a report tells of, and what it is known by. */
  async find(sighting: MachineSighting, evidence: Evidence, times: ReportTimes): Promise<Found> {
    const { machineKey, hostname, facts } = sighting
    if (machineKey === null)
      return { machine: (await this.scripts(sighting, evidence)) ?? null, machineKey, cloneOf: null, sharing: [] }
    const marks: Marks = {
      hostname,
      machineIdHash: facts?.machineIdHash ?? null,
      hardwareHash: facts?.hardwareHash ?? null,
      bootHash: facts?.bootHash ?? null,
    }
    const machine = (await this.agents(machineKey, hostname)) ?? (await this.ofLostKey(evidence.machineId, marks))
    const copies = await this.copiesOf(machineKey)
    const own: Found = { machine, machineKey, cloneOf: null, sharing: copies }
    if (!machine) return own
    const ofCopy = (copy: MachineRow | null, key: string | null): Found => ({
      machine: copy,
      machineKey: key,
      cloneOf: machine,
      sharing: [machine],
    })
    if (marks.machineIdHash === null) {
      const named = copyByName(machine, copies, marks)
      return named ? ofCopy(named, named.machineKey) : own
    }
    const mark = differingMark(machine, marks)
    if (mark === null) return own
    // No agent makes a key with a slash: nobody can tell another's.
    const key = `${machineKey}/${mark}`
    const copy = copies.find((row) => row.machineKey === key) ?? null
    const moment = { ...times, serials: evidence.serials, knownSerials: copy ? [] : await this.serialsOf(machine.id) }
    return copy || isSecondMachine(machine, marks, moment) ? ofCopy(copy, key) : own
  }

  private async serialsOf(machineId: string): Promise<string[]> {
    const disks = await selectRows(this.em, Disk, 'machine', [machineId])
    return disks.flatMap(({ serialKey, archivedAt }) => (serialKey === null || archivedAt !== null ? [] : serialKey))
  }

  /** The other machines that use the key. */
  private copiesOf(machineKey: string): Promise<MachineRow[]> {
    return findRows(this.em, Machine, (query) =>
      query
        .where('machineKey', '>', `${machineKey}/`)
        .where('machineKey', '<', `${machineKey}0`)
        .where('archivedAt', 'is', null)
        .limit(10),
    )
  }

  /**
   * Keeps what the report tells of its machine, or makes it. `newest` is false for a report that is older than what is
   * known: it changes nothing of the machine but the time of its arrival.
   */
  async record(
    { machine: known, machineKey, cloneOf, sharing: others }: Found,
    /** `tellsDisks`: whether the report tells of every disk that the kernel sees. */
    sighting: MachineSighting & { tellsDisks: boolean; smart: SmartTold | null },
    times: ReportTimes,
    notes: string[],
  ): Promise<{ machine: MachineRow; newest: boolean }> {
    const sharing = others.map(({ hostname, ip }) => hostname ?? ip ?? '?')
    if (sharing.length > 0)
      notes.push(
        `It uses the same key as ${sharing.join(', ')}, as a copied disk image does: on one of them, stop the agent, delete machine-key in its state folder (/var/lib/vigie-agent), and start it again.`,
      )
    const machine = known ?? newMachine(times)
    const newest = !known || times.at >= known.lastSeenAt || isFuture(known.lastSeenAt, times.receivedAt)
    const rhythm = machine.reportTimes.filter((time) => !isFuture(new Date(time), times.receivedAt))
    machine.reportTimes = withReportTime(rhythm, times.at)
    if (times.receivedAt >= machine.lastReceivedAt || isFuture(machine.lastReceivedAt, times.receivedAt))
      machine.lastReceivedAt = times.receivedAt
    machine.silentAt = silentAt(machine.reportTimes, machine.lastReceivedAt)
    const wasSilent = machine.silenceToldAt !== null && machine.silentAt > times.receivedAt
    if (wasSilent) machine.silenceToldAt = null
    if (newest) {
      const wasArchived = machine.archivedAt !== null
      Object.assign(machine, told(sighting, machine, machineKey), {
        lastSeenAt: times.at,
        disksToldAt: sighting.tellsDisks ? times.at : machine.disksToldAt,
        notes: notes.slice(0, 50),
        archivedAt: null,
      })
      // Its alert was closed when it was retired: what still stands is told anew.
      if (wasArchived) machine.smartLost = 0
      if (wasArchived && !wasSilent) this.event(EventType.MACHINE_BACK, machine, times)
      this.noteSmart(machine, sighting.smart, times)
    }
    if (wasSilent) this.event(EventType.MACHINE_BACK, machine, times)
    await saveRows(this.em, Machine, [machine])
    if (!known) this.event(EventType.MACHINE_ADDED, machine, times)
    if (!known && cloneOf) this.event(EventType.MACHINE_CLONED, machine, times, cloneOf.hostname ?? cloneOf.ip)
    this.tell.machines.add(machine.id)
    return { machine, newest }
  }

  /** An agent is known by its key. A new one takes over what a script told of its host, where only one machine has that name. */
  private async agents(machineKey: string, hostname: string | null): Promise<MachineRow | undefined> {
    const known = (await selectRows(this.em, Machine, 'machineKey', [machineKey]))[0]
    if (known || !hostname) return known
    const [namesake, ...others] = await namesakes(this.em, hostname)
    return others.length === 0 && namesake?.machineKey === null ? namesake : undefined
  }

  /**
   * An agent whose state folder was lost makes a new key. What is left says which machine it is: the token that speaks for
   * it, its system and its hardware.
   */
  private async ofLostKey(machineId: string | null, marks: Marks): Promise<MachineRow | null> {
    const [machine] = await selectRows(this.em, Machine, 'id', [machineId ?? undefined])
    return machine && isSameHost(machine, marks) ? machine : null
  }

  /**
   * A script's machine is known by its hostname, or by its address where it tells none; several of that name are not
   * joined. A machine that has a key is not known by its name alone, for anybody may tell it: the token must be bound to
   * it, or the report name one of its disks.
   */
  private async scripts({ hostname, facts }: MachineSighting, evidence: Evidence): Promise<MachineRow | undefined> {
    const found = hostname
      ? await namesakes(this.em, hostname)
      : await selectRows(this.em, Machine, 'ip', isOwnAddress(facts?.ip) ? [facts?.ip] : [])
    const proven = await this.proven(
      found.filter((row) => row.machineKey !== null),
      evidence,
    )
    if (proven.length === 1) return proven[0]
    const own = found.filter((row) => row.machineKey === null)
    return own.length === 1 ? own[0] : undefined
  }

  private async proven(machines: MachineRow[], { machineId, serials }: Evidence): Promise<MachineRow[]> {
    if (machines.length === 0) return []
    const disks = await selectRows(this.em, Disk, 'serialKey', serials)
    return machines.filter(({ id }) => id === machineId || disks.some((disk) => disk.machine === id))
  }

  /** S.M.A.R.T. that was read before and cannot be had now makes every disk go unwatched, though each of them is well. */
  private noteSmart(machine: MachineRow, smart: SmartTold | null, times: ReportTimes): void {
    if (smart === null) return
    const lost = smart.isRead ? 0 : machine.smartReadAt === null ? 0 : machine.smartLost + 1
    if (smart.isRead) machine.smartReadAt = times.at
    if (lost === TELLING) this.event(EventType.SMART_LOST, machine, times, smart.cause)
    if (lost === 0 && machine.smartLost >= TELLING) this.event(EventType.SMART_READ, machine, times)
    machine.smartLost = lost
  }

  private event(type: EventType, machine: MachineRow, times: ReportTimes, name: string | null = null): void {
    this.tell.event({
      type,
      severity: WARNINGS.has(type) ? Severity.WARNING : Severity.INFO,
      at: times.at,
      cause: EventCause.READING,
      machine: machine.id,
      to: machine.id,
      facts: {
        hostname: machine.hostname ?? machine.ip,
        ...(name === null ? {} : type === EventType.SMART_LOST ? { detail: name } : { name }),
      },
    })
  }
}

function newMachine({ at, receivedAt }: ReportTimes): MachineRow {
  return {
    id: newId(),
    machineKey: null,
    machineIdHash: null,
    formerIdHash: null,
    disksToldAt: null,
    hardwareHash: null,
    bootHash: null,
    formerBootHash: null,
    hostname: null,
    name: null,
    tags: [],
    ip: null,
    os: null,
    osVersion: null,
    arch: null,
    kind: MachineKind.UNKNOWN,
    virtualization: null,
    agentVersion: null,
    agentIsRoot: null,
    firstSeenAt: at,
    lastSeenAt: at,
    lastReceivedAt: receivedAt,
    reportTimes: [],
    silentAt: at,
    silenceToldAt: null,
    smartReadAt: null,
    smartLost: 0,
    notes: [],
    archivedAt: null,
  }
}

/** What a report does not tell stays as it was known. */
function told({ hostname, agentVersion, facts }: MachineSighting, known: MachineRow, machineKey: string | null) {
  return {
    ...marksAfter(known, facts),
    machineKey: machineKey ?? known.machineKey,
    // A script may write it otherwise than the agent: short, or in capitals.
    hostname: hostname && (machineKey !== null || !isSameName(hostname, known.hostname)) ? hostname : known.hostname,
    agentVersion: agentVersion ?? known.agentVersion,
    agentIsRoot: facts?.root ?? known.agentIsRoot,
    ip: facts?.ip ?? known.ip,
    os: facts?.os ?? known.os,
    osVersion: facts?.osVersion ?? known.osVersion,
    arch: facts?.arch ?? known.arch,
    kind: facts?.kind && facts.kind !== MachineKind.UNKNOWN ? facts.kind : known.kind,
    virtualization: facts?.virtualization ?? known.virtualization,
  }
}
