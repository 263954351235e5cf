import { Socket } from 'node:net'

// apt asks hooks what they think of its plan, by JSON-RPC over a socket that they inherit, in a simulation too: the plan
// comes whole, structured and in no language (doc/json-hooks-protocol.md of apt, 0.1 and 0.2; no later one is promised).

/** Begins the line that the hook prints, between those of apt. */
export const PLAN_LINE = 'vigie-apt-plan '

/** For apt's option AptCli::Hooks::Upgrade, which it gives to a shell: the paths come by the environment, unread by it. */
export const HOOK_OPTION = 'AptCli::Hooks::Upgrade::=exec "$VIGIE_HOOK_NODE" "$VIGIE_HOOK_AGENT" apt-hook'

/** One package of the plan, as apt tells it to its hooks. */
export interface PlannedPackage {
  name: string
  architecture: string | null
  /** install, upgrade, downgrade, deinstall, purge; keep and what is not known change nothing. */
  mode: string
  installed: string | null
  candidate: string | null
}

interface Message {
  id?: number
  method?: string
  params?: { versions?: unknown; packages?: unknown }
}

const LARGEST_MESSAGE = 64 * 1024 * 1024

/** Answers apt until it has said all, and gives the packages of its plan as lines to print. What it cannot read, it leaves. */
export function answerApt(descriptor: number): Promise<string[]> {
  return new Promise((resolve) => {
    const lines: string[] = []
    const socket = new Socket({ fd: descriptor, readable: true, writable: true })
    let text = ''
    socket.setEncoding('utf8')
    socket.on('data', (chunk: string) => {
      // What was looked through before holds no end of a message, but for its last character.
      const from = Math.max(0, text.length - 1)
      text += chunk
      if (text.length > LARGEST_MESSAGE) socket.destroy()
      for (let end = text.indexOf('\n\n', from); end >= 0; end = text.indexOf('\n\n')) {
        answer(text.slice(0, end), socket, lines)
        text = text.slice(end + 2)
      }
    })
    socket.once('end', () => socket.end())
    // Whatever becomes of the socket, apt goes on without this hook.
    socket.on('error', () => socket.destroy())
    socket.once('close', () => resolve(lines))
  })
}

function answer(text: string, socket: Socket, lines: string[]): void {
  const message = parse(text)
  if (message?.method === 'org.debian.apt.hooks.hello') {
    const offered = Array.isArray(message.params?.versions) ? message.params.versions : []
    const version = ['0.2', '0.1'].find((known) => offered.includes(known))
    const result = version ? { result: { version } } : { error: { code: -32602, message: 'unknown versions' } }
    socket.write(`${JSON.stringify({ jsonrpc: '2.0', id: message.id, ...result })}\n\n`)
  } else if (Array.isArray(message?.params?.packages)) {
    lines.push(PLAN_LINE + JSON.stringify(message.params.packages.flatMap(planned)))
  }
}

function parse(text: string): Message | null {
  try {
    return JSON.parse(text) as Message | null
  } catch {
    return null
  }
}

function planned(entry: unknown): PlannedPackage | [] {
  const { name, architecture, mode, versions } = (entry ?? {}) as Record<string, unknown>
  if (typeof name !== 'string' || typeof mode !== 'string') return []
  const { install, current } = (versions ?? {}) as Record<string, { version?: unknown } | undefined>
  const word = (value: unknown): string | null => (typeof value === 'string' ? value : null)
  return {
    name,
    architecture: word(architecture),
    mode,
    installed: word(current?.version),
    candidate: word(install?.version),
  }
}
