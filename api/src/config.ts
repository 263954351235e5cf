import { readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import ipaddr from 'ipaddr.js'
import { DomainError } from './errors.ts'

/** The repository's root: relative paths in settings mean this folder, whichever workspace runs. */
export const ROOT = resolve(import.meta.dirname, '../..')

export type AddressRange = [ipaddr.IPv4 | ipaddr.IPv6, number]
export const LOG_LEVELS = ['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent'] as const
export const LANGUAGES = ['en', 'fr'] as const

export interface Config {
  readonly host: string
  readonly port: number
  readonly dataDir: string
  /** How browsers and agents reach Vigie; null = as they were asked. */
  readonly publicUrl: string | null
  readonly language: (typeof LANGUAGES)[number]
  readonly timeZone: string
  readonly trustedProxies: readonly string[]
  /** Where scripts may post to /api/ingest without a token. */
  readonly ingestOpenFrom: readonly AddressRange[]
  readonly localAgent: boolean
  readonly logLevel: (typeof LOG_LEVELS)[number]
  /** The SQLite file, or ':memory:'. */
  readonly databaseFile: string
}

export class ConfigError extends DomainError {
  constructor(
    readonly setting: string,
    reason: string,
  ) {
    super('BAD_CONFIGURATION', `${setting}: ${reason}`)
  }
}

type Environment = Record<string, string | undefined>

/** Reads the settings once, checks them, and freezes them; a bad one stops the start with its name and reason. */
export function readConfig(env: Environment): Config {
  const text = (name: string, fallback: string): string => env[name]?.trim() || fallback
  const choice = <T extends string>(name: string, choices: readonly T[], fallback: T): T => {
    const value = text(name, fallback)
    if (!(choices as readonly string[]).includes(value)) {
      throw new ConfigError(name, `"${value}" is none of ${choices.join(', ')}`)
    }
    return value as T
  }
  const dataDir = resolve(ROOT, text('VIGIE_DATA_DIR', './data'))
  return Object.freeze({
    host: text('VIGIE_HOST', '127.0.0.1'),
    port: readPort(text('VIGIE_PORT', '8088')),
    dataDir,
    publicUrl: readPublicUrl(text('VIGIE_PUBLIC_URL', '')),
    language: choice('VIGIE_LANGUAGE', LANGUAGES, 'en'),
    timeZone: readTimeZone(text('VIGIE_TIME_ZONE', 'UTC')),
    trustedProxies: list(text('VIGIE_TRUSTED_PROXIES', '')).map((entry) => {
      readRange('VIGIE_TRUSTED_PROXIES', entry)
      return entry
    }),
    ingestOpenFrom: list(text('VIGIE_INGEST_OPEN_FROM', '')).map((entry) => readRange('VIGIE_INGEST_OPEN_FROM', entry)),
    localAgent: choice('VIGIE_LOCAL_AGENT', ['on', 'off'], 'on') === 'on',
    logLevel: choice('VIGIE_LOG_LEVEL', LOG_LEVELS, 'info'),
    databaseFile: readDatabaseUrl(secret(env, 'DATABASE_URL'), dataDir),
  })
}

/** A secret comes as NAME or as NAME_FILE, the path of a file that holds it. */
export function secret(env: Environment, name: string): string | null {
  const file = env[`${name}_FILE`]?.trim()
  if (file && env[name]) throw new ConfigError(name, `is set twice, as ${name} and as ${name}_FILE: keep one`)
  if (!file) return env[name]?.trim() || null
  try {
    return readFileSync(resolve(ROOT, file), 'utf8').trim()
  } catch (cause) {
    throw new ConfigError(`${name}_FILE`, `${file} cannot be read (${(cause as NodeJS.ErrnoException).code})`)
  }
}

const list = (value: string): string[] =>
  value
    .split(',')
    .map((entry) => entry.trim())
    .filter(Boolean)

function readPort(value: string): number {
  const port = Number(value)
  if (!/^\d+$/.test(value) || port > 65535) throw new ConfigError('VIGIE_PORT', `"${value}" is no port (0–65535)`)
  return port
}

function readPublicUrl(value: string): string | null {
  if (!value) return null
  const url = URL.parse(value)
  if (!url || !/^https?:$/.test(url.protocol) || url.username || url.search || url.hash) {
    throw new ConfigError('VIGIE_PUBLIC_URL', 'must be like https://vigie.example, without user, query or fragment')
  }
  return url.href.replace(/\/+$/, '')
}

function readTimeZone(value: string): string {
  try {
    return new Intl.DateTimeFormat('en', { timeZone: value }).resolvedOptions().timeZone
  } catch {
    throw new ConfigError('VIGIE_TIME_ZONE', `"${value}" is no time zone; use one like Europe/Paris`)
  }
}

/** An address or a CIDR. An IPv4 address mapped into IPv6 is read as IPv4. */
export function readRange(setting: string, value: string): AddressRange {
  try {
    if (value.includes('/')) return ipaddr.parseCIDR(value)
    const address = ipaddr.process(value)
    return [address, address.kind() === 'ipv4' ? 32 : 128]
  } catch {
    throw new ConfigError(setting, `"${value}" is no address and no CIDR; use one like 192.168.1.0/24`)
  }
}

function readDatabaseUrl(value: string | null, dataDir: string): string {
  if (value === null) return resolve(dataDir, 'vigie.sqlite')
  if (value === ':memory:') return value
  const file = /^(?:sqlite:|file:)(?:\/\/)?(.+)$/.exec(value)?.[1]
  if (file) return resolve(ROOT, file)
  // The value may hold a password: the message names only its scheme.
  throw new ConfigError('DATABASE_URL', `the scheme "${value.split(':', 1)[0]}" is not known; use sqlite:PATH`)
}
