import { spawnSync, type SpawnSyncReturns } from 'node:child_process'
import { join } from 'node:path'
import { vigieAccount } from './account.ts'
import { CURRENT, HERE } from './places.ts'
import { currentRelease } from './release.ts'
import { readSettings, settingsFile } from './settings.ts'
import { Trouble } from './trouble.ts'

/** Which of the API's own commands, and what a shell may call it. */
const FILES = {
  access: 'api/dist/access/command.js',
  backup: 'api/dist/database/command.js',
  restore: 'api/dist/database/command.js',
  copy: 'api/dist/database/command.js',
} as const
export type ServerCommand = keyof typeof FILES

/**
 * Runs a command of the API on the service's settings and, called by root, as the service's user: what it makes in the
 * data folder must stay the service's.
 */
export function serverCommand(
  name: ServerCommand,
  args: readonly string[],
  { folder = currentRelease() ? CURRENT : HERE, show = false } = {},
): SpawnSyncReturns<string> {
  const file = settingsFile()
  readSettings()
  const words = name === 'access' ? args : [name, ...args]
  const asService = process.getuid?.() === 0 && currentRelease() !== null
  const account = asService ? vigieAccount() : null
  if (asService && !account)
    throw new Trouble('the user vigie or the group vigie-deposit is gone: vigie install makes them again')
  const { uid, gid } = account ?? {}
  const result = spawnSync(
    join(folder, 'bin/node'),
    [...(file ? [`--env-file=${file}`] : []), join(folder, FILES[name]), ...words],
    { ...(uid && gid ? { uid, gid } : {}), encoding: 'utf8', stdio: show ? 'inherit' : ['ignore', 'pipe', 'pipe'] },
  )
  if (result.error)
    throw new Trouble(`${name} cannot be run${account ? ' as the user vigie' : ''}: ${result.error.message}`)
  return result
}
