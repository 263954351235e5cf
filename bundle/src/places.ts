import { resolve } from 'node:path'

/** Where this bundle lies: `bin/vigie.mjs` is this file's place in it. */
export const HERE = resolve(import.meta.dirname, '..')

// Where `vigie install` puts things, by the Filesystem Hierarchy Standard 3.0.
export const RELEASES = '/opt/vigie'
export const CURRENT = `${RELEASES}/current`
export const COMMAND = '/usr/local/bin/vigie'
export const SETTINGS = '/etc/vigie/vigie.env'
export const AGENT_SETTINGS = '/etc/vigie/agent.env'
export const AGENT_TOKEN = '/etc/vigie/agent.token'
export const STATE = '/var/lib/vigie'
export const UNITS = '/etc/systemd/system'

/** What `bundle.json` tells of a bundle. */
export interface Bundle {
  version: string
  /** The first 12 digits of the SHA-256 of everything in it: two builds of one version are two releases. */
  build: string
  /** linux-x64 or linux-arm64. */
  target: string
  node: string
  /** What of its folder belongs to it: a trial run leaves its data and settings there, which go nowhere else. */
  holds: string[]
}
