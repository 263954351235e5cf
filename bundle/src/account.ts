import { spawnSync } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { Trouble } from './trouble.ts'

export interface Account {
  uid: number
  gid: number
}

/** The service's own user; null = there is none yet. */
export function vigieAccount(): Account | null {
  const line = readFileSync('/etc/passwd', 'utf8')
    .split('\n')
    .find((entry) => entry.startsWith('vigie:'))
  const [, , uid, gid] = line?.split(':') ?? []
  return uid && gid ? { uid: Number(uid), gid: Number(gid) } : null
}

export function ensureAccount(): Account {
  const known = vigieAccount()
  if (known) return known
  const shell = ['/usr/sbin/nologin', '/sbin/nologin'].find((file) => existsSync(file)) ?? '/bin/false'
  const args = [
    '--system',
    '--user-group',
    '--home-dir',
    '/var/lib/vigie',
    '--no-create-home',
    '--shell',
    shell,
    'vigie',
  ]
  const { error, status, stderr } = spawnSync('useradd', args, { encoding: 'utf8' })
  if (error || status !== 0) throw new Trouble(`the user "vigie" could not be made: ${error?.message ?? stderr.trim()}`)
  const made = vigieAccount()
  if (!made) throw new Trouble('the user "vigie" was made and is not in /etc/passwd')
  return made
}

export function mustBeRoot(command: string): void {
  if (process.getuid?.() !== 0)
    throw new Trouble(`${command} needs root: sudo ${process.env['VIGIE_CALLED'] ?? 'vigie'} ${command}`)
}
