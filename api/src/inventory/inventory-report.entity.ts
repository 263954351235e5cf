import { EntityName, PrimaryKeyProp } from '@mikro-orm/core'
import { Entity, Index, ManyToOne, PrimaryKey, Property } from '@mikro-orm/decorators/legacy'
import type { Rel } from '@mikro-orm/core'
import { Machine } from '../machines/machine.entity.ts'
import type { SectionOutcome } from './section.ts'

/**
 * One report of one machine. Its id is given by the agent, so that a repeated one is known; it is unique in its machine,
 * so that nobody else's report can stand in its place.
 */
@Entity()
@Index({ properties: ['machine', 'at'] })
export class InventoryReport {
  [EntityName]?: 'InventoryReport';
  [PrimaryKeyProp]?: ['id', 'machine']

  @PrimaryKey({ type: 'string' })
  id!: string

  @ManyToOne(() => Machine, { index: false, primary: true })
  machine!: Rel<Machine>

  /** As the sender told it, even where its clock was wrong. */
  @Property({ type: 'datetime' })
  collectedAt!: Date

  @Property({ type: 'datetime' })
  receivedAt!: Date

  /** What it is ordered by: collectedAt, or receivedAt where the sender's clock ran ahead. */
  @Property({ type: 'datetime' })
  @Index()
  at!: Date

  @Property({ type: 'json' })
  sections!: SectionOutcome[]

  @Property({ type: 'json' })
  notes!: string[]

  /** SHA-256 of what was told: the same id with other content is no repetition. Null = from before 0.2. */
  @Property({ type: 'string', nullable: true })
  contentHash!: string | null
}
