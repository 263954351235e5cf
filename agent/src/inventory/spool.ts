import { readdir, readFile, rm, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { writeDurably } from '../host/durable.ts'
import { makeFolder } from '../host/make-folder.ts'
import type { InventoryReport } from './report.ts'

export interface SpoolLimits {
  count: number
  bytes: number
}

/**
 * Reports that wait to be sent, a file each, in order. A report is written here before it is sent, so that neither a
 * dead server nor a killed agent loses it; the server knows a repeated one by its id.
 */
export class Spool {
  constructor(
    private readonly folder: string,
    private readonly limits: SpoolLimits = { count: 500, bytes: 64 * 1024 * 1024 },
  ) {}

  /** Returns how many of the oldest were dropped for want of room. */
  async add(report: InventoryReport): Promise<number> {
    await makeFolder(this.folder, 0o700)
    // In the order of their making, whatever the clock says.
    const last = Number((await this.waiting()).pop()?.split('-')[0] ?? 0)
    const name = `${String(last + 1).padStart(10, '0')}-${report.id}.json`
    const file = join(this.folder, name)
    await writeDurably(file, report)
    return this.bound(name)
  }

  /** The files that wait, oldest first. */
  async waiting(): Promise<string[]> {
    const names = await readdir(this.folder).catch(() => [])
    return names.filter((name) => name.endsWith('.json')).sort()
  }

  /** Null for a file that cannot be read; it is removed, for it would block those behind it. */
  async read(name: string): Promise<InventoryReport | null> {
    try {
      const report = JSON.parse(await readFile(join(this.folder, name), 'utf8')) as InventoryReport | null
      if (typeof report?.id === 'string') return report
      throw new Error('This is no report')
    } catch {
      await this.remove(name).catch(() => undefined)
      return null
    }
  }

  remove(name: string): Promise<void> {
    return rm(join(this.folder, name), { force: true })
  }

  /** The newest is never dropped. */
  private async bound(newest: string): Promise<number> {
    const names = await this.waiting()
    const sizes = await Promise.all(
      names.map((name) =>
        stat(join(this.folder, name)).then(
          ({ size }) => size,
          () => 0,
        ),
      ),
    )
    let bytes = sizes.reduce((sum, size) => sum + size, 0)
    let count = names.length
    let dropped = 0
    for (const [index, name] of names.entries()) {
      if (name === newest || (count <= this.limits.count && bytes <= this.limits.bytes)) break
      await this.remove(name)
      bytes -= sizes[index] ?? 0
      count -= 1
      dropped += 1
    }
    return dropped
  }
}
