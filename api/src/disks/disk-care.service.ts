import type { EntityManager } from '../database/database.ts'
import { type Row, requireRow, updateRow } from '../database/rows.ts'
import { EventCause, EventType } from '../events/event.entity.ts'
import type { Transact } from '../events/outbox.ts'
import type { Clock } from '../platform/clock.ts'
import { InvalidInputError } from '../platform/errors.ts'
import { readIds } from '../platform/page.ts'
import { isPlainText } from '../platform/plain-text.ts'
import { type Reason, Severity } from '../reasons/reason.ts'
import type { TagChange } from '../tags/tag.ts'
import { retag } from '../tags/tagged.ts'
import { type AcceptedFinding, isAbout, withAccepted } from './accepted-findings.ts'
import { Disk } from './disk.entity.ts'
import type { DisksService } from './disks.service.ts'
import { HEALTH_SEVERITY } from './health.ts'
import { healthBy } from './standing.ts'

/** What its owner says of a disk: how it is called, what to remember, what to live with, and that it is retired. */
export class DiskCareService {
  constructor(
    private readonly em: EntityManager,
    private readonly transact: Transact,
    private readonly clock: Clock,
    private readonly disks: DisksService,
  ) {}

  /** All of them or, where one is unknown, none. Errors: NOT_FOUND, BAD_USER_INPUT for more than a page. */
  async archive(ids: readonly string[], actor: string | null): Promise<Row<Disk>[]> {
    const wanted = readIds(ids)
    const at = this.clock()
    await this.transact(this.em, async ({ em, tell }) => {
      for (const id of wanted) {
        const disk = await requireRow(em, Disk, id, 'disk')
        if (disk.archivedAt) continue
        await updateRow(em, Disk, id, { archivedAt: at })
        tell.disks.add(id)
        tell.machines.add(disk.machine)
        tell.event({
          type: EventType.DISK_ARCHIVED,
          severity: Severity.INFO,
          at,
          cause: EventCause.USER,
          actor,
          disk: id,
          machine: disk.machine,
          from: disk.machine,
        })
      }
    })
    return this.disks.reload(wanted)
  }

  /** Lives with a finding until it grows: it is told and no longer counted. Errors: BAD_USER_INPUT, NOT_FOUND. */
  accept(id: string, code: string, actor: string | null): Promise<Row<Disk>> {
    return this.change(id, EventType.FINDING_ACCEPTED, actor, ({ reasons, accepted }) => {
      const found = reasons.find((each) => each.code === code && !each.acceptedAt)
      const known = reasons.map((each) => each.code).join(', ') || 'none'
      if (!found)
        throw new InvalidInputError(
          'code',
          `is no finding of this disk that counts now (${known})`,
          'Choose one of these.',
        )
      if (found.severity === Severity.INFO)
        throw new InvalidInputError('code', 'is a remark, which is never counted', 'There is nothing to accept.')
      if (found.severity === Severity.FAILED)
        throw new InvalidInputError(
          'code',
          'is the disk’s own word that it fails, which cannot be accepted',
          'Replace the disk; its alert can be acknowledged.',
        )
      const own = {
        code: found.code,
        severity: found.severity,
        subject: found.subject,
        value: found.value,
        at: this.clock().toISOString(),
        by: actor,
      }
      return { found, accepted: [...accepted.filter((each) => !isAbout(each, found)), own] }
    })
  }

  /** Counts an accepted finding again. Errors: BAD_USER_INPUT, NOT_FOUND. */
  countAgain(id: string, code: string, actor: string | null): Promise<Row<Disk>> {
    return this.change(id, EventType.FINDING_COUNTED, actor, ({ reasons, accepted }) => {
      const found = reasons.find((each) => each.code === code && each.acceptedAt)
      if (!found)
        throw new InvalidInputError(
          'code',
          'is no accepted finding of this disk',
          'Ask for disk { reasons { code acceptedAt } }.',
        )
      return { found, accepted: accepted.filter((each) => !isAbout(each, found)) }
    })
  }

  private async change(
    id: string,
    type: EventType,
    actor: string | null,
    decide: (disk: Row<Disk>) => { found: Reason; accepted: AcceptedFinding[] },
  ): Promise<Row<Disk>> {
    await this.transact(this.em, async ({ em, tell }) => {
      const disk = await requireRow(em, Disk, id, 'disk')
      const { found, accepted } = decide(disk)
      const { acceptedAt: _before, ...bare } = found
      const reasons = disk.reasons.map((each) => (each === found ? bare : each))
      const { verdict } = withAccepted({ health: healthBy(reasons), reasons }, accepted)
      await updateRow(em, Disk, id, { ...verdict, accepted })
      tell.disks.add(id)
      const about = { at: this.clock(), cause: EventCause.USER, actor, disk: id, machine: disk.machine }
      tell.event({ ...about, type, severity: Severity.INFO, facts: { reasons: [bare], device: disk.device } })
      if (verdict.health === disk.health) return
      tell.event({
        ...about,
        type: EventType.HEALTH_CHANGED,
        severity: HEALTH_SEVERITY[verdict.health],
        from: disk.health,
        to: verdict.health,
        facts: { reasons: verdict.reasons, device: disk.device },
      })
    })
    return this.reloadOne(id)
  }

  /** Gives a disk a name or place of its owner's; null takes it back. */
  async label(id: string, label: string | null): Promise<Row<Disk>> {
    const trimmed = label?.trim() || null
    if (trimmed && !isPlainText(trimmed, 64)) {
      throw new InvalidInputError('label', 'must be one line of at most 64 characters', 'Choose a shorter one.')
    }
    await this.transact(this.em, async ({ em, tell }) => {
      await requireRow(em, Disk, id, 'disk')
      await updateRow(em, Disk, id, { label: trimmed })
      tell.disks.add(id)
    })
    return this.reloadOne(id)
  }

  /** Remembers one thing of several disks; null forgets it. All or, where one is unknown, none. Errors: as archive. */
  async note(ids: readonly string[], note: string | null): Promise<Row<Disk>[]> {
    const wanted = readIds(ids)
    const trimmed = readNote(note)
    await this.transact(this.em, async ({ em, tell }) => {
      for (const id of wanted) {
        await requireRow(em, Disk, id, 'disk')
        await updateRow(em, Disk, id, { note: trimmed })
        tell.disks.add(id)
      }
    })
    return this.disks.reload(wanted)
  }

  /** Gives tags to several disks and takes others away; all or, where one is unknown, none. Errors: as archive. */
  async tag(ids: readonly string[], change: TagChange): Promise<Row<Disk>[]> {
    const wanted = readIds(ids)
    await this.transact(this.em, async ({ em, tell }) => {
      for (const id of await retag(em, 'Disk', wanted, change)) tell.disks.add(id)
    })
    return this.disks.reload(wanted)
  }

  private async reloadOne(id: string): Promise<Row<Disk>> {
    await this.disks.reload([id])
    return this.disks.load(id)
  }
}

const NOTE_LENGTH = 1000

/** Text of several lines, in which a tab is a blank; null where nothing is left of it. */
function readNote(note: string | null): string | null {
  if (note !== null && note.length > 2 * NOTE_LENGTH) throw tooLong()
  const trimmed = note?.replaceAll('\t', ' ').trim() || null
  if (trimmed === null) return null
  if (trimmed.length > NOTE_LENGTH) throw tooLong()
  if (!trimmed.split(/\r?\n/).every((line) => isPlainText(line, NOTE_LENGTH)))
    throw new InvalidInputError('note', 'holds a control character', 'Write it as plain text.')
  return trimmed
}

const tooLong = (): InvalidInputError =>
  new InvalidInputError('note', `must be text of at most ${NOTE_LENGTH} characters`, 'Write a shorter one.')
