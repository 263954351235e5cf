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
const digest = (letter: string): string => `sha256:${letter.repeat(64)}`
const container = (name: string, more: Record<string, unknown> = {}) => ({
  id: '0123456789ab',
  name,
  image: 'nginx:1.27',
  imageId: digest('a'),
  state: 'running',
  health: null,
  exitCode: null,
  oomKilled: false,
  restarts: 0,
  restartPolicy: 'unless-stopped',
  startedAt: new Date(Date.now() - 5 * 86_400_000).toISOString(),
  finishedAt: null,
  project: null,
  service: null,
  ...more,
})
const NASTY = `shop-${'very-long-name-'.repeat(12)}<b>x</b>`
const told = (containers: unknown[], at: Date) =>
  report(api, {
    collectedAt: at,
    sections: [
      section('docker', {
        engine: { name: 'docker', version: '27.3.1' },
        containers,
        images: [
          { id: digest('a'), tags: ['nginx:1.27'], digests: [`nginx@${digest('d')}`], sizeBytes: 192_000_000 },
          { id: digest('f'), tags: [], digests: [], sizeBytes: 1_200_000_000 },
        ],
        remote: [
          { reference: 'nginx:1.27', digest: digest('e'), problem: null },
          {
            reference: 'ghcr.io/immich-app/immich-server:release',
            digest: null,
            problem: 'toomanyrequests: You have reached your pull rate limit',
          },
        ],
      }),
    ],
  })
const CONTAINERS = [
  container('nextcloud-app-1', { project: 'nextcloud', service: 'app', image: 'nextcloud:30-apache' }),
  container('nextcloud-db-1', { project: 'nextcloud', service: 'db', health: 'healthy' }),
  container('immich-server', {
    project: 'immich',
    service: 'server',
    image: 'ghcr.io/immich-app/immich-server:release',
    state: 'restarting',
    exitCode: 1,
    restarts: 48,
  }),
  container(NASTY, { state: 'exited', exitCode: 137, oomKilled: true, finishedAt: START.toISOString() }),
  container('watchtower', { state: 'exited', exitCode: 0, finishedAt: START.toISOString() }),
]

beforeAll(async () => {
  if (!CHROMIUM) return
  api = await startApi({ SCANNER_INTERVAL_MINUTES: '1440', VIGIE_LOG_LEVEL: 'silent' })
  api.clock.now = START
  atlas = (await told(CONTAINERS, START)).machine.id
  browser = await launch()
  session = await signIn(browser, api)
}, 60_000)
afterAll(async () => {
  await browser?.close()
  await api?.stop()
})

describe.skipIf(!CHROMIUM)('The containers of a machine', () => {
  const open = (path: string, look?: Look) => openPage({ browser, api, session }, path, look)

  test('stand on its page stack by stack, what needs somebody first, in every look', { timeout: 90_000 }, async () => {
    for (const look of LOOKS) {
      const french = look.locale === 'fr'
      const { page, faults } = await open(`/machines/${atlas}`, look)
      await page.getByText(french ? 'En marche : 2 sur 5. 2 demandent' : 'Running: 2 of 5. 2 need somebody.').waitFor()
      await page.getByRole('row', { name: /immich-server/ }).waitFor()
      await inspect(page, faults, 'machine-containers', look)
      await page.context().close()
    }
  })

  test('are named as text, with why they ended, and follow what their machine tells', async () => {
    const { page, faults } = await open(`/machines/${atlas}`)
    const section = page.getByRole('region', { name: 'Containers' })
    const rows = section.locator('tbody tr')
    await section.getByText('<b>x</b>').waitFor()
    expect(await rows.nth(0).textContent()).toContain('In no stack')
    expect(await section.getByRole('row', { name: /<b>x/ }).textContent()).toContain('out of memory')
    expect(await section.getByRole('row', { name: /server/ }).textContent()).toContain('started anew 48 times')
    await section.getByText('1 image is used by no container, at most').waitFor()
    api.clock.now = new Date()
    await told([CONTAINERS[1]], new Date())
    await section.getByText('Running: 1 of 1.').waitFor()
    expect(await section.getByText('immich').count()).toBe(0)
    expect(faults).toEqual([])
    await page.context().close()
  })
})
