import type { Browser } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { AlertBell } from '../../api/src/alerts/alert-bell.ts'
import { Scope } from '../../api/src/graphql/scope.ts'
import { machineWithData, report } from '../../api/test/builders.ts'
import { type Backups, backupsOn, dump, gz, NIGHT } from '../../api/test/deposit.ts'
import { startApi, type TestApi, until } from '../../api/test/start-api.ts'
import { CHROMIUM, inspect, launch, type Look, LOOKS, openPage, type Session, signIn } from './browser.ts'

let api: TestApi
let backups: Backups
let browser: Browser
let session: Session | undefined
let bell: AlertBell

const LONG = 'backup-secondary-storage-node-07.datacenter-lyon.internal.example-compagnie.fr'
const HOUR = 3_600_000
/** What the first page may need, in bytes on the wire; 120 KiB is where it should come to. */
const MOST_AT_FIRST = 153 * 1024
const loaded = new Map<string, number>()

/** The picture of the last hours; the strips of jobs are walked like it, and are drawings. */
const HORIZON = 'div[role=slider]'

/** Nights are at this hour: its grace is over, and the next is due tomorrow. */
const DUE = new Date((Math.floor(Date.now() / HOUR) - 3) * HOUR)

/** What a dump of this night says of itself. */
const tonight = (rows: number): Buffer => gz(dump(rows).replaceAll(NIGHT, DUE.toISOString().slice(0, 10)))

describe.skipIf(!CHROMIUM)('The overview', () => {
  const open = (path = '/', look?: Look) => openPage({ browser, api, session }, path, look)
  const machine = (
    hostname: string,
    mountpoint: string,
    disks: Parameters<typeof machineWithData>[1],
    at = api.clock.now,
  ) => report(api, machineWithData(hostname, disks, { mountpoints: [mountpoint], at: at.toISOString() }))
  const bays = (hostname: string, count: number, worst = {}) =>
    Array.from({ length: count }, (_, index) => ({
      device: `sd${String.fromCharCode(97 + Math.floor(index / 26))}${String.fromCharCode(97 + (index % 26))}`,
      serial: `${hostname.slice(0, 6).toUpperCase()}${String(index).padStart(3, '0')}`,
      ...(index === 3 ? worst : {}),
    }))

  beforeAll(async () => {
    api = await startApi({
      VIGIE_VAULT_MACHINE: 'vault-1',
      SCANNER_INTERVAL_MINUTES: '1440',
      VIGIE_LOG_LEVEL: 'silent',
    })
    bell = new AlertBell(api.app.opener, () => undefined, 50)
    backups = backupsOn(api)
    browser = await launch()
    session = await signIn(browser, api)
  })
  afterAll(async () => {
    bell?.stop()
    await browser?.close()
    await api?.stop()
  })

  test('says that all is safe only once it is: a machine, a backup that is proven, and its data', async () => {
    const { page, faults } = await open()
    api.clock.now = new Date(DUE.getTime() - HOUR)
    await page.getByRole('heading', { level: 1, name: 'No machine is on watch yet.' }).waitFor()
    await machine('nas-maison', '/home', [{ serial: 'ZL2NAS01' }])
    await page.getByRole('heading', { level: 1, name: 'No backup is expected yet.' }).waitFor()
    expect(await page.getByText('all proven').count()).toBe(0)
    await backups.job({
      agentId: 'maison',
      databaseName: 'photos',
      expectedHourUtc: DUE.getUTCHours(),
      protects: [{ hostname: 'nas-maison', path: '/home' }],
    })
    await machine('vault-1', '/boot', [{ serial: 'VAULT001' }])
    await page.getByRole('heading', { level: 1, name: 'Whether a copy of 1 place can be used is not known.' }).waitFor()
    await page.getByText('1 not judged yet').first().waitFor()
    api.clock.now = new Date(DUE.getTime() + 5 * 60_000)
    backups.send({ agent: 'maison', database: 'photos', startedAt: DUE.toISOString(), content: tonight(500) })
    await backups.scan()
    api.clock.now = new Date()
    await machine('nas-maison', '/home', [{ serial: 'ZL2NAS01' }])
    await machine('vault-1', '/boot', [{ serial: 'VAULT001' }])
    await page.getByRole('heading', { level: 1, name: 'Your data is safe.' }).waitFor()
    await page.getByText('1 backup is proven and 2 disks are healthy.').waitFor()
    expect(await page.title()).toBe('Overview · Vigie')
    expect(faults).toEqual([])
    await page.context().close()
  })

  test.each(LOOKS)(
    'is quiet when all is well, accessible and fits its window: %j',
    { timeout: 60_000 },
    async (look) => {
      const { page, faults } = await open('/', look)
      await page.locator(HORIZON).waitFor()
      await inspect(page, faults, 'overview-good', look)
      await page.context().close()
    },
  )

  test('needs little to begin: its scripts and styles on the wire, packed, in one language alone', async () => {
    const { page, faults } = await openPage({ browser, api, session }, '/', {}, async (early) => {
      early.on('response', async (response) => {
        if (!/\.(js|css)$/.test(new URL(response.url()).pathname)) return
        const { responseBodySize } = await response.request().sizes()
        loaded.set(new URL(response.url()).pathname, responseBodySize)
      })
    })
    await page.locator(HORIZON).waitFor()
    await page.waitForLoadState('networkidle')
    const names = [...loaded.keys()]
    expect(names.some((name) => /\/en-/.test(name))).toBe(true)
    expect(
      names.some((name) => /\/fr-|Page-/.test(name) && !/OverviewPage/.test(name)),
      names.join(' '),
    ).toBe(false)
    const total = [...loaded.values()].reduce((sum, size) => sum + size, 0)
    expect(total, JSON.stringify([...loaded])).toBeLessThanOrEqual(MOST_AT_FIRST)
    expect(faults).toEqual([])
    await page.context().close()
  })

  describe('on a bad morning', () => {
    beforeAll(async () => {
      api.clock.now = new Date(DUE.getTime() - 40 * HOUR)
      await machine('electre', '/srv', bays('electre', 3))
      await machine(LONG, '/data', bays(LONG, 36))
      api.clock.now = new Date(DUE.getTime() - HOUR)
      const jobs: [string, string, object][] = [
        [
          'nantes-01',
          'tms',
          {
            companyName: 'Compagnie internationale de logistique et de transport',
            city: 'Nantes',
            runbook: 'Call the night watch: +33 4 00 00 00 00.',
          },
        ],
        [
          'nantes-01',
          'entrepot',
          { companyName: 'Compagnie internationale de logistique et de transport', city: 'Nantes' },
        ],
        ['nantes-01', 'facturation', {}],
        ['brest-01', 'actes', {}],
        ['dijon-01', 'compta', {}],
        ['lyon-02', 'wiki', {}],
        ['lyon-02', 'agenda', {}],
        ['lyon-02', 'cahier', {}],
      ]
      for (const [agentId, databaseName, more] of jobs)
        await backups.job({ agentId, databaseName, expectedHourUtc: DUE.getUTCHours(), ...more })
      await backups.job({
        agentId: 'lyon-02',
        databaseName: 'hourly',
        frequency: 'HOURLY',
        expectedHourUtc: undefined,
        graceMinutes: 30,
      })
      api.clock.now = new Date(DUE.getTime() + 10 * 60_000)
      const startedAt = DUE.toISOString()
      const content = tonight(300)
      backups.send({
        agent: 'brest-01',
        database: 'actes',
        startedAt,
        put: null,
        backup: { status: false, error_message: 'mysqldump: Got error: 2002: Can’t connect' },
      })
      backups.send({
        agent: 'dijon-01',
        database: 'compta',
        startedAt,
        content,
        put: content.subarray(0, 60),
        compress: { size: 60 },
      })
      for (const [index, database] of ['wiki', 'agenda', 'cahier'].entries())
        backups.send({ agent: 'lyon-02', database, startedAt, content: tonight(10 ** (index + 1)) })
      await backups.scan()
      backups.send({ agent: 'lyon-01', database: 'intranet', startedAt })
      api.clock.now = new Date(DUE.getTime() + 2 * HOUR)
      await backups.scan()
      api.clock.now = new Date()
      await machine('nas-maison', '/home', [{ serial: 'ZL2NAS01', passed: false }])
      await machine('vault-1', '/boot', [{ serial: 'VAULT001' }])
      await machine('pve-lyon-02', '/srv/vm', bays('pvelyo', 8, { passed: false }))
      await machine('archive-brest', '/srv/archive', bays('arcbre', 24, { raw: { 5: 24, 197: 1640, 198: 1640 } }))
      await machine('deneb', '/', [{ serial: 'DENEB001' }])
      await api.app.opener.run()
    }, 60_000)

    test.each(LOOKS)('is accessible (WCAG 2.2 AA) and fits its window: %j', { timeout: 120_000 }, async (look) => {
      for (const [name, path] of [
        ['overview-bad', '/'],
        ['needs-you', '/needs-you'],
        ['settings', '/settings'],
      ] as const) {
        const { page, faults } = await open(path, look)
        if (path === '/') await page.locator(HORIZON).waitFor()
        await inspect(page, faults, name, look)
        await page.context().close()
      }
    })

    test('names what would be lost first, and leads from it to the disk, and to a backup to expect', async () => {
      const { page, faults } = await open()
      await page.getByRole('heading', { level: 1, name: /^Data in \d places is in danger\./ }).waitFor()
      const first = page.locator('[data-cause]').first()
      await first.getByText('no backup is declared, all of it would be lost').waitFor()
      expect(await first.getByRole('heading').textContent()).toMatch(/is failing|is at risk/)
      expect(await page.getByText('3 backups of nantes-01 are missing').count()).toBeGreaterThan(0)
      await page
        .getByRole('link', { name: /^Needs you/ })
        .first()
        .waitFor()
      expect(await page.title()).toMatch(/^\(\d+\) Overview · Vigie$/)
      await first.getByRole('link', { name: 'Expect a backup' }).click()
      await page.getByLabel('Paths on it that the backup holds').waitFor()
      expect(faults).toEqual([])
      await page.context().close()
    })

    test('is acknowledged, taken back and muted, where somebody sees it; what was said can be undone', async () => {
      const { page, faults } = await open('/needs-you')
      const missing = page.locator('[data-cause]').filter({ hasText: '3 backups of nantes-01 are missing' })
      await missing.getByRole('button', { name: 'Acknowledge' }).click()
      await page
        .getByText(/^You know: 3 backups of nantes-01/)
        .first()
        .waitFor()
      await missing.waitFor({ state: 'detached' })
      await page.getByRole('button', { name: 'Undo' }).first().click()
      await missing.getByRole('button', { name: 'Acknowledge' }).waitFor()
      await missing.getByRole('button', { name: 'Mute…' }).click()
      await missing.getByRole('button', { name: 'For 7 days' }).click()
      await missing.waitFor({ state: 'detached' })
      await page.getByRole('link', { name: /^Muted/ }).click()
      await missing.getByText(/^Muted until/).waitFor()
      await missing.getByRole('button', { name: 'End the silence' }).click()
      await missing.waitFor({ state: 'detached' })
      await page.getByRole('link', { name: /^Open/ }).first().click()
      await missing.waitFor()
      expect(faults).toEqual([])
      await page.context().close()
    })

    test('is worked through by keyboard: j moves, a acknowledges', async () => {
      const { page } = await open('/needs-you')
      await page.locator('[data-cause]').first().waitFor()
      const { data } = await api.ask('{ causes(filter: { state: [OPEN] }) { totalCount nodes { id sentence } } }')
      const second = data.causes.nodes[1]
      await page.locator('[data-cause] a').first().focus()
      await page.keyboard.press('j')
      expect(await page.evaluate(() => document.activeElement?.textContent)).toBe(second.sentence)
      await page.keyboard.press('a')
      const known = async () => (await api.ask('{ causesByState { state count } }')).data.causesByState[1].count
      await until(async () => (await known()) === 1, 'it to be acknowledged')
      await page.goto(`${api.url}/events`)
      await page.getByText('An alert was acknowledged: ARCBRE003').first().waitFor()
      await api.ask('mutation ($id: ID!) { acknowledgeCause(id: $id, known: false) { id } }', { id: second.id })
      await page.context().close()
    })

    test('says why a button did nothing while the server is gone, and keeps what it showed', async () => {
      const { page } = await open('/needs-you')
      const cause = page.locator('[data-cause]').first()
      await cause.waitFor()
      await page.route('**/graphql', (route) => route.abort())
      await cause.getByRole('button', { name: 'Acknowledge' }).click()
      await page
        .getByRole('alert')
        .getByText(/That was not done/)
        .waitFor()
      expect(await cause.isVisible()).toBe(true)
      await page.route('**/api/sign-out', (route) => route.abort())
      await page.getByRole('button', { name: 'Sign out' }).click()
      await page.getByText('That was not done: the server did not answer, you are still signed in').waitFor()
      expect(new URL(page.url()).pathname).toBe('/needs-you')
      await page.context().close()
    })

    test('finds a disk by the end of its serial, a machine, a backup and a page from anywhere, by keyboard', async () => {
      const { page, faults } = await open('/settings')
      await page.getByRole('heading', { level: 1, name: 'Settings' }).waitFor()
      for (const [word, name, path] of [
        ['bre003', /^ARCBRE003/, /\/disks\//],
        ['electre', /^electre/, /\/machines\//],
        ['compta', /^compta/, /\/backups\//],
        ['needs', /^Needs you/, /\/needs-you/],
      ] as const) {
        await page.keyboard.press('Control+k')
        await page.getByRole('dialog').getByRole('textbox').fill(word)
        await page.getByRole('option').first().filter({ hasText: name }).waitFor()
        await page.keyboard.press('ArrowDown')
        await page.keyboard.press('Enter')
        await page.waitForURL(path)
      }
      await page.keyboard.press('g')
      await page.keyboard.press('k')
      await page.waitForURL(/\/disks$/)
      await page.keyboard.press('/')
      expect(await page.evaluate(() => document.activeElement?.id)).toBe('search')
      await page.keyboard.press('Escape')
      await page.locator('#main').focus()
      await page.keyboard.press('?')
      await page.getByRole('dialog').getByText('Find anything').waitFor()
      await page.keyboard.press('Escape')
      await page.getByRole('dialog').waitFor({ state: 'detached' })
      expect(faults).toEqual([])
      await page.context().close()
    })

    test.each(LOOKS)('its sheets are accessible in every look: %j', async (look) => {
      const { page, faults } = await open('/', look)
      await page.locator(HORIZON).waitFor()
      await page.keyboard.press('Control+k')
      await page.getByRole('dialog').getByRole('textbox').fill('a')
      await page.getByRole('option').first().waitFor()
      await inspect(page, faults, 'find', look)
      await page.keyboard.press('Escape')
      await page.getByRole('dialog').waitFor({ state: 'detached' })
      await page.keyboard.press('?')
      await page.getByRole('dialog').waitFor()
      await inspect(page, faults, 'keys', look)
      await page.context().close()
    })

    test('shows the last hours as a picture that is walked by keyboard, and as a list', async () => {
      const { page, faults } = await open()
      const horizon = page.locator(HORIZON)
      await horizon.focus()
      await page.keyboard.press('End')
      const last = await horizon.getAttribute('aria-valuetext')
      await page.keyboard.press('Home')
      const first = await horizon.getAttribute('aria-valuetext')
      expect([first, last].every(Boolean) && first !== last).toBe(true)
      expect(await horizon.getAttribute('aria-label')).toMatch(/\d missing, 1 failed, 1 damaged in transfer/)
      await page.getByRole('button', { name: 'Read as a list' }).click()
      await page.getByRole('cell', { name: 'nantes-01 / tms' }).waitFor()
      await page.getByRole('cell', { name: 'electre' }).waitFor()
      await page.getByRole('button', { name: 'Show the picture' }).click()
      await page.locator(HORIZON).press('Home')
      await page.keyboard.press('Enter')
      await page.waitForURL(/backups/)
      expect(faults).toEqual([])
      await page.context().close()
    })

    test('turns by itself when a disk fails and when it is well again', async () => {
      const { page } = await open()
      await page.locator(HORIZON).waitFor()
      const unsubscribe = setInterval(() => bell.ring(), 100)
      await machine('deneb', '/', [{ serial: 'DENEB001', passed: false }], new Date())
      await page.getByText('The disk DENEB001 of deneb is failing').first().waitFor()
      clearInterval(unsubscribe)
      await page.context().close()
    })

    test('chooses theme and language on the page of settings, and remembers them', async () => {
      const { page, faults } = await open('/settings')
      await page.getByLabel('Dark', { exact: true }).check()
      expect(await page.locator('html').getAttribute('data-theme')).toBe('dark')
      await page.getByLabel('Français').check()
      await page.getByRole('heading', { level: 1, name: 'Réglages' }).waitFor()
      await page.reload()
      await page.getByRole('heading', { level: 1, name: 'Réglages' }).waitFor()
      expect(await page.locator('html').getAttribute('data-theme')).toBe('dark')
      await page.getByLabel('Comme le système').check()
      expect(await page.locator('html').getAttribute('data-theme')).toBe('light')
      expect(faults).toEqual([])
      await page.context().close()
    })

    test('ends a token on the page of settings, after asking', async () => {
      const { page, faults } = await open('/settings')
      const token = await api.token([Scope.READ], { name: 'a script of last year' })
      await page.reload()
      const row = page.getByRole('listitem').filter({ hasText: 'a script of last year' })
      await row.getByRole('button', { name: 'Revoke' }).click()
      await page.getByRole('dialog').getByRole('button', { name: 'Revoke' }).click()
      await row.waitFor({ state: 'detached' })
      expect((await api.ask('{ summary { totalDisks } }', {}, token)).errors).toBeDefined()
      expect(faults).toEqual([])
      await page.context().close()
    })
  })
})
