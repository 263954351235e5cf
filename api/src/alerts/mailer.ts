import { createTransport, type Transporter } from 'nodemailer'
import type { MailSettings } from '../config/config.ts'
import { SECOND } from '../platform/clock.ts'

export interface Mail {
  to: string
  subject: string
  text: string
  html: string
  /** Fixed for each delivery: a repeat after a crash is recognised by it. */
  messageId: string
  /** The Message-ID of the first word about the same thing; null = this is it. */
  inReplyTo: string | null
  urgent: boolean
}

export type Sent =
  | { outcome: 'SENT' }
  /** Trying again may help. */
  | { outcome: 'FAILED'; error: string }
  /** Trying again cannot help. */
  | { outcome: 'REFUSED'; error: string }

export interface Mailer {
  send(mail: Mail): Promise<Sent>
  close(): void
}

/** Mails that are on their way at once. */
export const CONNECTIONS = 5

/** The door to the SMTP server. nodemailer is told to try nothing again by itself: the outbox does that, and forgets nothing. */
export function createMailer({ host, port, security, username, password, sender }: MailSettings): Mailer {
  const transport: Transporter = createTransport({
    host,
    port,
    pool: true,
    maxConnections: CONNECTIONS,
    maxMessages: 200,
    maxRequeues: 0,
    secure: security === 'tls',
    requireTLS: security === 'starttls',
    ignoreTLS: security === 'off',
    connectionTimeout: 15 * SECOND,
    greetingTimeout: 15 * SECOND,
    socketTimeout: 60 * SECOND,
    disableFileAccess: true,
    disableUrlAccess: true,
    ...(username && password ? { auth: { user: username, pass: password } } : {}),
  } as never)
  // A pooled connection that breaks while nothing is sent belongs to no mail.
  transport.on('error', () => undefined)
  return {
    send: async ({ to, subject, text, html, messageId, inReplyTo, urgent }) => {
      try {
        const { rejected } = (await transport.sendMail({
          from: sender,
          to,
          subject,
          text,
          html,
          messageId,
          ...(inReplyTo ? { inReplyTo, references: [inReplyTo] } : {}),
          ...(urgent ? { priority: 'high' as const } : {}),
          headers: { 'Auto-Submitted': 'auto-generated' },
        })) as { rejected: unknown[] }
        return rejected.length ? { outcome: 'REFUSED', error: `${to} was refused` } : { outcome: 'SENT' }
      } catch (error) {
        return failure(error as SmtpError)
      }
    },
    close: () => transport.close(),
  }
}

type SmtpError = Error & { code?: string; responseCode?: number; command?: string }

/**
 * 5xx to a recipient, or to the message as such, is an answer for good (RFC 5321 §4.2.1). Everything before it is about
 * our settings (password, sender, TLS) or the server's mood: somebody may correct it, and the mail waits.
 */
function failure({ code, responseCode = 0, command, message }: SmtpError): Sent {
  const aboutMessage = command === 'DATA' && (responseCode === 552 || responseCode === 554)
  const forGood = (command === 'RCPT TO' && responseCode >= 500) || aboutMessage
  const error = `${code ?? 'ERROR'}: ${message}`.slice(0, 500)
  return forGood ? { outcome: 'REFUSED', error } : { outcome: 'FAILED', error }
}
