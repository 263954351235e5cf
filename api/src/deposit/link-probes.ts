import { link, lstat, readdir, realpath, unlink, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Roots } from '../config/config.ts'
import type { Log } from '../platform/log.ts'

export interface LinkProbe {
  /** Below the deposit folder; '' = the folder itself. */
  folder: string
  mode: 'LINK' | 'COPY'
  /** What linking answered, and what to do about it; null = it links. */
  detail: string | null
}

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

/**
 * Really links a probe file from each folder of the deposit to vault and quarantine, and removes it again: only that
 * tells whether promotion can link. `st_dev` does not: two mounts of one file system share it, and link gives EXDEV.
 */
async function* probeLinks(roots: Roots): AsyncGenerator<LinkProbe> {
  yield probe(roots, '')
  for await (const folder of foldersOfAgents(roots)) yield probe(roots, folder)
}

/** Removes what a process that was killed left of its probes; a stop may come before each folder is probed anew. */
async function clearProbes(roots: Roots): Promise<void> {
  for await (const folder of foldersOfAgents(roots))
    await unlink(join(roots.deposit, folder, PROBE)).catch(() => undefined)
}

async function* foldersOfAgents(roots: Roots): AsyncGenerator<string> {
  const agents = await readdir(roots.deposit, { withFileTypes: true }).catch(() => [])
  for (const agent of agents.filter((entry) => entry.isDirectory() && !entry.name.startsWith('.'))) {
    for (const folder of [`${agent.name}/databases`, `${agent.name}/database`]) {
      const seen = await lstat(join(roots.deposit, folder)).catch(() => null)
      if (seen?.isDirectory()) yield folder
    }
  }
}

/** One name: what a process that was killed left of it, the next one removes. */
const PROBE = '.vigie-probe'

async function probe(roots: Roots, folder: string): Promise<LinkProbe> {
  const parent = join(roots.deposit, folder)
  const file = join(parent, PROBE)
  const targets = [join(roots.vault, PROBE), join(roots.quarantine, PROBE)]
  const clean = async (): Promise<void> => {
    for (const path of [file, ...targets]) await unlink(path).catch(() => undefined)
  }
  await clean()
  try {
    if ((await realpath(parent)) !== join(await realpath(roots.deposit), folder)) {
      return { folder, mode: 'COPY', detail: 'it is a symbolic link, which is never followed' }
    }
    await writeFile(file, '', { flag: 'wx', mode: 0o600 })
    for (const target of targets) await link(file, target)
    return { folder, mode: 'LINK', detail: null }
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException
    const stat = await lstat(parent).catch(() => null)
    const rights = stat ? `mode ${(stat.mode & 0o7777).toString(8)}, owner ${stat.uid}, group ${stat.gid}` : 'absent'
    const us = `Vigie runs as user ${process.getuid?.() ?? '?'}, groups ${process.getgroups?.().join(' ') ?? '?'}`
    const cure =
      code === 'EXDEV'
        ? 'deposit, vault and quarantine are not one mount: mount their parent once'
        : 'put Vigie and the rsync user into one group, and send with rsync --chmod=F660,D2770'
    return { folder, mode: 'COPY', detail: `${code}: ${rights}; ${us}; ${cure}` }
  } finally {
    await clean()
  }
}
