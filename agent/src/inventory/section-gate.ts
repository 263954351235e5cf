import { createHash } from 'node:crypto'
import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import { keepInFile, readKept } from '../host/kept-file.ts'
import { isGated } from '../report/state-kinds.ts'
import type { InventoryReport } from './report.ts'
import type { Section } from './section.ts'
import type { Receipt } from './send.ts'

/**
 * Keeps back what the server has already: a section that rarely changes is told by its hash alone while it stays the same.
 * Only what the server accepted counts as had, so that one too old to know of this is never told by a hash.
 */
export class SectionGate {
  private readonly file: string
  /** Null until it was read. */
  private had: Record<string, unknown> | null = null

  constructor(stateDir: string) {
    this.file = join(stateDir, 'sent.json')
  }

  async hold(sections: readonly Section[]): Promise<Section[]> {
    const had = await this.known()
    return sections.map((section) => {
      const hash = section.payload !== null && isGated(section.kind) ? hashOf(section.payload) : null
      return hash !== null && had[section.kind] === hash ? { ...section, payload: null, unchanged: hash } : section
    })
  }

  /** What became of a report: what was accepted need not be told again, what the server wants is told whole. */
  async note({ sections }: InventoryReport, receipt: Receipt): Promise<void> {
    const had = await this.known()
    const before = JSON.stringify(had)
    for (const { kind, outcome } of receipt.sections) {
      const payload = sections.find((section) => section.kind === kind)?.payload
      if (!isGated(kind)) continue
      if (outcome === 'ACCEPTED' && payload != null) had[kind] = hashOf(payload)
      else if (outcome !== 'UNCHANGED') delete had[kind]
    }
    if (JSON.stringify(had) !== before) await this.keep(had)
  }

  /** The server took a whole report for none of its kind: what it has is not known any more. */
  async forget(): Promise<void> {
    await this.keep({})
  }

  private async known(): Promise<Record<string, unknown>> {
    return (this.had ??= (await readKept(this.file)) ?? {})
  }

  /** What cannot be kept must not be remembered as it was: the server would never be told what it wants. */
  private async keep(had: Record<string, unknown>): Promise<void> {
    this.had = had
    if (!(await keepInFile(this.file, had))) await rm(this.file, { force: true }).catch(() => undefined)
  }
}

const hashOf = (payload: string): string => createHash('sha256').update(payload).digest('hex')
