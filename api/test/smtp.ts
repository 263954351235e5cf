import { execFileSync, spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { SMTPServer, type SMTPServerOptions } from 'smtp-server'
import { onTestFinished } from 'vitest'

export interface ReceivedMail {
  to: string
  messageId: string
  subject: string
  headers: string
  text: string
  secure: boolean
  user: string | null
}

/** A real SMTP server for one test, with what it took over. */
export async function smtpForThisTest(
  options: SMTPServerOptions & { answer?: (mail: ReceivedMail, count: number) => Error | null } = {},
): Promise<{ port: number; mails: ReceivedMail[]; tries: () => number }> {
  const mails: ReceivedMail[] = []
  let tries = 0
  const { answer, ...rest } = options
  const server = new SMTPServer({
    authOptional: true,
    disabledCommands: ['STARTTLS'],
    logger: false,
    onData: (stream, session, done) => {
      const chunks: Buffer[] = []
      stream.on('data', (chunk: Buffer) => chunks.push(chunk))
      stream.on('end', () => {
        tries += 1
        const mail = readMail(Buffer.concat(chunks).toString('utf8'), session)
        const refusal = answer?.(mail, tries) ?? null
        if (!refusal) mails.push(mail)
        done(refusal)
      })
    },
    ...rest,
  })
  server.on('error', () => undefined)
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done))
  onTestFinished(() => new Promise<void>((done) => server.close(() => done())))
  return { port: (server.server.address() as AddressInfo).port, mails, tries: () => tries }
}

type Session = Parameters<NonNullable<SMTPServerOptions['onData']>>[1]

function readMail(raw: string, session: Session): ReceivedMail {
  const [headers = ''] = raw.split('\r\n\r\n')
  const unfolded = headers.replace(/\r\n[ \t]+/g, ' ')
  const header = (name: string): string => new RegExp(`^${name}: (.*)$`, 'mi').exec(unfolded)?.[1] ?? ''
  return {
    to: session.envelope.rcptTo.map(({ address }) => address).join(','),
    messageId: header('Message-ID'),
    subject: decoded(header('Subject')),
    headers: unfolded,
    text: decoded(raw),
    secure: session.secure,
    user: session.user ? String(session.user) : null,
  }
}

/** Encoded words (RFC 2047) and quoted-printable (RFC 2045) as they are read. */
const decoded = (text: string): string => {
  const words = text.replace(/=\?UTF-8\?([QB])\?(.*?)\?=\s*/gi, (_, kind: string, value: string) =>
    kind.toUpperCase() === 'B' ? Buffer.from(value, 'base64').toString() : value.replaceAll('_', ' '),
  )
  const bytes = words
    .replace(/=\r\n/g, '')
    .replace(/(?:=[0-9A-F]{2})+/g, (run) => Buffer.from(run.replaceAll('=', ''), 'hex').toString())
  return bytes
}

export const smtpError = (code: number, message: string): Error =>
  Object.assign(new Error(message), { responseCode: code })

/** A machine may be without it: the tests that make certificates are then left out. */
export const hasOpenssl = spawnSync('openssl', ['version']).status === 0
if (!hasOpenssl) console.warn('Skipped: openssl is not installed')

/** A key and a certificate of one's own, as a server in a cellar has them. */
export function certificate(): { key: string; cert: string } {
  const folder = mkdtempSync(join(tmpdir(), 'vigie-tls-'))
  try {
    const files = ['-keyout', join(folder, 'key'), '-out', join(folder, 'cert')]
    const subject = ['-subj', '/CN=localhost', '-addext', 'subjectAltName=DNS:localhost,IP:127.0.0.1']
    execFileSync('openssl', ['req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-days', '2', ...subject, ...files], {
      stdio: 'ignore',
    })
    return { key: readFileSync(join(folder, 'key'), 'utf8'), cert: readFileSync(join(folder, 'cert'), 'utf8') }
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}
