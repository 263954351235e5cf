import { existsSync, readFileSync, statSync } from 'node:fs'
import { homedir } from 'node:os'
import { join } from 'node:path'
import type { DeviceSetting } from './disks/collect.ts'
import { Ending, ExitStatus } from './exit-status.ts'

type Environment = Record<string, string | undefined>

export interface Settings {
  server: string
  token: string
}

const usage = (message: string): Ending => new Ending(ExitStatus.USAGE, message)

/** Where to send to, and with which token: from the environment or a file, never from the command line, where others see it. */
export function readSettings(env: Environment): Settings {
  const server = env['VIGIE_SERVER']?.trim()
  if (!server) throw usage('VIGIE_SERVER is not set: the address of your Vigie, such as https://vigie.example')
  let url: URL
  try {
    url = new URL(server)
  } catch {
    throw usage(`VIGIE_SERVER "${server}" is no address; use one like https://vigie.example`)
  }
  if (!/^https?:$/.test(url.protocol)) throw usage(`VIGIE_SERVER "${server}" must begin with http:// or https://`)
  return { server: url.href.replace(/(?<!\/)\/+$/, ''), token: readToken(env) }
}

function readToken(env: Environment): string {
  const direct = env['VIGIE_TOKEN']?.trim()
  if (direct) return checked(direct, 'VIGIE_TOKEN')
  const file = env['VIGIE_TOKEN_FILE']?.trim()
  if (!file)
    throw usage(
      'No token: set VIGIE_TOKEN, or VIGIE_TOKEN_FILE to a file of mode 0600. The page "Add a machine" makes one.',
    )
  let mode: number
  let text: string
  try {
    mode = statSync(file).mode
    text = readFileSync(file, 'utf8')
  } catch (error) {
    throw usage(`VIGIE_TOKEN_FILE ${file} cannot be read (${(error as NodeJS.ErrnoException).code})`)
  }
  if (mode & 0o077) throw usage(`VIGIE_TOKEN_FILE ${file} can be read by others: chmod 600 ${file}`)
  return checked(text.trim(), file)
}

function checked(token: string, source: string): string {
  if (/^[\w-]{20,200}$/.test(token)) return token
  throw usage(`${source} holds no token of Vigie; they look like vigie_…`)
}

/** Root keeps its state with the system's, others in their own (XDG Base Directory Specification). */
export function stateDir(env: Environment, root: boolean): string {
  if (env['VIGIE_STATE_DIR']?.trim()) return env['VIGIE_STATE_DIR'].trim()
  if (root) return '/var/lib/vigie-agent'
  return join(env['XDG_STATE_HOME']?.trim() || join(homedir(), '.local', 'state'), 'vigie-agent')
}

/** Where this machine's owner says what it may be asked; root alone can write there. */
export const policyDir = (env: Environment): string => env['VIGIE_POLICY_DIR']?.trim() || '/etc/vigie'

/** Files and folders that the settings name, each by its setting: what is looked at before anything is read. */
export function settingsFiles(env: Environment, state: string): [setting: string, path: string][] {
  const named = ['VIGIE_TOKEN_FILE', 'VIGIE_AGENT_CONFIG', 'VIGIE_POLICY_DIR', 'NODE_EXTRA_CA_CERTS'].flatMap(
    (name) => {
      const path = env[name]?.trim()
      return path ? [[name, path] as [string, string]] : []
    },
  )
  return [['VIGIE_STATE_DIR', state], ...named]
}

const OPTIONAL = [
  'lvm',
  'zpool',
  'mdraid',
  'btrfs',
  'luks',
  'df',
  'ceph',
  'homes',
  'apt',
  'reboot',
  'hardware',
  'docker',
  'packages',
  'metrics',
]

/** VIGIE_LEAVE_OUT="homes, apt": sections that this machine's owner does not want to be told. */
export function readLeftOut(env: Environment): ReadonlySet<string> {
  const kinds = (env['VIGIE_LEAVE_OUT'] ?? '').split(/[\s,]+/).filter(Boolean)
  const unknown = kinds.find((kind) => !OPTIONAL.includes(kind))
  if (unknown !== undefined)
    throw usage(`VIGIE_LEAVE_OUT "${unknown.slice(0, 64)}" can be any of ${OPTIONAL.join(', ')}`)
  return new Set(kinds)
}

/** VIGIE_DOCKER_REGISTRIES=yes: registries may be asked for newer images, which some count as pulls. */
export function readAsksRegistries(env: Environment): boolean {
  const word = env['VIGIE_DOCKER_REGISTRIES']?.trim().toLowerCase() ?? ''
  if (!['', 'yes', 'no', 'true', 'false', '1', '0'].includes(word))
    throw usage(`VIGIE_DOCKER_REGISTRIES "${word.slice(0, 64)}" can be yes or no`)
  return ['yes', 'true', '1'].includes(word)
}

/** The settings file: {"devices": [{"device": "/dev/sda", "types": ["megaraid,0", "megaraid,1"]}]}. */
export function readDeviceSettings(env: Environment): DeviceSetting[] {
  const named = env['VIGIE_AGENT_CONFIG']?.trim()
  const file = named || '/etc/vigie/agent.json'
  if (!named && !existsSync(file)) return []
  let json: unknown
  try {
    json = JSON.parse(readFileSync(file, 'utf8'))
  } catch (error) {
    throw usage(`${file} cannot be read: ${(error as Error).message}`)
  }
  const devices = (json as { devices?: unknown } | null)?.devices ?? []
  const wrong = (why: string): Ending =>
    usage(`${file}: ${why}; use {"devices": [{"device": "/dev/sda", "types": ["megaraid,0"]}]}`)
  if (!Array.isArray(devices)) throw wrong('devices must be a list')
  return devices.map((entry: unknown) => {
    const { device, types } = (entry ?? {}) as { device?: unknown; types?: unknown }
    if (typeof device !== 'string' || !isDevicePath(device)) throw wrong('each entry needs a device, such as /dev/sda')
    if (!Array.isArray(types) || !types.every((type) => typeof type === 'string' && /^[a-z0-9+,/_-]+$/i.test(type))) {
      throw wrong(`the types of ${device} must be a list of names for smartctl -d`)
    }
    return { device, types: types as string[] }
  })
}

/** Names below /dev/disk hold colons, dots and more: usb-WD_Elements-0:0, pci-0000:00:1f.2-ata-1.0. */
const isDevicePath = (path: string): boolean =>
  /^(\/dev\/)?[\w/.:+@=-]+$/.test(path) && !path.startsWith('-') && !path.split('/').includes('..')
