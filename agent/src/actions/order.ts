import { createHash, createPublicKey, verify } from 'node:crypto'

/** What is asked of a machine. All of it is in its text, and so in its digest and in an operator's signature. */
export interface Order {
  id: string
  /** Which machine: `machineMark` of its key. */
  machine: string
  action: string
  /** JSON text, as it was approved. */
  params: string
  /** Digest of what would be touched, as the plan told it; null = the action pins nothing. */
  effect: string | null
  /** ISO 8601. */
  notBefore: string | null
  /** After this it must not begin, whatever else the server says. ISO 8601. */
  expiresAt: string
  nonce: string
}

/** Both sides make the very same text of an order: a list, so that no key and no order of keys can differ. */
export const orderText = (order: Order): string =>
  JSON.stringify([
    'vigie-order-1',
    order.id,
    order.machine,
    order.action,
    order.params,
    order.effect,
    order.notBefore,
    order.expiresAt,
    order.nonce,
  ])

const sha256 = (text: string): string => createHash('sha256').update(text).digest('hex')

export const orderDigest = (order: Order): string => sha256(orderText(order))

/** Names a machine by its key without telling the key. */
export const machineMark = (machineKey: string): string => sha256(`vigie-machine\n${machineKey}`).slice(0, 32)

/** Approving a plan approves what is touched under the rules of that moment: other rules are another plan. */
export const effectOf = (content: string, policy: string): string => sha256(`vigie-effect\n${policy}\n${content}`)

/** The operator whose Ed25519 key (base64 of its SubjectPublicKeyInfo, RFC 8410) signed the text; null = none did. */
export function signerOf(
  text: string,
  signature: string,
  operators: readonly { name: string; key: string }[],
): string | null {
  const bytes = Buffer.from(signature, 'base64')
  if (bytes.length !== 64) return null
  const found = operators.find(({ key }) => {
    try {
      const known = createPublicKey({ key: Buffer.from(key, 'base64'), format: 'der', type: 'spki' })
      return known.asymmetricKeyType === 'ed25519' && verify(null, Buffer.from(text), known, bytes)
    } catch {
      return false
    }
  })
  return found?.name ?? null
}
