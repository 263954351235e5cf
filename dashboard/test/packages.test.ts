import type { Browser } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { report, section } from '../../api/test/builders.ts'
import { startApi, type TestApi } from '../../api/test/start-api.ts'
import { CHROMIUM, inspect, launch, type Look, LOOKS, openPage, type Session, signIn } from './browser.ts'

let api: TestApi
let browser: Browser
let session: Session | undefined
let atlas: string

const START = new Date(Date.now() - 60 * 60_000)
const NASTY = `lib${'very-long-name-'.repeat(12)}<b>x</b>`
const installed = (name: string, version: string, more: Record<string, unknown> = {}) => ({
  name,
  architecture: 'amd64',
  version,
  source: null,
  held: false,
  installedAt: START.toISOString(),
  ...more,
})
const APT = {
  changes: [
    {
      name: 'libssl3',
      architecture: 'amd64',
      change: 'UPGRADE',
      kept: null,
      installed: '3.0.15-1~deb12u1',
      candidate: '3.0.17-1~deb12u1',
      security: true,
      origins: [],
    },
  ],
  problem: null,
  planHash: 'a'.repeat(64),
  downloadBytes: 1_400_000,
  refreshedAt: START.toISOString(),
  sources: [],
  busy: null,
  interrupted: false,
  broken: [],
}
const told = (at: Date, packages: unknown[], more: Record<string, unknown> = {}) =>
  report(api, {
    collectedAt: at,
    ...more,
    sections: [section('packages', { packages, busy: null }), section('apt', APT)],
  })
const SSL = { source: 'openssl' }
const ATLAS = [
  installed('libssl3', '3.0.15-1~deb12u1', SSL),
  installed('openssl', '3.0.15-1~deb12u1', { held: true }),
  installed(NASTY, '1:2.3+really1.9-4', { source: 'openssl-nasty', architecture: 'all' }),
]

beforeAll(async () => {
  if (!CHROMIUM) return
  api = await startApi({ SCANNER_INTERVAL_MINUTES: '1440', VIGIE_LOG_LEVEL: 'silent' })
  api.clock.now = START
  atlas = (await told(START, ATLAS)).machine.id
  const other = { machineKey: 'another-machine-key', hostname: 'borg' }
  await told(START, [installed('libssl3', '3.0.17-1~deb12u1', SSL), installed('bash', '5.2')], other)
  browser = await launch()
  session = await signIn(browser, api)
}, 60_000)
afterAll(async () => {
  await browser?.close()
  await api?.stop()
})

describe.skipIf(!CHROMIUM)('The packages', () => {
  const open = (path: string, look?: Look) => openPage({ browser, api, session }, path, look)

  test(
    'are found by their source on every machine, with what would come, in every look',
    { timeout: 90_000 },
    async () => {
      for (const look of LOOKS) {
        const { page, faults } = await open('/packages?search=openssl', look)
        await page.getByRole('row', { name: /libssl3.*3\.0\.17.*borg/s }).waitFor()
        const waiting = page.getByRole('row', { name: /libssl3.*3\.0\.15-1~deb12u1.*atlas.*→ 3\.0\.17/s })
        await waiting.waitFor()
        expect(await waiting.textContent()).toContain(look.locale === 'fr' ? 'sécurité' : 'security')
        await inspect(page, faults, 'packages', look)
        expect(faults).toEqual([])
        await page.context().close()
      }
    },
  )

  test('are asked for before any is told; what no machine has is said', async () => {
    const { page, faults } = await open('/packages')
    await page.getByText('Which machines have it?').waitFor()
    await page.getByRole('searchbox').fill('bash')
    await page.getByRole('row', { name: /bash.*borg/s }).waitFor()
    expect(new URL(page.url()).search).toBe('?search=bash')
    await page.getByRole('searchbox').fill('xz-utils')
    await page.getByText('No machine is known to have it.').waitFor()
    expect(faults).toEqual([])
    await page.context().close()
  })

  test('of one machine are a click away from it, and a change is seen there', { timeout: 60_000 }, async () => {
    const { page, faults } = await open(`/machines/${atlas}`)
    await page.getByRole('link', { name: '3 packages are installed' }).click()
    await page.getByText('On atlas alone.').waitFor()
    await page.getByRole('row', { name: /openssl.*held/is }).waitFor()
    await inspect(page, faults, 'packages-of-machine', LOOKS[0] as Look)
    await told(new Date(START.getTime() + 15 * 60_000), [...ATLAS, installed('curl', '8.5')])
    await page.getByRole('row', { name: /curl/ }).waitFor()
    await page.goBack()
    await page.getByText('Packages of atlas that changed: 1').waitFor()
    await page.getByText('+ curl 8.5').waitFor()
    expect(faults).toEqual([])
    await page.context().close()
  })
})
