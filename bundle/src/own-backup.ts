import { chmodSync, chownSync, constants, copyFileSync, existsSync, rmSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { vigieAccount } from './account.ts'
import { STATE } from './places.ts'
import { currentRelease } from './release.ts'
import { serverCommand } from './server-command.ts'
import { Trouble } from './trouble.ts'

// The service's user may neither write where root wants the copy nor read where root keeps it: what passes between them
// lies for a moment in the data folder.
const between = (): string => join(STATE, 'data', `.copy-${process.pid}`)
const asService = (): boolean => process.getuid?.() === 0 && currentRelease() !== null

export function backup(name: string | undefined): number {
  const file = named(name)
  if (!asService()) return serverCommand('backup', [file], { show: true }).status ?? 1
  if (existsSync(file)) throw new Trouble(`${file} exists: name a file that does not exist yet`, 2)
  const copy = between()
  try {
    const { status, stdout, stderr } = serverCommand('backup', [copy])
    if (status !== 0) throw new Trouble(stderr.trim().replace(/^vigie: /, ''))
    copyFileSync(copy, file, constants.COPYFILE_EXCL)
    chmodSync(file, 0o600)
    console.log(stdout.trim().replace(copy, file))
    return 0
  } finally {
    rmSync(copy, { force: true })
  }
}

export function restore(name: string | undefined): number {
  const file = named(name)
  const account = vigieAccount()
  if (!asService() || !account) return serverCommand('restore', [file], { show: true }).status ?? 1
  if (!existsSync(file)) throw new Trouble(`${file} does not exist`, 2)
  const copy = between()
  try {
    copyFileSync(file, copy, constants.COPYFILE_EXCL)
    chownSync(copy, account.uid, account.gid)
    chmodSync(copy, 0o600)
    return serverCommand('restore', [copy], { show: true }).status ?? 1
  } finally {
    rmSync(copy, { force: true })
  }
}

function named(name: string | undefined): string {
  if (!name) throw new Trouble('name a file', 2)
  return resolve(name)
}
