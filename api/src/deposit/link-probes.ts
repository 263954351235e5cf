import { join } from 'node:path'
import type { Roots } from '../config/config.ts'
import type { Log } from '../platform/log.ts'
import { clearProbes, type LinkProbe, probeLinks } from './sight.ts'

/** Tries for each folder of the deposit whether promotion links or copies: the deposit itself at once, each agent beside. */
export class LinkProbes {
  private readonly made: LinkProbe[] = []
  private rest: Promise<void> = Promise.resolve()
  private stopped = false

  constructor(
    private readonly roots: Roots,
    private readonly log: Log,
  ) {}

  list(): readonly LinkProbe[] {
    return this.made
  }

  async start(): Promise<void> {
    await clearProbes(this.roots)
    const probes = probeLinks(this.roots)
    await this.take(probes)
    this.rest = this.takeRest(probes)
  }

  async stop(): Promise<void> {
    this.stopped = true
    await this.rest
  }

  private async takeRest(probes: AsyncGenerator<LinkProbe>): Promise<void> {
    while (!this.stopped && (await this.take(probes)));
  }

  private async take(probes: AsyncGenerator<LinkProbe>): Promise<boolean> {
    const { value, done } = await probes.next()
    if (done) return false
    this.made.push(value)
    if (value.mode === 'COPY') {
      const folder = join(this.roots.deposit, value.folder)
      this.log.warn({ folder, detail: value.detail }, 'Files are copied to the vault, not linked')
    }
    return true
  }
}
