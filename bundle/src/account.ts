import { spawnSync } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { Trouble } from './trouble.ts'

export interface Account {
  uid: number
  gid: number
  /** Of the users of rsync: it opens the deposit and nothing else. */
  depositGid: number
}

const DEPOSIT_GROUP = 'vigie-deposit'

/** The third field of a line of passwd(5), with the fourth, or of group(5). */
const numbersOf = (file: string, name: string): number[] =>
  (
    readFileSync(file, 'utf8')
      .split('\n')
      .find((entry) => entry.startsWith(`${name}:`)) ?? ''
  )
    .split(':')
    .slice(2, 4)
    .map(Number)

/** The service's own user; null = there is none yet. */
export function vigieAccount(): Account | null {
  const [uid, gid] = numbersOf('/etc/passwd', 'vigie')
  const [depositGid] = numbersOf('/etc/group', DEPOSIT_GROUP)
  return uid && gid && depositGid ? { uid, gid, depositGid } : null
}

export function ensureAccount(): Account {
  const known = vigieAccount()
  if (known) return known
  const shell = ['/usr/sbin/nologin', '/sbin/nologin'].find((file) => existsSync(file)) ?? '/bin/false'
  const [group] = numbersOf('/etc/group', 'vigie')
  const [user] = numbersOf('/etc/passwd', 'vigie')
  must('groupadd', ['--system', '--force', DEPOSIT_GROUP])
  if (!user)
    must('useradd', [
      '--system',
      ...(group ? ['--gid', 'vigie'] : ['--user-group']),
      '--home-dir',
      '/var/lib/vigie',
      '--no-create-home',
      '--shell',
      shell,
      'vigie',
    ])
  must('usermod', ['--append', '--groups', DEPOSIT_GROUP, 'vigie'])
  const made = vigieAccount()
  if (!made) throw new Trouble('the user "vigie" was made and is not in /etc/passwd')
  return made
}

function must(command: string, args: string[]): void {
  const { error, status, stderr } = spawnSync(command, args, { encoding: 'utf8' })
  if (error || status !== 0)
    throw new Trouble(`the user "vigie" could not be made: ${command}: ${error?.message ?? stderr.trim()}`)
}

export function mustBeRoot(command: string): void {
  if (process.getuid?.() !== 0) throw new Trouble(`${command} needs root: sudo vigie ${command}`)
}
