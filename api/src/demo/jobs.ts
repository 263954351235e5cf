import { DayOfWeek, Frequency } from '../backups/schedule.ts'
import { chance } from './chance.ts'

// The sixty backups that the demo expects, and what each of them saves.

export interface DemoJob {
  agentId: string
  databaseName: string
  companyName: string
  city: string
  frequency: Frequency
  /** Null for HOURLY. */
  hour: number | null
  minute: number
  /** The folder that it saves; null = nobody declared it. */
  protects: string | null
  /** Since when it is expected, in days from the first of the demo. */
  since: number
}

/** So many days lie behind the first one. */
export const HISTORY_DAYS = 90

const CITIES = { lyon: 'Lyon', nantes: 'Nantes', paris: 'Paris' }
const COMPANIES = ['Martin & Fils', 'Boulangerie Le Goff', 'Cabinet Haddad', 'Librairie des Quais', 'Garage Perrin']

function job(agentId: string, databaseName: string, protects: string | null, frequency = Frequency.DAILY): DemoJob {
  const named = `${agentId} ${databaseName}`
  const city = Object.entries(CITIES).find(([name]) => agentId.includes(name))?.[1] ?? 'Lyon'
  return {
    agentId,
    databaseName,
    protects,
    companyName: COMPANIES[Math.floor(chance(`${named} company`) * COMPANIES.length)] as string,
    city,
    frequency,
    hour: frequency === Frequency.HOURLY ? null : Math.floor(chance(`${named} hour`) * 5),
    // The hundreds of an hourly one would fill a page with themselves.
    since: frequency === Frequency.HOURLY ? -2 : 1 - HISTORY_DAYS,
    minute: 5 * Math.floor(chance(`${named} minute`) * 12),
  }
}

const numbered = (prefix: string, count: number): string[] =>
  Array.from({ length: count }, (_, at) => `${prefix}-${String(at + 1).padStart(2, '0')}`)

export const DAY_OF_WEEKLY = DayOfWeek.SUNDAY

export const JOBS: readonly DemoJob[] = [
  ...numbered('db-lyon', 10).flatMap((agent) => [
    job(agent, 'crm', '/srv/data1'),
    job(agent, 'erp', '/srv/data2'),
    job(agent, 'shop', agent === 'db-lyon-07' ? null : '/srv/data3'),
  ]),
  ...numbered('db-lyon', 2).map((agent) => job(agent, 'journal', null, Frequency.HOURLY)),
  ...numbered('web', 6).map((agent) => job(agent, 'site', '/var/www')),
  ...numbered('app', 6).map((agent) => job(agent, 'app', '/var/lib/postgresql')),
  ...numbered('pve-lyon', 4).flatMap((agent) => [
    job(agent, 'config', '/'),
    job(agent, 'images', '/tank/images', Frequency.WEEKLY),
  ]),
  job('nas-maison', 'homes', '/home'),
  job('nas-nantes', 'partage', '/srv/partage'),
  job('nas-paris', 'partage', '/srv/partage', Frequency.WEEKLY),
  job('archive-01', 'archive', '/srv/archive', Frequency.WEEKLY),
  ...['claire', 'hugo', 'ines', 'lea'].map((user) => job(`ws-${user}`, 'home', '/home')),
]
