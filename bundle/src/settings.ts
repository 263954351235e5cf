import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { parseEnv } from 'node:util'
import { HERE, SETTINGS } from './places.ts'
import { currentRelease } from './release.ts'
import { Trouble } from './trouble.ts'

/** The file that the running Vigie reads its settings from; null = there is none. */
export function settingsFile(): string | null {
  const file = currentRelease() && existsSync(SETTINGS) ? SETTINGS : join(HERE, '.env')
  return existsSync(file) ? file : null
}

export function readSettings(): Record<string, string | undefined> {
  const file = settingsFile()
  if (!file) return {}
  try {
    return parseEnv(readFileSync(file, 'utf8'))
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException
    throw code === 'EACCES'
      ? new Trouble(`${file} may be read by root and the service alone: run this with sudo`)
      : cause
  }
}

/** Where Vigie answers on this machine, whatever name it has outside. */
export function localAddress(): string {
  const settings = readSettings()
  const host = settings['VIGIE_HOST']?.trim() || '127.0.0.1'
  const reached = ['0.0.0.0', '::'].includes(host) ? '127.0.0.1' : host.includes(':') ? `[${host}]` : host
  return `http://${reached}:${settings['VIGIE_PORT']?.trim() || '8088'}`
}
