export interface OsFacts {
  os: string
  osVersion: string | null
}

/** os-release(5) as key and value. */
export function parseOsRelease(text: string): Record<string, string> {
  const values: Record<string, string> = {}
  for (const line of text.split('\n')) {
    const [, key, value] = /^([A-Z0-9_]+)=(.*)$/.exec(line.trim()) ?? []
    if (key && value !== undefined) values[key] = value.replace(/^(["'])(.*)\1$/, '$2').replace(/\\(["$`\\])/g, '$1')
  }
  return values
}

/** The families that Vigie knows; Proxmox VE calls itself Debian and is told by its own signs. */
export function osOf(
  release: Record<string, string>,
  proxmoxVersion: string | null,
  debianVersion: string | null,
): OsFacts {
  if (proxmoxVersion !== null) return { os: 'proxmox', osVersion: proxmoxVersion || null }
  const id = release['ID']?.toLowerCase() ?? ''
  const family = ['debian', 'ubuntu', 'raspbian'].includes(id) ? id : 'other'
  // Debian testing has no VERSION_ID; its codename says what it is.
  const version = release['VERSION_ID'] ?? release['VERSION_CODENAME'] ?? debianVersion
  const name = family === 'other' ? [release['PRETTY_NAME'] ?? release['NAME'] ?? null] : []
  return { os: family, osVersion: name[0] ?? version ?? null }
}

/** "pve-manager/8.2.4/faa83925c9641325 (running kernel: …)" → 8.2.4; null where it is something else. */
export const parsePveversion = (text: string): string | null => /pve-manager\/([\d.~+\w-]+)\//.exec(text)?.[1] ?? null
