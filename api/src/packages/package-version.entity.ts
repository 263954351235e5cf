import { EntityName } from '@mikro-orm/core'
import { Entity, Index, PrimaryKey, Property } from '@mikro-orm/decorators/legacy'

/** A package in one version, once for all machines that have it: a fleet of one distribution shares nearly all of them. */
@Entity()
@Index({ properties: ['name', 'version'] })
export class PackageVersion {
  [EntityName]?: 'PackageVersion'

  /** What it is, hashed: two reports that tell it at the same time make one row. */
  @PrimaryKey({ type: 'string' })
  id!: string

  @Property({ type: 'string' })
  name!: string

  @Property({ type: 'string' })
  architecture!: string

  @Property({ type: 'string' })
  version!: string

  /** The source package that it was built from; its own name where it is called the same. */
  @Property({ type: 'string' })
  source!: string
}
