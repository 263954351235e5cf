import type { Config } from './config/config.ts'
import { sqlState } from './database/postgresql/sql-state.ts'
import { sqliteFault } from './database/sqlite/sqlite.ts'

type Facts = Pick<Config, 'host' | 'port' | 'dataDir' | 'database'>

/**
 * What keeps Vigie from starting on a machine that is not as it must be, as a sentence with its cure.
 * Null = not one of these: a bug, to be shown whole.
 */
export function startTrouble(error: unknown, { host, port, dataDir, database }: Facts): string | null {
  const { code = '', syscall = '', path = dataDir } = error as NodeJS.ErrnoException
  if (syscall === 'listen' || syscall === 'bind' || syscall === 'getaddrinfo') {
    if (code === 'EADDRINUSE')
      return `VIGIE_PORT: another program listens on ${host}:${port}. Stop it, or set VIGIE_PORT to another port.`
    if (code === 'EACCES')
      return `VIGIE_PORT: this user may not listen on port ${port}. Set one above 1023, and put a reverse proxy before it.`
    return `VIGIE_HOST: it is not possible to listen on ${host} (${code}). Set an address of this machine, or 0.0.0.0.`
  }
  if (code === 'EROFS')
    return `${path} is on a file system that Vigie may not write (${code}). As a service it writes below /var/lib/vigie alone: systemctl edit vigie, [Service], ReadWritePaths=${path}`
  if (code === 'EACCES' || code === 'EPERM' || code === 'ENOTDIR')
    return `VIGIE_DATA_DIR: ${path} cannot be written (${code}). Give it to the user who runs Vigie, or set another folder.`
  if (syscall === 'mkdir' && code !== 'ENOSPC')
    return `VIGIE_DATA_DIR: ${path} cannot be made (${code}). Set a folder that can be.`
  if ('url' in database && sqlState(error) === '42501')
    return 'DATABASE_URL: this user may not make tables in the database. Make it its owner: createdb --owner (docs/postgresql.md).'
  if ('url' in database && sqlState(error) === '42P07')
    return 'DATABASE_URL: the database holds tables of others with the names of Vigie’s. Name an empty one.'
  const fault = sqliteFault(error)
  if (code === 'ENOSPC' || fault === 'FULL') return `VIGIE_DATA_DIR: no room is left in ${dataDir}. Free some.`
  const why = `SQLITE_${fault}`
  const file = 'file' in database ? database.file : ''
  switch (fault) {
    case 'CANTOPEN':
    case 'READONLY':
    case 'PERM':
    case 'AUTH':
      return `VIGIE_DATA_DIR: the database ${file} cannot be opened and written (${why}). Give it and its folder to the user who runs Vigie.`
    case 'NOTADB':
    case 'CORRUPT':
      return `The database ${file} is damaged (${why}). Put a copy in its place: vigie restore FILE (docs/install.md).`
    case 'BUSY':
      return `The database ${file} is held by another program (${why}). End it, then start again.`
    default:
      return null
  }
}
