import { resolve } from 'node:path'
import { ReflectMetadataProvider } from '@mikro-orm/decorators/legacy'
import { Migrator } from '@mikro-orm/migrations'
import type { Options } from '@mikro-orm/sql'
import type { Engine } from './engine.ts'
import { entities } from './entities.ts'

/** What MikroORM is told whichever database it is. */
export const optionsOf = (
  engine: Engine,
  { folder, list }: { folder: 'sqlite' | 'postgresql'; list: NonNullable<Options['migrations']>['migrationsList'] },
): Options => ({
  driverOptions: engine,
  entities: [...entities],
  metadataProvider: ReflectMetadataProvider,
  extensions: [Migrator],
  forceUtcTimezone: true,
  // `fold` is made by a migration.
  schemaGenerator: { ignoreRoutines: true },
  migrations: {
    migrationsList: list ?? [],
    path: resolve(import.meta.dirname, folder, 'migrations'),
    snapshot: false,
    silent: true,
    emit: 'ts',
  },
})
