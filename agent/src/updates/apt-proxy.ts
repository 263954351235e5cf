import type { Run } from '../platform/command.ts'
import { AptProxyMode } from '../report/apt-proxy-mode.ts'
import type { AptFacts } from '../report/updates.ts'

const AUTO = /^Acquire::https?::Proxy-?Auto-?Detect$/i
const FIXED = /^Acquire::https?::Proxy$/i

/** By which way apt fetches (apt-transport-http(1)), by its own settings. Null = it did not say. */
export async function readAptProxy(run: Run): Promise<AptFacts['proxy']> {
  const args = ['dump', '--format', '%F%t%v%n', 'Acquire::http', 'Acquire::https']
  const asked = await run('apt-config', args, { timeoutMs: 10_000 }).catch(() => null)
  return asked?.status === 0 ? parseAptProxy(asked.stdout) : null
}

export function parseAptProxy(text: string): NonNullable<AptFacts['proxy']> {
  const settings = text.split('\n').flatMap((line) => {
    const [name = '', value = ''] = line.split('\t')
    return value.trim() === '' ? [] : [{ name, value: value.trim() }]
  })
  // Where one is found by a program, apt asks that first.
  if (settings.some(({ name }) => AUTO.test(name))) return { mode: AptProxyMode.AUTO, url: null }
  const proxy = settings.find(({ name, value }) => FIXED.test(name) && value.toUpperCase() !== 'DIRECT')
  return proxy
    ? { mode: AptProxyMode.PROXY, url: withoutSecrets(proxy.value) }
    : { mode: AptProxyMode.DIRECT, url: null }
}

/** Who may use it is nobody else's business. Null = it is no address. */
function withoutSecrets(written: string): string | null {
  try {
    const { protocol, host } = new URL(written)
    return host === '' ? null : `${protocol}//${host}`.slice(0, 255)
  } catch {
    return null
  }
}
