import { createPrivateKey, createPublicKey, generateKeyPairSync, sign } from 'node:crypto'
import { readFileSync, statSync, writeFileSync } from 'node:fs'
import { isAction, readParams } from '../actions/action.ts'
import { Ending, ExitStatus } from '../exit-status.ts'

const usage = (message: string): Ending => new Ending(ExitStatus.USAGE, message)

/** Makes an operator's key; what is printed goes into the policy of the machines that shall obey it. */
export function makeKey(file: string): string {
  const { privateKey, publicKey } = generateKeyPairSync('ed25519')
  try {
    writeFileSync(file, privateKey.export({ format: 'pem', type: 'pkcs8' }), { mode: 0o600, flag: 'wx' })
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    throw usage(
      code === 'EEXIST' ? `${file} is there already: keep it, or name another` : `${file} cannot be written (${code})`,
    )
  }
  return [
    `The key lies in ${file}: keep it where Vigie's server is not. Machines obey it once their policy names it:`,
    '',
    'operators:',
    `  - name: ${process.env['USER'] ?? 'operator'}`,
    `    key: ${publicKey.export({ format: 'der', type: 'spki' }).toString('base64')}`,
  ].join('\n')
}

const LONGEST_TEXT = 120_000

/** Signs the text of an order that the page "Approve" shows, after it has said in words what that is. */
export function signOrder(file: string, text: string): { words: string; signature: string } {
  let mode: number
  let pem: string
  try {
    mode = statSync(file).mode
    pem = readFileSync(file, 'utf8')
  } catch (error) {
    throw usage(`The key ${file} cannot be read (${(error as NodeJS.ErrnoException).code})`)
  }
  if (mode & 0o077) throw usage(`The key ${file} can be read by others: chmod 600 ${file}`)
  const order = readOrder(text.trim())
  let key
  try {
    key = createPrivateKey(pem)
  } catch {
    throw usage(`${file} holds no key: make one with "node agent.mjs keygen FILE"`)
  }
  if (createPublicKey(key).asymmetricKeyType !== 'ed25519') throw usage(`${file} holds no Ed25519 key`)
  return { words: order, signature: sign(null, Buffer.from(text.trim()), key).toString('base64') }
}

/** Nobody signs what nobody can read. */
function readOrder(text: string): string {
  const broken = usage('This is no order: copy the whole text that the page shows')
  if (text.length > LONGEST_TEXT) throw broken
  let parts: unknown
  try {
    parts = JSON.parse(text)
  } catch {
    throw broken
  }
  const isWord = (part: unknown): boolean => part === null || typeof part === 'string'
  if (!Array.isArray(parts) || parts.length !== 9 || parts[0] !== 'vigie-order-1' || !parts.every(isWord)) throw broken
  const [, id, machine, action, params, effect = null, notBefore = null, expiresAt] = parts as (string | null)[]
  // As the machine reads it, and refuses all else: nothing stands there twice, or behind many blanks.
  if (!action || !params || !isAction(action) || readParams(action, params) === null) throw broken
  return [
    `You sign: ${action} ${params}`,
    `  on the machine ${machine}`,
    `  ${effect === null ? 'that pins nothing' : `whose plan is ${effect.slice(0, 16)}…`}`,
    `  ${notBefore === null ? 'at once' : `not before ${notBefore}`}, and never after ${expiresAt}`,
    `  execution ${id}`,
  ].join('\n')
}
