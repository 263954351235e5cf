import { createHash, randomBytes, timingSafeEqual } from 'node:crypto'

/** A secret of 256 random bits, as it is shown once, and what is kept of it. */
export interface NewSecret {
  secret: string
  prefix: string
  hash: string
}

const PREFIX_LENGTH = 12

/** `kind` is a word before the secret, by which people and secret scanners know it: vigie_…, link_…. */
export function newSecret(kind: string): NewSecret {
  const secret = `${kind}_${randomBytes(32).toString('base64url')}`
  return { secret, prefix: prefixOf(secret), hash: hashOf(secret) }
}

export const prefixOf = (secret: string): string => secret.slice(0, secret.indexOf('_') + 1 + PREFIX_LENGTH)

export const hashOf = (secret: string): string => createHash('sha256').update(secret).digest('hex')

export const matches = (secret: string, hash: string): boolean =>
  timingSafeEqual(Buffer.from(hashOf(secret), 'hex'), Buffer.from(hash, 'hex'))
