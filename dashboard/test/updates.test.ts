import type { Browser } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { report, section } from '../../api/test/builders.ts'
import { startApi, type TestApi } from '../../api/test/start-api.ts'
import { noticeOverdue } from '../../api/src/state/notice-overdue.ts'
import { CHROMIUM, inspect, launch, type Look, LOOKS, openPage, type Session, signIn } from './browser.ts'

let api: TestApi
let browser: Browser
let session: Session | undefined
let atlas: string

const MINUTE = 60_000
const DAY = 24 * 60 * MINUTE
const START = new Date(Date.now() - 20 * DAY)
const after = (ms: number): Date => new Date(START.getTime() + ms)

const change = (name: string, more: Record<string, unknown> = {}) => ({
  name,
  architecture: 'amd64',
  change: 'UPGRADE',
  kept: null,
  installed: '1.0-1+deb12u1',
  candidate: '1.1-1+deb12u2',
  security: false,
  origins: [{ origin: 'Debian', label: 'Debian', archive: 'oldstable', codename: 'bookworm', site: null }],
  ...more,
})
const apt = (changes: unknown[] | null, more: Record<string, unknown> = {}) =>
  section('apt', {
    changes,
    problem: null,
    planHash: null,
    downloadBytes: 198_000_000,
    refreshedAt: new Date(Date.now() - 60 * MINUTE).toISOString(),
    sources: [
      {
        origin: 'Debian',
        label: 'Debian-Security',
        archive: 'oldstable-security',
        codename: 'bookworm-security',
        madeAt: new Date(Date.now() - 120 * MINUTE).toISOString(),
        validUntil: null,
        storedAt: null,
      },
    ],
    busy: null,
    interrupted: false,
    broken: [],
    ...more,
  })
const reboot = (reasons: unknown[], kernelChecked = true) =>
  section('reboot', { reasons, kernelChecked, runningKernel: '6.1.0-28-amd64', bootedAt: START.toISOString() })
const machine = (hostname: string, serial: string, at: Date, sections: unknown[]) =>
  report(api, {
    machineKey: `key-of-the-machine-${hostname}`,
    hostname,
    collectedAt: at,
    disks: [{ serial }],
    sections,
  })

/** Twelve hours, with a gap of two. */
const metrics = (now: Date) =>
  section('metrics', {
    samples: Array.from({ length: 720 }, (_, minute) => ({
      at: new Date(now.getTime() - (720 - minute) * MINUTE).toISOString(),
      load1: 1 + Math.sin(minute / 60),
      load5: 1,
      cpuPercent: 50 + 40 * Math.sin(minute / 60),
      memoryBytes: 16 * 1024 ** 3,
      availableBytes: 10 * 1024 ** 3,
      swapBytes: 0,
      swapUsedBytes: 0,
    })).filter((_, minute) => minute < 300 || minute > 420),
  })
const hardware = section('hardware', {
  cpuModel: 'AMD EPYC 7302P 16-Core Processor',
  sockets: 1,
  cores: 16,
  threads: 32,
  memoryBytes: 16 * 1024 ** 3,
  system: 'Supermicro Super Server',
  board: null,
  firmware: null,
  bootMode: 'UEFI',
  networkCards: [{ name: 'eno1', address: null, driver: 'igb', speedMbit: 1000 }],
  gpus: [],
})

const NASTY = `lib${'very-long-name-'.repeat(14)}<b>x</b>`

beforeAll(async () => {
  if (!CHROMIUM) return
  api = await startApi({ SCANNER_INTERVAL_MINUTES: '1440', VIGIE_LOG_LEVEL: 'silent' })
  api.clock.now = START
  const many = Array.from({ length: 20 }, (_, index) => change(`package-${String(index).padStart(2, '0')}`))
  const waiting = [
    apt([
      ...many,
      change('openssl', { security: true }),
      change('linux-image', { change: 'KEEP', kept: 'HELD', security: true }),
      change(NASTY, { change: 'REMOVE', candidate: null, origins: [] }),
      change('outside', { security: null, change: 'KEEP', kept: 'PHASED' }),
    ]),
    reboot([{ code: 'KERNEL_NEWER', detail: '6.1.0-31-amd64', since: START.toISOString() }]),
  ]
  atlas = (await machine('atlas', 'ONE', START, waiting)).machine.id
  await machine('atlas', 'ONE', after(20 * DAY), [...waiting, hardware, metrics(after(20 * DAY))])
  await machine('vega', 'TWO', after(20 * DAY), [apt([]), reboot([])])
  await machine('rigel', 'THREE', after(20 * DAY), [
    apt([], { refreshedAt: new Date(Date.now() - 40 * DAY).toISOString() }),
    reboot([], false),
  ])
  await machine('spica', 'FOUR', after(20 * DAY), [
    apt([], { broken: [{ name: 'postgresql-15', state: 'half-configured' }] }),
  ])
  await machine('deneb', 'FIVE', after(20 * DAY), [])
  await noticeOverdue(api.orm.em, api.app.transact, () => api.clock.now)
  await api.app.opener.run()
  browser = await launch()
  session = await signIn(browser, api)
}, 60_000)
afterAll(async () => {
  await browser?.close()
  await api?.stop()
})

describe.skipIf(!CHROMIUM)('Updates and restarts', () => {
  const open = (path: string, look?: Look) => openPage({ browser, api, session }, path, look)

  test(
    'stand on the page of a machine in sentences and package by package, in every look',
    { timeout: 90_000 },
    async () => {
      for (const look of LOOKS) {
        const { page, faults } = await open(`/machines/${atlas}`, look)
        const french = look.locale === 'fr'
        await page
          .getByText(
            french
              ? '2 mises à jour de sécurité attendent, la plus ancienne depuis'
              : '2 security updates wait, the oldest for',
          )
          .waitFor()
        await page
          .getByText(french ? 'Un autre noyau attend : 6.1.0-31-amd64' : 'Another kernel waits: 6.1.0-31-amd64')
          .waitFor()
        await page.getByRole('row', { name: /openssl/ }).waitFor()
        await inspect(page, faults, 'machine-updates', look)
        await page.context().close()
      }
    },
  )

  test('name all packages to who asks for them, security first, and never as markup', async () => {
    const { page, faults } = await open(`/machines/${atlas}`)
    const names = page.locator('tbody .mono.\\[overflow-wrap\\:anywhere\\]')
    await page.getByRole('row', { name: /openssl/ }).waitFor()
    const section = page.getByRole('region', { name: 'Updates and restart' })
    expect(await section.locator('tbody tr').count()).toBe(10)
    await section.getByRole('button', { name: 'Show all 24 packages' }).click()
    expect(await section.locator('tbody tr').count()).toBe(24)
    const first = await section
      .locator('tbody tr')
      .evaluateAll((rows) => rows.slice(0, 3).map((row) => row.textContent ?? ''))
    expect(first[0]).toContain('linux-image')
    expect(first[1]).toContain('openssl')
    expect(first[2]).toContain('<b>x</b>')
    expect(await names.count()).toBeGreaterThan(0)
    await section.getByRole('button', { name: 'Show fewer' }).click()
    expect(await section.locator('tbody tr').count()).toBe(10)
    expect(faults).toEqual([])
    await page.context().close()
  })

  test('are a column and views of the list, where nothing known is no good news', { timeout: 90_000 }, async () => {
    for (const look of LOOKS) {
      const { page, faults } = await open('/machines', look)
      await page.getByRole('row', { name: /deneb/ }).waitFor()
      await inspect(page, faults, 'machines-updates', look)
      await page.context().close()
    }
    const { page, faults } = await open('/machines')
    const marks = async (name: string) => (await page.getByRole('row', { name: new RegExp(name) }).textContent()) ?? ''
    await page.getByRole('row', { name: /deneb/ }).waitFor()
    expect(await marks('atlas')).toMatch(/2 for security\s*Restart due/)
    expect(await marks('vega')).toContain('Up to date')
    expect(await marks('rigel')).toContain('Lists too old')
    expect(await marks('spica')).toContain('Half installed')
    expect(await marks('deneb')).toContain('Not known')
    await page.getByRole('link', { name: /Security updates/ }).click()
    await page.getByRole('row', { name: /vega/ }).waitFor({ state: 'detached' })
    expect(await page.getByRole('row', { name: /atlas/ }).count()).toBe(1)
    await page.getByRole('link', { name: /Restart due/ }).click()
    await page.getByRole('row', { name: /atlas/ }).waitFor()
    expect(faults).toEqual([])
    await page.context().close()
  })

  test('stand beside what the machine is made of, and how busy it was: as curves, and as tables', async () => {
    const { page, faults } = await open(`/machines/${atlas}`)
    await page.getByText('AMD EPYC 7302P 16-Core Processor, 16 cores, 32 threads').waitFor()
    await page.getByText('eno1 at 1,000 Mbit/s').waitFor()
    const busy = page.getByRole('region', { name: 'How busy it is' })
    await busy.getByRole('img', { name: /Processors over time\. Now \d+ %/ }).waitFor()
    await busy.getByRole('img', { name: /Memory in use over time\. Now 6 GiB, 6 GiB on average/ }).waitFor()
    // No swap is used: that is no curve.
    expect(await busy.getByText('Swap in use').count()).toBe(0)
    await busy.getByRole('button', { name: '1 week' }).click()
    await busy.getByRole('button', { name: 'As a table' }).first().click()
    await busy.getByRole('region', { name: 'Processors over time' }).getByRole('row').nth(1).waitFor()
    await busy.getByRole('button', { name: '1 hour' }).click()
    await busy.getByRole('img', { name: /Load over time/ }).waitFor()
    expect(faults).toEqual([])
    await page.context().close()
  })

  test('need somebody where they wait for long, and change on the page as the machine reports', async () => {
    const { page, faults } = await open('/needs-you')
    await page.getByText('2 security updates wait on atlas').waitFor()
    await page.getByText('atlas should be restarted').waitFor()
    await page.goto(`${api.url}/machines/${atlas}`)
    await page.getByText('2 security updates wait, the oldest for').waitFor()
    await machine('atlas', 'ONE', after(20 * DAY + 15 * MINUTE), [apt([]), reboot([])])
    await page.getByText('No update waits.').waitFor()
    await page.getByText('No restart is due.').waitFor()
    expect(faults).toEqual([])
    await page.context().close()
  })
})
