import type { EntityManager } from '../database/database.ts'
import { fold } from '../platform/fold.ts'
import { tagCounts } from './tagged.ts'

/** A word that people gave to machines, disks and jobs, and on how many of those in service it stands. */
export interface Tag {
  name: string
  machineCount: number
  diskCount: number
  jobCount: number
}

export class TagsService {
  constructor(private readonly em: EntityManager) {}

  private counted: Promise<Tag[]> | null = null

  /** Sorted as people read; counted once, however often one question asks. */
  list(): Promise<Tag[]> {
    this.counted ??= this.count()
    return this.counted
  }

  private async count(): Promise<Tag[]> {
    const tags = new Map<string, Tag>()
    for (const [of, counted] of [
      ['Machine', 'machineCount'],
      ['Disk', 'diskCount'],
      ['ExpectedJob', 'jobCount'],
    ] as const)
      for (const { name, count } of await tagCounts(this.em, of)) {
        const tag = tags.get(fold(name)) ?? { name, machineCount: 0, diskCount: 0, jobCount: 0 }
        tag[counted] += count
        tags.set(fold(name), tag)
      }
    return [...tags].toSorted(([a], [b]) => (a < b ? -1 : 1)).map(([, tag]) => tag)
  }
}
