import { readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { ROOT } from '../platform/root.ts'
import { isAddressRange } from '../platform/address-range.ts'
import { DomainError } from '../platform/errors.ts'

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
  readonly ingestOpenFrom: readonly string[]
  readonly localAgent: boolean
  /** Hostname or id of the machine that the vault lies on; null = that of the local agent. */
  readonly vaultMachine: string | null
  /** MiB that one token may report in a day. */
  readonly tokenDailyMib: number
  readonly logLevel: (typeof LOG_LEVELS)[number]
  readonly database: DatabaseAddress
  /** Where agents drop files, where proven ones are kept, and where broken ones are kept apart. */
  readonly roots: Roots
  readonly scannerIntervalMinutes: number
  /** What becomes of files that nobody awaits (docs/backups.md). Null = nothing. */
  readonly forget: ForgetRules & { readonly quarantineDays: number | null }
  /** After how many days the log of what a machine was asked is deleted; null = never. */
  readonly executionLogs: { readonly ended: number | null; readonly failed: number | null }
  /** Called after each scan, so that somebody outside notices when Vigie itself falls silent; null = nobody. */
  readonly heartbeatUrl: string | null
  /** Agenda's store; null = Vigie's own database. It may hold a password. */
  readonly mongoUrl: string | null
  /** Null = mail is off; `mailOff` says why. */
  readonly mail: MailSettings | null
  readonly mailOff: string | null
  readonly adminRecipient: string | null
  readonly webhook: { readonly url: string; readonly secret: string | null } | null
}

/** Where the database is: a file of SQLite's, or ':memory:'; or PostgreSQL, by an address that may hold a password. */
export type DatabaseAddress = { readonly file: string } | { readonly url: string }

/** Where agents drop files, where proven ones are kept, and where broken ones are kept apart. */
export interface Roots {
  deposit: string
  vault: string
  quarantine: string
}

/** What becomes of files that nobody awaits (docs/backups.md). */
export interface ForgetRules {
  /** What the vault holds as well is forgotten after so many days; null = never. */
  keepDays: number | null
  /** Bytes that one agent may leave lying; null = no bound. */
  quota: number | null
}

export interface MailSettings {
  readonly host: string
  readonly port: number
  /** TLS from the first byte, STARTTLS or nothing, or none at all. */
  readonly security: 'tls' | 'starttls' | 'off'
  readonly username: string | null
  readonly password: string | null
  readonly sender: string
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
  /** 0 = never. */
  const days = (name: string, fallback: string): number | null =>
    readWhole(name, text(name, fallback), 0, 36_500) || null
  const quota = readWhole('VIGIE_DEPOSIT_QUOTA_GIB', text('VIGIE_DEPOSIT_QUOTA_GIB', '0'), 0, 1_000_000)
  const dataDir = resolve(ROOT, text('VIGIE_DATA_DIR', './data'))
  return Object.freeze({
    host: text('VIGIE_HOST', '127.0.0.1'),
    port: readPort(text('VIGIE_PORT', '8088')),
    dataDir,
    publicUrl: readPublicUrl(text('VIGIE_PUBLIC_URL', '')),
    language: choice('VIGIE_LANGUAGE', LANGUAGES, 'en'),
    timeZone: readTimeZone(text('VIGIE_TIME_ZONE', 'UTC')),
    trustedProxies: readRanges('VIGIE_TRUSTED_PROXIES', text('VIGIE_TRUSTED_PROXIES', '')),
    ingestOpenFrom: readRanges('VIGIE_INGEST_OPEN_FROM', text('VIGIE_INGEST_OPEN_FROM', '')),
    localAgent: choice('VIGIE_LOCAL_AGENT', ['on', 'off'], 'on') === 'on',
    vaultMachine: text('VIGIE_VAULT_MACHINE', '') || null,
    tokenDailyMib: readWhole('VIGIE_TOKEN_DAILY_MIB', text('VIGIE_TOKEN_DAILY_MIB', '1024'), 1, 1_000_000),
    logLevel: choice('VIGIE_LOG_LEVEL', LOG_LEVELS, 'info'),
    database: Object.freeze(
      readDatabase(
        secret(env, 'DATABASE_URL') ?? `sqlite:${resolve(dataDir, 'vigie.sqlite')}`,
        secret(env, 'DATABASE_PASSWORD'),
      ),
    ),
    roots: readRoots({
      deposit: resolve(ROOT, text('AGENT_DEPOSITS_PATH', `${dataDir}/agent_deposits`)),
      vault: resolve(ROOT, text('VALIDATED_BACKUPS_PATH', `${dataDir}/validated_backups`)),
      quarantine: resolve(ROOT, text('QUARANTINE_PATH', `${dataDir}/quarantine`)),
    }),
    scannerIntervalMinutes: readWhole('SCANNER_INTERVAL_MINUTES', text('SCANNER_INTERVAL_MINUTES', '15'), 1, 1440),
    forget: {
      keepDays: days('VIGIE_DEPOSIT_KEEP_DAYS', '7'),
      quarantineDays: days('VIGIE_QUARANTINE_KEEP_DAYS', '90'),
      quota: quota === 0 ? null : quota * 1024 ** 3,
    },
    executionLogs: {
      ended: days('VIGIE_ACTION_LOG_DAYS', '90'),
      failed: days('VIGIE_FAILED_ACTION_LOG_DAYS', '365'),
    },
    heartbeatUrl: readUrl('VIGIE_HEARTBEAT_URL', secret(env, 'VIGIE_HEARTBEAT_URL')),
    mongoUrl: readMongoUrl(secret(env, 'MONGODB_URL'), secret(env, 'MONGODB_PASSWORD')),
    ...readMail(env),
    adminRecipient: readAddress('ADMIN_EMAIL_RECIPIENT', text('ADMIN_EMAIL_RECIPIENT', '')),
    webhook: readWebhook(env),
  })
}

/** One inside another would make a promoted file look like a new one. */
function readRoots(roots: Roots): Roots {
  const names = { deposit: 'AGENT_DEPOSITS_PATH', vault: 'VALIDATED_BACKUPS_PATH', quarantine: 'QUARANTINE_PATH' }
  for (const [inner, path] of Object.entries(roots) as [keyof Roots, string][]) {
    for (const [outer, other] of Object.entries(roots) as [keyof Roots, string][]) {
      if (inner !== outer && `${path}/`.startsWith(`${other}/`))
        throw new ConfigError(names[inner], `${path} lies inside ${names[outer]} (${other}); the three must be apart`)
    }
  }
  return Object.freeze(roots)
}

function readWhole(name: string, value: string, least: number, most: number): number {
  const number = Number(value)
  if (!/^\d+$/.test(value) || number < least || number > most)
    throw new ConfigError(name, `"${value}" is no whole number from ${least} to ${most}`)
  return number
}

/** An address that may hold a secret: the message never shows it. */
function readUrl(name: string, value: string | null): string | null {
  if (value === null) return null
  const url = URL.parse(value)
  if (!url || !/^https?:$/.test(url.protocol)) throw new ConfigError(name, 'must begin with http:// or https://')
  if (url.username || url.password)
    throw new ConfigError(name, 'must hold no user and no password: requests refuse them')
  return url.href
}

function readMongoUrl(value: string | null, password: string | null): string | null {
  if (value === null) {
    if (password !== null) throw new ConfigError('MONGODB_PASSWORD', 'is set, but MONGODB_URL is not')
    return null
  }
  if (!/^mongodb(\+srv)?:\/\/[^/]/.test(value))
    throw new ConfigError('MONGODB_URL', 'must be like mongodb://host:27017/vigie (its value is not shown)')
  return withPassword(value, password, { setting: 'MONGODB_URL', example: EXAMPLES.MONGODB })
}

/** The password may come apart, so that the address can stand where everybody reads it. */
function withPassword(
  url: string,
  password: string | null,
  { setting, example }: { setting: string; example: string },
): string {
  if (password === null) return url
  const [, scheme, user, rest] = /^([^:]+:\/\/)([^:@/]+)@(.+)$/.exec(url) ?? []
  if (!scheme || !user || !rest)
    throw new ConfigError(
      setting,
      `must name a user and no password where that is set apart, like ${example} (its value is not shown)`,
    )
  return `${scheme}${user}:${encodeURIComponent(password)}@${rest}`
}
const EXAMPLES = {
  MONGODB: 'mongodb://vigie@host:27017/vigie',
  DATABASE: 'postgresql://vigie@host:5432/vigie',
}

function readAddress(name: string, value: string): string | null {
  if (!value) return null
  if (!ADDRESS.test(value)) throw new ConfigError(name, `"${value}" is no mail address`)
  return value
}
/** With or without a name before it: Vigie <vigie@example.org>. */
const ADDRESS = /^(?:[^\s@<>,;]+@[^\s@<>,;]+|[^<>@,;\p{Cc}]{1,100} ?<[^\s@<>,;]+@[^\s@<>,;]+>)$/u

/** Half of the settings is no setting: mail stays off and says why, and the watch goes on. */
function readMail(env: Environment): Pick<Config, 'mail' | 'mailOff'> {
  const off = (mailOff: string) => ({ mail: null, mailOff })
  const text = (name: string): string | null => env[name]?.trim() || null
  const [host, sender] = [text('EMAIL_HOST'), text('EMAIL_SENDER')]
  if (!host) return off('EMAIL_HOST is not set')
  if (!sender) return off('EMAIL_HOST is set, but EMAIL_SENDER is not')
  const [username, password] = [secret(env, 'EMAIL_USERNAME'), secret(env, 'EMAIL_PASSWORD')]
  if (username && !password) return off('EMAIL_USERNAME is set, but EMAIL_PASSWORD is not')
  if (password && !username) return off('EMAIL_PASSWORD is set, but EMAIL_USERNAME is not')
  const port = readWhole('EMAIL_PORT', text('EMAIL_PORT') ?? '587', 1, 65535)
  const choice = text('EMAIL_SECURITY') ?? (port === 465 ? 'tls' : 'starttls')
  if (choice !== 'tls' && choice !== 'starttls' && choice !== 'off')
    throw new ConfigError('EMAIL_SECURITY', `"${choice}" is none of tls, starttls, off`)
  readAddress('EMAIL_SENDER', sender)
  return { mail: Object.freeze({ host, port, security: choice, username, password, sender }), mailOff: null }
}

function readWebhook(env: Environment): Config['webhook'] {
  const url = readUrl('WEBHOOK_URL', secret(env, 'WEBHOOK_URL'))
  const key = secret(env, 'WEBHOOK_SECRET')
  if (url === null && key !== null) throw new ConfigError('WEBHOOK_SECRET', 'is set, but WEBHOOK_URL is not')
  return url === null ? null : Object.freeze({ url, secret: key })
}

/** A secret comes as NAME or as NAME_FILE, the path of a file that holds it. */
export function secret(env: Environment, name: string): string | null {
  const file = env[`${name}_FILE`]?.trim()
  if (file && env[name]) throw new ConfigError(name, `is set twice, as ${name} and as ${name}_FILE: keep one`)
  if (!file) return env[name]?.trim() || null
  try {
    const value = readFileSync(resolve(ROOT, file), 'utf8').trim()
    if (value === '') throw new ConfigError(`${name}_FILE`, `${file} is empty`)
    return value
  } catch (cause) {
    if (cause instanceof ConfigError) throw cause
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
  return url.href.replace(/(?<!\/)\/+$/, '')
}

function readTimeZone(value: string): string {
  try {
    return new Intl.DateTimeFormat('en', { timeZone: value }).resolvedOptions().timeZone
  } catch {
    throw new ConfigError('VIGIE_TIME_ZONE', `"${value}" is no time zone; use one like Europe/Paris`)
  }
}

/** Addresses and CIDRs, by comma. */
function readRanges(setting: string, text: string): string[] {
  const ranges = list(text)
  const wrong = ranges.find((range) => !isAddressRange(range))
  if (wrong !== undefined)
    throw new ConfigError(setting, `"${wrong}" is no address and no CIDR; use one like 192.168.1.0/24`)
  return ranges
}

/**
 * SQLite by its file, or PostgreSQL by its address.
 * @param setting the name of what was set, for errors; the value may hold a password and is never shown
 */
export function readDatabase(value: string, password: string | null, setting = 'DATABASE_URL'): DatabaseAddress {
  if (/^postgres(ql)?:\/\//.test(value)) {
    const url = withPassword(value, password, { setting, example: EXAMPLES.DATABASE })
    const parts = URL.parse(url)
    // Tools would show it to everybody on the machine.
    if (parts?.searchParams.has('password'))
      throw new ConfigError(
        setting,
        'must hold its password before the @, or set DATABASE_PASSWORD (its value is not shown)',
      )
    if (parts && parts.pathname.length > 1 && isDecodable(parts)) return { url }
    throw new ConfigError(setting, `must be like ${EXAMPLES.DATABASE}, with %25 for % (its value is not shown)`)
  }
  if (password !== null) throw new ConfigError(setting, 'names no PostgreSQL, but a password for one is set')
  if (value === ':memory:') return { file: value }
  const file = /^(?:sqlite:|file:)(?:\/\/)?(.+)$/.exec(value)?.[1]
  if (file) return { file: resolve(ROOT, file) }
  throw new ConfigError(setting, `must be sqlite:PATH, or like ${EXAMPLES.DATABASE} (its value is not shown)`)
}

function isDecodable({ username, password, pathname }: URL): boolean {
  try {
    for (const part of [username, password, pathname]) decodeURIComponent(part)
    return true
  } catch {
    return false
  }
}
