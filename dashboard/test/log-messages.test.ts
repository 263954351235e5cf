import type { Browser } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { recordMessages } from '../../api/src/log-messages/message-recorder.ts'
import { type SpokenAgent, spokenAgent } from '../../api/test/spoken-agent.ts'
import { startApi, type TestApi } from '../../api/test/start-api.ts'
import { CHROMIUM, inspect, launch, type Look, LOOKS, openPage, type Session, signIn } from './browser.ts'

let api: TestApi
let agent: SpokenAgent
let browser: Browser
let session: Session | undefined
let execution: string

const NASTY = `W: <b>x</b> ${'a-very-long-name-'.repeat(30)}`
const LOG = [
  'Hit:1 http://deb.debian.org/debian bookworm InRelease',
  'W: http://x: Key is stored in legacy trusted.gpg keyring (/etc/apt/trusted.gpg), see the DEPRECATION section',
  'E: Failed to fetch http://security.debian.org/x.deb  404  Not Found [IP: 1.2.3.4 80]',
  'The following packages have been kept back:',
  '  linux-image-amd64 zfs-dkms',
  NASTY,
  '',
].join('\n')

async function ask(query: string, variables: Record<string, unknown> = {}): Promise<any> {
  const { data, errors } = await api.ask(query, variables)
  if (errors) throw new Error(errors.map(({ message }) => message).join('; '))
  return Object.values(data as object)[0]
}
async function done(log: string): Promise<string> {
  api.clock.now = new Date(api.clock.now.getTime() + 1000)
  const { id } = await ask(
    'mutation ($machine: ID!) { planExecution(machine: $machine, action: APT_REFRESH) { id } }',
    { machine: agent.machine },
  )
  await agent.order()
  await agent.propose(id, [])
  const { effect } = await ask('query ($id: ID!) { execution(id: $id) { effect } }', { id })
  await ask('mutation ($id: ID!, $effect: String) { approveExecution(id: $id, effect: $effect) { id } }', {
    id,
    effect,
  })
  await agent.claim(await agent.order())
  await agent.append(id, 0, log)
  await agent.finish(id, {}, log)
  await recordMessages(api.orm.em, {
    transact: api.app.transact,
    logs: api.app.services().executionLogs,
    clock: () => api.clock.now,
    log: { error: () => undefined },
    isStopping: () => false,
  })
  await api.app.opener.run()
  return id
}

beforeAll(async () => {
  if (!CHROMIUM) return
  api = await startApi({ SCANNER_INTERVAL_MINUTES: '1440', VIGIE_LOG_LEVEL: 'silent' })
  api.clock.now = new Date()
  agent = await spokenAgent(api, { collectedAt: new Date() })
  execution = await done(LOG)
  browser = await launch()
  session = await signIn(browser, api)
}, 60_000)
afterAll(async () => {
  await browser?.close()
  await api?.stop()
})

describe.skipIf(!CHROMIUM)('What programs said', () => {
  const open = (path: string, look?: Look) => openPage({ browser, api, session }, path, look)

  test('stands on the page of the action and in an inbox, in every look', { timeout: 90_000 }, async () => {
    for (const look of LOOKS) {
      const french = look.locale === 'fr'
      const { page, faults } = await open('/messages', look)
      await page.getByText(french ? 'Ne marchera plus à l’avenir' : 'Will not work in future').waitFor()
      await inspect(page, faults, 'log-messages', look)
      await page.goto(new URL(`/actions/${execution}`, page.url()).href)
      await page
        .getByRole('heading', { name: french ? 'Ce que les programmes ont dit' : 'What programs said' })
        .waitFor()
      await inspect(page, faults, 'action-messages', look)
      await page.context().close()
    }
  })

  test('is read from “Needs you” on, and taken note of; what comes again is there by itself', async () => {
    const { page, faults } = await open('/needs-you')
    await page.getByText('What programs said on atlas waits to be read').waitFor()
    await page.getByRole('link', { name: 'Read them' }).click()
    const items = page.locator('main li')
    await page.getByRole('heading', { name: 'What programs said', level: 1 }).waitFor()
    await page.getByText('Failed to fetch').waitFor()
    expect(await items.count()).toBe(4)
    // As text, and never as markup.
    await page.getByText('<b>x</b>').waitFor()
    await page.getByRole('button', { name: /^Take note: W: <b>x/ }).click()
    await page.getByText('<b>x</b>').waitFor({ state: 'detached' })
    await page.getByRole('button', { name: 'Take note of all 3' }).click()
    await page.getByText('Nothing waits to be read.').waitFor()
    await page.getByLabel('Show').selectOption('all')
    await page.getByText('noted by').first().waitFor()
    await page.getByLabel('Show').selectOption('')
    await page.getByText('Nothing waits to be read.').waitFor()
    await done('E: Failed to fetch http://security.debian.org/x.deb  404  Not Found [IP: 1.2.3.4 80]\n')
    await page.getByText('Failed to fetch').waitFor()
    expect(await items.count()).toBe(1)
    expect(faults).toEqual([])
    await page.context().close()
  })
})
