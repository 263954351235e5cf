/** `ip -json route get …` tells the address that the default route sends from (ip-route(8), prefsrc). */
export function parseRoute(text: string): string | null {
  const routes = JSON.parse(text) as { prefsrc?: unknown }[]
  const source = routes[0]?.prefsrc
  return typeof source === 'string' ? source : null
}

/** `hostname -I` lists all addresses; the first that is not of a link alone. */
export const parseHostnameI = (text: string): string | null =>
  text
    .trim()
    .split(/\s+/)
    .find((address) => address && !address.startsWith('169.254.') && !address.startsWith('fe80:')) ?? null
