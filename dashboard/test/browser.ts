import { existsSync, mkdirSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { AxeBuilder } from '@axe-core/playwright'
import { type Browser, type BrowserContext, chromium, type Page } from 'playwright-core'
import { expect } from 'vitest'
import type { TestApi } from '../../api/test/start-api.ts'

// The built dashboard on the real API, in a real browser.
export const CHROMIUM = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'].find(existsSync)
if (!CHROMIUM) console.error('\n!!! NO BROWSER: the dashboard is NOT tested. Install one: apt install chromium !!!\n')
const SHOTS = resolve(import.meta.dirname, '../../.cache/screenshots')
const FLAGS = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
]

export type Session = Awaited<ReturnType<BrowserContext['storageState']>>

export interface Look {
  theme?: 'light' | 'dark'
  width?: number
  locale?: string
}

/** Every page is looked at like this. */
export const LOOKS: Look[] = [
  { theme: 'light', width: 1440 },
  { theme: 'dark', width: 1440 },
  { theme: 'light', width: 390, locale: 'fr' },
  { theme: 'dark', width: 390 },
]

export function launch(): Promise<Browser> {
  mkdirSync(SHOTS, { recursive: true })
  return chromium.launch({ executablePath: CHROMIUM as string, args: FLAGS })
}

/** Signs in by a link, as its owner does. */
export async function signIn(browser: Browser, api: TestApi): Promise<Session> {
  const page = await browser.newPage()
  await page.goto(`${api.url}/sign-in#${await api.app.services().access.createLink()}`)
  await page.getByRole('button', { name: 'Sign in' }).click()
  await page.waitForSelector('main h1')
  const session = await page.context().storageState()
  await page.close()
  return session
}

/** A page with what it must never do: log an error, break its policy, or ask another host. */
export async function openPage(
  { browser, api, session }: { browser: Browser; api: TestApi; session: Session | undefined },
  path: string,
  { theme = 'light', width = 1440, locale = 'en' }: Look = {},
  /** What is set up before the page asks anything. */
  before: (page: Page) => Promise<unknown> = async () => undefined,
): Promise<{ page: Page; faults: string[] }> {
  const context = await browser.newContext({
    viewport: { width, height: width < 600 ? 844 : 900 },
    colorScheme: theme,
    locale,
    ...(session ? { storageState: session } : {}),
  })
  const page = await context.newPage()
  page.setDefaultTimeout(10_000)
  const faults: string[] = []
  page.on('pageerror', (error) => faults.push(error.message))
  page.on(
    'console',
    (message) => message.type() === 'error' && !/401|WebSocket/.test(message.text()) && faults.push(message.text()),
  )
  page.on(
    'request',
    (request) =>
      !request.url().startsWith(api.url) && !request.url().startsWith('data:') && faults.push(`asked ${request.url()}`),
  )
  await before(page)
  await page.goto(`${api.url}${path}`)
  return { page, faults }
}

export const settled = (page: Page): Promise<unknown> => page.waitForSelector('main h1')

/** What holds for every page in every look; its picture is kept in .cache/screenshots. */
export async function inspect(page: Page, faults: string[], name: string, look: Look): Promise<void> {
  await settled(page)
  await page.waitForLoadState('networkidle')
  const { violations } = await new AxeBuilder({ page })
    .withTags(['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa'])
    .analyze()
  expect(violations.map(({ id, nodes }) => `${name}: ${id} ${nodes[0]?.html}`)).toEqual([])
  expect(
    await page.evaluate(() => document.documentElement.scrollWidth - innerWidth),
    `${name} scrolls sideways`,
  ).toBeLessThanOrEqual(0)
  expect(faults, name).toEqual([])
  await page.screenshot({ path: join(SHOTS, `${name}-${look.theme}-${look.width}.png`), fullPage: true })
}
