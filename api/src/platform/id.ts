import * as crypto from 'node:crypto'

/** A new key: UUIDv7 (RFC 9562), so that rows lie in the order of their making. @types/node does not know it yet. */
export const newId = (crypto as unknown as { randomUUIDv7: () => string }).randomUUIDv7
