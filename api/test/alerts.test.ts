import 'reflect-metadata'
import { createHmac } from 'node:crypto'
import { createServer, type IncomingHttpHeaders } from 'node:http'
import { type AddressInfo, createServer as createTcpServer } from 'node:net'
import { describe, expect, onTestFinished, test } from 'vitest'
import { insertRows } from '../src/database/rows.ts'
import { RoomLevel } from '../src/storage/forecast.ts'
import { Room, RoomUse } from '../src/room/room.entity.ts'
import { report } from './builders.ts'
import { at, type Backups, backupsForThisTest, dump, gz } from './deposit.ts'
import { certificate, hasOpenssl, smtpError, smtpForThisTest } from './smtp.ts'

const mailTo = (port: number, more: Record<string, string> = {}): Record<string, string> => ({
  EMAIL_HOST: '127.0.0.1',
  EMAIL_PORT: String(port),
  EMAIL_SECURITY: 'off',
  EMAIL_SENDER: 'Vigie <vigie@example.org>',

  ADMIN_EMAIL_RECIPIENT: 'admin@example.org',
  VIGIE_PUBLIC_URL: 'https://vigie.example',
  VIGIE_LOG_LEVEL: 'silent',
  // Time jumps in these tests; that is no absence.
  SCANNER_INTERVAL_MINUTES: '1440',
  ...more,
})
const alertsOf = async ({ api }: Backups): Promise<any[]> =>
  (
    await api.ask(
      '{ alerts { nodes { id type status state count subject detail deliveries { kind state attempts lastError recipient } job { databaseName } } } }',
    )
  ).data.alerts.nodes
/** What the task does at each ring. */
const ring = async ({ api }: Backups): Promise<void> => {
  await api.app.opener.run()
  await api.app.delivery.run()
}

describe('A mail', () => {
  test('tells of a missing backup once, reminds a day later, and tells when it came after all', async () => {
    const smtp = await smtpForThisTest()
    const backups = await backupsForThisTest(mailTo(smtp.port))
    await backups.job({ companyName: 'ACME', city: 'Saint-Étienne', runbook: 'Call the night watch.' })
    backups.set('03:00')
    await backups.scan()
    await ring(backups)
    await ring(backups)
    expect(smtp.mails).toHaveLength(1)
    const [missing] = smtp.mails as [(typeof smtp.mails)[number]]
    expect(missing.to).toBe('admin@example.org')
    expect(missing.subject).toBe('[Vigie] MISSING crm · ACME / Saint-Étienne · expected 2026-01-15 02:00 UTC')
    const [{ id }] = await backups.entries()
    for (const words of [
      'lyon-01',
      'ACME',
      'Saint-Étienne',
      id,
      'no report came',
      'none before',
      'not measured',
      'https://vigie.example/backups/',
      'Call the night watch.',
      'No report had come by the end of the grace.',
    ])
      expect(missing.text).toContain(words)
    expect(missing.headers).toMatch(/Auto-Submitted: auto-generated/)
    backups.set('03:01', '2026-01-16')
    await backups.scan()
    await ring(backups)
    expect(smtp.mails).toHaveLength(2)
    expect(smtp.mails[1]?.subject).toMatch(/^\[Vigie\] Still: MISSING crm/)
    expect(smtp.mails[1]?.headers).toContain(`In-Reply-To: ${missing.messageId}`)
    backups.send({ startedAt: '2026-01-16T02:30:00Z' })
    await backups.scan()
    await ring(backups)
    expect(smtp.mails).toHaveLength(3)
    expect(smtp.mails[2]?.subject).toMatch(/^\[Vigie\] RESOLVED MISSING crm/)
    expect(new Set(smtp.mails.map(({ messageId }) => messageId)).size).toBe(3)
    expect(await alertsOf(backups)).toMatchObject([{ state: 'RESOLVED', count: 2 }])
  })

  test('speaks French where Vigie does, with the time of its zone, the error of the agent and both hashes', async () => {
    const smtp = await smtpForThisTest()
    const backups = await backupsForThisTest(
      mailTo(smtp.port, { VIGIE_LANGUAGE: 'fr', VIGIE_TIME_ZONE: 'Europe/Paris' }),
    )
    await backups.job({ recipients: ['lyon@example.org', 'chef@example.org'] })
    backups.set('02:05')
    backups.send({ put: null, backup: { status: false, error_message: 'disque plein <b>&</b>' } })
    await backups.scan()
    await ring(backups)
    expect(smtp.mails.map(({ to }) => to).sort()).toEqual(['chef@example.org', 'lyon@example.org'])
    const [mail] = smtp.mails as [(typeof smtp.mails)[number]]
    expect(mail.subject).toMatch(/EN ÉCHEC crm · lyon-01 · attendue/)
    for (const words of [
      'SHA-256 annoncé',
      'SHA-256 mesuré',
      'non mesuré',
      'Europe/Paris',
      'disque plein',
      'disque plein &lt;b&gt;&amp;&lt;/b&gt;',
    ])
      expect(mail.text).toContain(words)
  })

  test('tells of several jobs of one agent together, and of more than three alerts as a digest', async () => {
    const smtp = await smtpForThisTest()
    const backups = await backupsForThisTest(mailTo(smtp.port))
    for (const databaseName of ['crm', 'erp']) await backups.job({ databaseName })
    await backups.job({ agentId: 'paris-01' })
    backups.set('03:00')
    await backups.scan()
    await ring(backups)
    expect(smtp.mails.map(({ subject }) => subject).sort()).toEqual([
      '[Vigie] 2 alerts of lyon-01',
      '[Vigie] MISSING crm · paris-01 · expected 2026-01-15 02:00 UTC',
    ])
    backups.set('12:00')
    for (let n = 0; n < 5; n += 1) await backups.job({ agentId: `agent-${n}`, expectedHourUtc: 13 })
    backups.set('14:00')
    await backups.scan()
    await ring(backups)
    const many = smtp.mails.at(-1)
    const text = many?.text.replaceAll('\r\n', '\n') ?? ''
    expect(many?.subject).toBe('[Vigie] 5 alerts')
    expect(smtp.mails).toHaveLength(3)
    for (let n = 0; n < 5; n += 1) {
      // First each in two lines, then each with all of its details, as a single mail has them.
      expect(text).toMatch(
        new RegExp(
          `\\d\\. MISSING crm · agent-${n}\\n {5}Since: 2026-01-15 13:00 UTC · Last good: none before\\n {5}No report had come`,
        ),
      )
      expect(text).toMatch(new RegExp(`MISSING crm · agent-${n} · expected[^]*Agent: +agent-${n}\\n`))
      expect(text).toContain(`>agent-${n}</td>`)
    }
    // In the plain part and in the HTML.
    expect(text.match(/\/backups\/[0-9a-f-]{36}/g)).toHaveLength(10)
  })

  test('is not sent for an unchanged file where the job says so, and is where it does not', async () => {
    const smtp = await smtpForThisTest()
    const backups = await backupsForThisTest(mailTo(smtp.port))
    await backups.job({ databaseName: 'quiet', expectChange: 'INFO' })
    await backups.job({ databaseName: 'loud' })
    const content = gz(dump())
    for (const day of ['2026-01-15', '2026-01-16']) {
      backups.set('02:05', day)
      for (const database of ['quiet', 'loud']) backups.send({ database, content, startedAt: `${day}T02:00:00Z` })
      await backups.scan()
    }
    await ring(backups)
    expect(smtp.mails.map(({ subject }) => subject)).toEqual([
      '[Vigie] UNCHANGED loud · lyon-01 · expected 2026-01-16 02:00 UTC',
    ])
  })

  test('ends with an acknowledgement, is silent while muted, and begins anew when it gets worse', async () => {
    const smtp = await smtpForThisTest()
    const backups = await backupsForThisTest(mailTo(smtp.port))
    const { api } = backups
    await report(api, { collectedAt: at('01:00'), disks: [{}] })
    await report(api, { collectedAt: at('01:15'), disks: [{ raw: { 197: 3 } }] })
    await ring(backups)
    expect(smtp.mails.map(({ subject }) => subject)).toEqual([expect.stringMatching(/^\[Vigie\] DISK AT RISK/)])
    const [{ id }] = await alertsOf(backups)
    await api.ask('mutation ($id: ID!) { acknowledgeAlert(id: $id) { state acknowledgedBy } }', { id })
    backups.set('12:00', '2026-01-20')
    await ring(backups)
    expect(smtp.mails.filter(({ subject }) => subject.includes('Still'))).toEqual([])
    await report(api, { collectedAt: at('12:00', '2026-01-20'), disks: [{ raw: { 197: 3 }, passed: false }] })
    await ring(backups)
    expect(smtp.mails.at(-1)?.subject).toMatch(/DISK FAILING/)
    const until = '2026-01-23T00:00:00Z'
    await api.ask('mutation ($id: ID!, $until: DateTimeISO) { muteAlert(id: $id, until: $until) { state } }', {
      id,
      until,
    })
    const before = smtp.mails.length
    backups.set('12:00', '2026-01-22')
    await ring(backups)
    expect(smtp.mails).toHaveLength(before)
    backups.set('00:01', '2026-01-23')
    await ring(backups)
    expect(smtp.mails.at(-1)?.subject).toMatch(/^\[Vigie\] Still: DISK FAILING/)
  })

  test('tells of a machine that fell silent and of its return, but not because Vigie itself was away', async () => {
    const smtp = await smtpForThisTest()
    const backups = await backupsForThisTest(mailTo(smtp.port))
    const { api } = backups
    const { noticeSilence } = await import('../src/machines/silence.ts')
    const notice = (since: Date) => noticeSilence(api.orm.em, api.app.transact, () => api.clock.now, since)
    for (const time of ['01:00', '01:20', '01:40']) await report(api, { collectedAt: at(time) })
    backups.set('02:41')
    expect(await notice(at('02:30'))).toBe(0)
    expect(await notice(at('01:00'))).toBe(1)
    expect(await notice(at('01:00'))).toBe(0)
    await ring(backups)
    await report(api, { collectedAt: at('02:45') })
    await ring(backups)
    expect(smtp.mails.map(({ subject }) => subject)).toEqual([
      '[Vigie] SILENT MACHINE atlas',
      '[Vigie] RESOLVED SILENT MACHINE atlas',
    ])
  })

  test('of a retired or paused job says nothing more', async () => {
    const smtp = await smtpForThisTest()
    const backups = await backupsForThisTest(mailTo(smtp.port))
    const jobs = [await backups.job(), await backups.job({ agentId: 'paris-01' })]
    backups.set('03:00')
    await backups.scan()
    await ring(backups)
    await backups.api.ask('mutation ($id: ID!) { deleteExpectedJob(id: $id) { id } }', { id: jobs[0].id })
    await backups.api.ask('mutation ($id: ID!) { updateExpectedJob(id: $id, input: { active: false }) { id } }', {
      id: jobs[1].id,
    })
    backups.set('04:00', '2026-01-17')
    await backups.scan()
    await ring(backups)
    expect(smtp.mails.filter(({ subject }) => /RESOLVED|Still/.test(subject))).toEqual([])
    expect((await alertsOf(backups)).filter(({ type }) => type === 'BACKUP').map(({ state }) => state)).toEqual([
      'RESOLVED',
      'RESOLVED',
    ])
  })

  test('a day comes also when all is well, once', async () => {
    const smtp = await smtpForThisTest()
    const backups = await backupsForThisTest(mailTo(smtp.port))
    const { api } = backups
    const { writeDailyDigests } = await import('../src/alerts/daily-digest.ts')
    await backups.job({ recipients: ['lyon@example.org'] })
    await backups.job({ agentId: 'paris-01' })
    backups.set('02:05')
    backups.send()
    await backups.scan()
    const digest = () => writeDailyDigests(api.orm.em, api.app.transact, () => api.clock.now, api.app.addresses)
    const day = { used: 1e9, free: 5e9, level: RoomLevel.ENOUGH, readAt: api.clock.now, unreadable: null, days: [] }
    const room = { ...day, id: 'room', path: '/srv', uses: [RoomUse.VAULT], fullAt: new Date('2026-02-03T00:00:00Z') }
    await insertRows(api.orm.em.fork(), Room, [room])
    await Promise.all([digest(), digest()])
    await ring(backups)
    expect(smtp.mails.map(({ to, subject }) => `${to} ${subject}`).sort()).toEqual([
      'admin@example.org [Vigie] 1 of 2 backups are good',
      'lyon@example.org [Vigie] 1 of 1 backups are good',
    ])
    const [admin, other] = smtp.mails.toSorted((a, b) => (a.to < b.to ? -1 : 1)).map(({ text }) => text)
    expect(admin).toMatch(
      /Paused: 0 · in quarantine: 0 · damaged or lost in the vault: 0[^]*Free in \/srv: 5.0 GB \(16 % in use, full on 2026-02-03 at this pace\)/,
    )
    expect(other).not.toContain('Free in')
  })
})

/** A server that takes a mail's data and then goes away without a word. */
async function breakingOff(): Promise<number> {
  const server = createTcpServer((socket) => {
    socket.on('error', () => undefined)
    socket.write('220 odd ESMTP\r\n')
    let inData = false
    socket.setEncoding('utf8').on('data', (text: string) => {
      if (inData) socket.destroy()
      else if (/^DATA/m.test(text)) {
        inData = true
        socket.write('354 go on\r\n')
      } else socket.write('250 ok\r\n')
    })
  })
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done))
  onTestFinished(() => void server.close())
  return (server.address() as AddressInfo).port
}

/** A server that keeps what is posted to it, and answers the first with one status, the others with another. */
async function receiverOfPosts(first: number, others: number) {
  const posts: { headers: IncomingHttpHeaders; body: string }[] = []
  const server = createServer((request, response) => {
    let body = ''
    request.setEncoding('utf8').on('data', (chunk: string) => (body += chunk))
    request.on('end', () => {
      posts.push({ headers: request.headers, body })
      response.writeHead(posts.length === 1 ? first : others).end()
    })
  })
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done))
  onTestFinished(() => void server.close())
  return { posts, host: `127.0.0.1:${(server.address() as AddressInfo).port}` }
}

describe('The outbox', () => {
  test('tries again what a server puts off (greylisting), later each time, under one Message-ID', async () => {
    const seen: string[] = []
    const smtp = await smtpForThisTest({
      answer: (mail, count) => {
        seen.push(mail.messageId)
        return count < 3 ? smtpError(451, 'try again later') : null
      },
    })
    const backups = await backupsForThisTest(mailTo(smtp.port))
    await backups.job()
    backups.set('03:00')
    await backups.scan()
    await ring(backups)
    await ring(backups)
    expect(smtp.tries()).toBe(1)
    backups.set('03:02')
    await ring(backups)
    backups.set('03:10')
    await ring(backups)
    expect(smtp.mails).toHaveLength(1)
    expect(new Set(seen).size).toBe(1)
    expect((await alertsOf(backups))[0].deliveries).toMatchObject([{ state: 'SENT', attempts: 3, lastError: null }])
  })

  test('sends the recovery only after the word that it recovers from', async () => {
    let open = false
    const smtp = await smtpForThisTest({ answer: () => (open ? null : smtpError(450, 'busy')) })
    const backups = await backupsForThisTest(mailTo(smtp.port))
    await backups.job()
    backups.set('03:00')
    await backups.scan()
    await ring(backups)
    backups.set('03:00')
    backups.send()
    await backups.scan()
    open = true
    await ring(backups)
    expect(smtp.mails).toEqual([])
    backups.set('03:10')
    await ring(backups)
    await ring(backups)
    expect(smtp.mails.map(({ subject }) => subject.slice(8, 24))).toEqual(['MISSING crm · ly', 'RESOLVED MISSING'])
    expect(smtp.mails[0]?.text).toContain('Meanwhile it is good again.')
  })

  test('gives up only where the recipient is refused for good; a server that breaks off, or wants a password, is tried again', async () => {
    const refusing = await smtpForThisTest({
      onRcptTo: (_address, _session, done) => done(smtpError(550, 'no such user')),
    })
    const backups = await backupsForThisTest(mailTo(refusing.port))
    await backups.job()
    backups.set('03:00')
    await backups.scan()
    await ring(backups)
    expect((await alertsOf(backups))[0].deliveries).toMatchObject([
      { state: 'REFUSED', lastError: expect.stringMatching(/no such user/) },
    ])

    const wary = await smtpForThisTest({
      onMailFrom: (_address, _session, done) => done(smtpError(530, 'authentication required')),
    })
    for (const port of [wary.port, await breakingOff()]) {
      const other = await backupsForThisTest(mailTo(port))
      await other.job()
      other.set('03:00')
      await other.scan()
      await ring(other)
      expect((await alertsOf(other))[0].deliveries[0]).toMatchObject({ state: 'WAITING', attempts: 1 })
    }
  }, 30_000)

  test('waits for a server that is away, and says so', async () => {
    const backups = await backupsForThisTest(mailTo(1))
    await backups.job()
    backups.set('03:00')
    await backups.scan()
    await ring(backups)
    expect((await backups.api.ask('{ alerting { waiting lastError refused mailOff } }')).data.alerting).toMatchObject({
      waiting: 1,
      refused: 0,
      mailOff: null,
      lastError: expect.stringMatching(/ECONNREFUSED|ESOCKET/),
    })
  })

  test.skipIf(!hasOpenssl)(
    'speaks TLS from the first byte on port 465 and after STARTTLS elsewhere, and refuses a server without it',
    async () => {
      const tls = certificate()
      process.env['NODE_TLS_REJECT_UNAUTHORIZED'] = '0'
      onTestFinished(() => void delete process.env['NODE_TLS_REJECT_UNAUTHORIZED'])
      const users = { onAuth: (auth: any, _session: any, done: any) => done(null, { user: auth.username }) }
      for (const [security, options] of [
        ['tls', { ...tls, ...users, secure: true, disabledCommands: [] }],
        ['starttls', { ...tls, ...users, disabledCommands: [] }],
      ] as const) {
        const smtp = await smtpForThisTest(options as never)
        const backups = await backupsForThisTest(
          mailTo(smtp.port, { EMAIL_SECURITY: security, EMAIL_USERNAME: 'u', EMAIL_PASSWORD: 'p' }),
        )
        await backups.job()
        backups.set('03:00')
        await backups.scan()
        await ring(backups)
        expect(smtp.mails).toMatchObject([{ secure: true, user: 'u' }])
      }
      const plain = await smtpForThisTest()
      const strict = await backupsForThisTest(mailTo(plain.port, { EMAIL_SECURITY: 'starttls' }))
      await strict.job()
      strict.set('03:00')
      await strict.scan()
      await ring(strict)
      expect(plain.mails).toEqual([])
      expect((await alertsOf(strict))[0].deliveries[0]).toMatchObject({ state: 'WAITING' })
    },
  )

  test('is off without settings or with half of them: alerts are shown, and the page says why nobody is told', async () => {
    const backups = await backupsForThisTest({ EMAIL_HOST: 'mail.example', VIGIE_LOG_LEVEL: 'silent' })
    await backups.job()
    backups.set('03:00')
    await backups.scan()
    await ring(backups)
    expect(await alertsOf(backups)).toMatchObject([{ state: 'OPEN', status: 'MISSING', deliveries: [] }])
    const { data } = await backups.api.ask('{ alerting { mailOff unaddressed } }')
    expect(data.alerting).toEqual({ mailOff: 'EMAIL_HOST is set, but EMAIL_SENDER is not', unaddressed: 1 })
  })

  test('posts what only tries the webhook, signed, and says what its server answered', async () => {
    const { posts, host } = await receiverOfPosts(204, 410)
    const backups = await backupsForThisTest({ WEBHOOK_URL: `http://${host}/s3cret-path`, WEBHOOK_SECRET: 's3cret' })
    const test = () => backups.api.ask('mutation { sendTestWebhook { recipient state lastError } }')
    expect((await test()).data.sendTestWebhook).toEqual({ recipient: host, state: 'SENT', lastError: null })
    expect((await test()).data.sendTestWebhook).toEqual({ recipient: host, state: 'REFUSED', lastError: 'HTTP 410' })
    expect(JSON.parse(posts[0]?.body ?? '')).toMatchObject({ kind: 'TEST', alerts: [] })
    expect(posts[0]?.headers['x-vigie-signature']).toMatch(/^sha256=[0-9a-f]{64}$/)
    const without = await backupsForThisTest()
    const { errors } = await without.api.ask('mutation { sendTestWebhook { state } }')
    expect(errors?.[0]?.message).toBe('WEBHOOK_URL: is not set. Set it and start Vigie again.')
  })

  test('posts each alert to the webhook, signed, with one key for each repeat; one that hangs keeps no mail back', async () => {
    const { posts, host } = await receiverOfPosts(503, 204)
    const backups = await backupsForThisTest({
      WEBHOOK_URL: `http://${host}/hook`,
      WEBHOOK_SECRET: 's3cret',
      VIGIE_LOG_LEVEL: 'silent',
    })
    await backups.job()
    backups.set('03:00')
    await backups.scan()
    await ring(backups)
    backups.set('03:05')
    await ring(backups)
    expect(posts).toHaveLength(2)
    for (const { headers, body } of posts) {
      const signed = createHmac('sha256', 's3cret').update(`${headers['x-vigie-timestamp']}.${body}`).digest('hex')
      expect(headers['x-vigie-signature']).toBe(`sha256=${signed}`)
      expect(JSON.parse(body)).toMatchObject({
        kind: 'ALERT',
        alerts: [{ alert: { status: 'MISSING', reasons: [{ code: 'NOTHING_CAME' }] }, job: { databaseName: 'crm' } }],
      })
    }
    expect(posts[0]?.headers['idempotency-key']).toBe(posts[1]?.headers['idempotency-key'])

    for (const databaseName of ['b1', 'b2', 'b3']) await backups.job({ databaseName })
    backups.set('03:00', '2026-01-16')
    await backups.scan()
    await ring(backups)
    const nights = posts
      .map(({ body }) => JSON.parse(body))
      .filter(({ alerts }) => alerts.some(({ job }: any) => job.databaseName === 'b1'))
    expect(nights.map(({ alerts }) => alerts.map(({ job }: any) => job.databaseName).sort())).toEqual([
      ['b1', 'b2', 'b3'],
    ])

    const hole = createTcpServer(() => undefined)
    await new Promise<void>((done) => hole.listen(0, '127.0.0.1', done))
    onTestFinished(() => void hole.close())
    const smtp = await smtpForThisTest()
    const both = await backupsForThisTest(
      mailTo(smtp.port, { WEBHOOK_URL: `http://127.0.0.1:${(hole.address() as AddressInfo).port}/` }),
    )
    await both.job()
    both.set('03:00')
    await both.scan()
    void both.api.app.delivery.run()
    await expect.poll(() => smtp.mails.length).toBe(1)
  }, 30_000)

  test('is tried with a test mail, which touches no alert', async () => {
    const smtp = await smtpForThisTest()
    const backups = await backupsForThisTest(mailTo(smtp.port))
    const send = (recipient: string) =>
      backups.api.ask('mutation ($to: String!) { sendTestMail(recipient: $to) { state lastError } }', { to: recipient })
    expect((await send('me@example.org')).data.sendTestMail).toEqual({ state: 'SENT', lastError: null })
    expect((await send('me@example.org\r\nBcc: all@example.org')).errors?.[0]?.extensions).toMatchObject({
      code: 'BAD_USER_INPUT',
      field: 'recipient',
    })
    expect(smtp.mails).toMatchObject([{ subject: '[Vigie] Test mail' }])
    expect(await alertsOf(backups)).toEqual([])
  })
})
