import type { Browser } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { machineWithData, report } from '../../api/test/builders.ts'
import { backupsOn } from '../../api/test/deposit.ts'
import { smtpForThisTest } from '../../api/test/smtp.ts'
import { startApi, type TestApi } from '../../api/test/start-api.ts'
import { CHROMIUM, inspect, launch, type Look, LOOKS, openPage, type Session, signIn } from './browser.ts'

let api: TestApi
let browser: Browser
let session: Session | undefined

const HOUR = 3_600_000
/** The hour before the last whole one: the next of its kind is due tomorrow. */
const DUE = new Date((Math.floor(Date.now() / HOUR) - 2) * HOUR)

beforeAll(async () => {
  if (!CHROMIUM) return
  api = await startApi({ SCANNER_INTERVAL_MINUTES: '1440', VIGIE_LOG_LEVEL: 'silent' })
  api.clock.now = new Date(DUE.getTime() - HOUR)
  browser = await launch()
  session = await signIn(browser, api)
}, 60_000)
afterAll(async () => {
  await browser?.close()
  await api?.stop()
})

describe.skipIf(!CHROMIUM)('First steps', () => {
  const open = (path: string, look?: Look) => openPage({ browser, api, session }, path, look)
  const atlas = () => report(api, machineWithData('atlas', [{ serial: 'ONE' }], { at: api.clock.now.toISOString() }))

  test(
    'lead on the overview from nothing to a first step, and are read in every look',
    { timeout: 60_000 },
    async () => {
      for (const look of LOOKS) {
        const overview = await open('/', look)
        await overview.page
          .locator('main')
          .getByRole('link', { name: look.locale === 'fr' ? 'Premiers pas' : 'First steps' })
          .waitFor()
        await inspect(overview.page, overview.faults, 'overview-at-first', look)
        await overview.page.context().close()
        const { page, faults } = await open('/first-steps', look)
        await inspect(page, faults, 'first-steps', look)
        await page.context().close()
      }
    },
  )

  test('tick by themselves as Vigie sees them done, and leave the overview with the first proven backup', async () => {
    const { page, faults } = await open('/first-steps')
    const isNow = (title: string) => page.locator('[aria-current=step]', { hasText: title }).waitFor()
    await page.getByText('First steps done: 0 of 5.').waitFor()
    await isNow('A machine on watch')

    await atlas()
    await page.getByText('First steps done: 1 of 5.').waitFor()
    await isNow('It reports by itself')
    await page.getByText('has reported 1 disk.').waitFor()

    api.clock.now = new Date(api.clock.now.getTime() + 61_000)
    await atlas()
    await isNow('Expect a first backup')
    await page.getByText('Of /home of atlas no backup is declared.').waitFor()

    const backups = backupsOn(api)
    await backups.job({
      databaseName: 'docs',
      expectedHourUtc: DUE.getUTCHours(),
      protects: [{ hostname: 'atlas', path: '/home' }],
    })
    await isNow('Let its first file arrive')
    const overview = await open('/')
    await overview.page.getByText('First steps done: 3 of 5. Next:').waitFor()

    api.clock.now = new Date(DUE.getTime() + 300_000)
    backups.send({ database: 'docs', startedAt: DUE.toISOString() })
    await backups.scan()
    await isNow('Hear from Vigie when it matters')
    await page.getByText('EMAIL_HOST=smtp.example.org').waitFor()
    await overview.page.getByRole('complementary', { name: 'First steps' }).waitFor({ state: 'detached' })
    expect([...faults, ...overview.faults]).toEqual([])
    await overview.page.context().close()
    await page.context().close()
  })

  test('end with a mail that a server took: the test ticks the step, without a reload', async () => {
    const smtp = await smtpForThisTest()
    const withMail = await startApi({
      EMAIL_HOST: '127.0.0.1',
      EMAIL_PORT: String(smtp.port),
      EMAIL_SECURITY: 'off',
      EMAIL_SENDER: 'vigie@example.org',
      VIGIE_LOG_LEVEL: 'silent',
    })
    const own = await signIn(browser, withMail)
    const { page, faults } = await openPage({ browser, api: withMail, session: own }, '/first-steps')
    await page.getByText('First steps done: 0 of 5.').waitFor()
    await page.getByRole('textbox').fill('owner@example.org')
    await page.getByRole('button', { name: 'Send a test' }).click()
    await page.getByText('First steps done: 1 of 5.').waitFor()
    await page.getByText(/A message was taken/).waitFor()
    expect(smtp.mails.map(({ to }) => to)).toEqual(['owner@example.org'])
    expect(faults).toEqual([])
    await page.context().close()
    await withMail.stop()
  })

  test('are done without where somebody hides them, and stay behind a link of the settings', async () => {
    const empty = await startApi({ VIGIE_LOG_LEVEL: 'silent' })
    await report(empty, { hostname: 'atlas' })
    const own = await signIn(browser, empty)
    const { page } = await openPage({ browser, api: empty, session: own }, '/')
    await page.getByRole('button', { name: 'Hide' }).click()
    await page.getByRole('complementary', { name: 'First steps' }).waitFor({ state: 'detached' })
    await page.reload()
    await page.getByRole('heading', { level: 1 }).waitFor()
    await page.waitForLoadState('networkidle')
    expect(await page.getByRole('complementary', { name: 'First steps' }).count()).toBe(0)
    await page.goto(`${empty.url}/settings`)
    await page.getByRole('link', { name: 'First steps' }).click()
    await page.getByText('First steps done: 1 of 5.').waitFor()
    await page.context().close()
    await empty.stop()
  })
})

describe.skipIf(!CHROMIUM)('Every page', () => {
  test('can be installed: its manifest and each icon are there, of the kind and size that they say', async () => {
    const page = await fetch(`${api.url}/`, { headers: { accept: 'text/html' } })
    const manifestPath = /rel="manifest" href="([^"]+)"/.exec(await page.text())?.[1]
    const response = await fetch(`${api.url}${manifestPath}`)
    expect(response.headers.get('content-type')).toMatch(/manifest\+json/)
    const manifest = (await response.json()) as { icons: { src: string; sizes: string; type: string }[] }
    expect(manifest).toMatchObject({ start_url: '/', display: 'standalone' })
    for (const { src, sizes, type } of manifest.icons) {
      const icon = await fetch(`${api.url}${src}`)
      expect([icon.status, icon.headers.get('content-type')]).toEqual([200, type])
      if (type !== 'image/png') continue
      // Width and height stand in the header of a PNG (W3C PNG §11.2.2).
      const header = Buffer.from(await icon.arrayBuffer())
      expect(`${header.readUInt32BE(16)}x${header.readUInt32BE(20)}`).toBe(sizes)
    }
  })

  test('is printed on white, without what is pressed, also where the screen is dark', async () => {
    const { page } = await openPage({ browser, api, session }, '/', { theme: 'dark' })
    await page.getByRole('heading', { level: 1 }).waitFor()
    await page.waitForLoadState('networkidle')
    await page.emulateMedia({ media: 'print', colorScheme: 'dark' })
    expect(await page.evaluate(() => getComputedStyle(document.body).backgroundColor)).toBe('rgb(255, 255, 255)')
    expect(await page.getByRole('navigation').filter({ visible: true }).count()).toBe(0)
    expect(await page.locator('.button, .button-quiet').filter({ visible: true }).count()).toBe(0)
    await page.context().close()
  })
})
