import type { TestProject } from 'vitest/node'
import { startPostgresql } from '../dev/postgresql-server.ts'

/** Starts a server for all tests of a project. */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const server = await startPostgresql({ fsync: 'off', full_page_writes: 'off', max_connections: '300' })
  project.provide('postgresql', server.url(''))
  return () => server.stop()
}
