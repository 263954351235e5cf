import type { App } from './app.ts'
import type { Orm } from './database/database.ts'

/** Placeholder until thinning lands in the next commit. */
export function startHousekeeping(_orm: Orm, _app: App): { stop(): Promise<void> } {
  return { stop: async () => undefined }
}
