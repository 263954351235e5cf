import { readFileSync } from 'node:fs'
import { parse } from 'csv-parse/sync'
import type { Browser, Locator, Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { report } from '../../api/test/builders.ts'
import { startApi, type TestApi } from '../../api/test/start-api.ts'
import { CHROMIUM, inspect, launch, type Look, LOOKS, openPage, type Session, signIn } from './browser.ts'

const LONG = 'sauvegarde-secondaire-du-batiment-principal-de-l-entrepot-de-marseille-etage-03.interne'

// 130 disks: more than one part of the list; among them those that fail, are long-named, missing and never read.
describe.skipIf(!CHROMIUM)('The list of disks', () => {
  let browser: Browser
  let api: TestApi
  let session: Session
  const open = (path = '/disks', look: Look = {}) => openPage({ browser, api, session }, path, look)
  const at = (minute: number) => new Date(Date.now() - 3_600_000 + minute * 60_000)

  beforeAll(async () => {
    api = await startApi()
    await report(api, {
      machineKey: 'key-of-nas-in-the-list',
      hostname: 'nas',
      collectedAt: at(0),
      disks: [{ serial: 'LOST' }],
    })
    await report(api, {
      machineKey: 'key-of-nas-in-the-list',
      hostname: 'nas',
      collectedAt: at(1),
      disks: [
        {
          serial: 'ZL2AVQ21JL9',
          model: 'ST16000NM001G-2KK103',
          temperature: 38,
          hours: 29_800,
          raw: { 197: 1640, 5: 40 },
        },
        { serial: 'S5SVNG0NR381B4U', model: 'Samsung SSD 980 PRO 1TB', temperature: 66, hours: 9000, rotation: 0 },
      ],
      lsblk: [
        {
          device: 'sda',
          serial: 'ZL2AVQ21JL9',
          fstype: 'ext4',
          uuid: 'a',
          mountpoints: ['/srv/vm'],
          fssize: 4e12,
          fsused: 3e12,
        },
        {
          device: 'sdb',
          serial: 'S5SVNG0NR381B4U',
          fstype: 'ext4',
          uuid: 'b',
          mountpoints: [`/srv/${LONG}/${LONG}`],
          fssize: 4e12,
          fsused: 2e12,
        },
        { device: 'sdc', serial: 'NEVERREAD' },
      ],
    })
    for (let machine = 0; machine < 7; machine += 1)
      await report(api, {
        machineKey: `key-of-machine-${machine}-in-the-list`,
        hostname: machine ? `archive-${machine}` : LONG,
        collectedAt: at(2),
        disks: Array.from({ length: 18 }, (_, disk) => ({
          serial: `WD-${machine}-${String(disk).padStart(3, '0')}`,
          model: 'WDC WD40EFRX-68N32N0',
          temperature: 25 + disk,
          hours: 1000 * (machine + 1) + disk,
        })),
      })
    browser = await launch()
    session = await signIn(browser, api)
  }, 120_000)
  afterAll(async () => {
    await browser?.close()
    await api?.stop()
  })

  const rows = (page: Page): Locator => page.locator('tbody tr')
  const firstSerial = (page: Page): Promise<string | null> => rows(page).first().getByRole('link').first().textContent()

  test.each(LOOKS)('can be read and used in %j', async (look) => {
    const { page, faults } = await open('/disks', look)
    await rows(page).first().waitFor()
    await rows(page).getByRole('checkbox').first().check()
    await inspect(page, faults, 'disk-list', look)
    await page.context().close()
  })

  test('is walked in parts, and the way back of the browser leads to the part before', async () => {
    const { page } = await open()
    await page.getByText('1 to 100 of 130').waitFor()
    await page.getByRole('link', { name: 'Next' }).click()
    await page.getByText('101 to 130 of 130').waitFor()
    expect(await rows(page).count()).toBe(30)
    await page.reload()
    await page.getByText('101 to 130 of 130').waitFor()
    await page.goBack()
    await page.getByText('1 to 100 of 130').waitFor()
    await page.context().close()
  })

  test('keeps what is typed in a later part, which leads to another list', async () => {
    const { page } = await open()
    await page.getByRole('link', { name: 'Next' }).click()
    await page.getByText('101 to 130 of 130').waitFor()
    await page.getByRole('searchbox').click()
    await page.keyboard.type('archive-3', { delay: 30 })
    await page.waitForFunction(() => document.querySelectorAll('tbody tr').length === 18)
    expect(await page.getByRole('searchbox').inputValue()).toBe('archive-3')
    await page.context().close()
  })

  test('that is asked for by a cursor of another leads back to its start', async () => {
    const { page } = await open('/disks?sort=temperature&after=bm9ib2R5&from=100')
    await page.getByText(/is no cursor of this list/).waitFor()
    await page.getByRole('link', { name: 'From the start' }).click()
    await page.getByText('1 to 100 of 130').waitFor()
    await page.context().close()
  })

  test('is like the log: another question begins at its start', async () => {
    const { page } = await open('/events')
    await page.getByText('1 to 100', { exact: true }).waitFor()
    await page.getByRole('link', { name: 'Next' }).click()
    await page.getByText(/^101 to \d+$/).waitFor()
    await page.getByLabel('Kind').selectOption({ label: 'Machine added' })
    await page.getByText(LONG).first().waitFor()
    expect(new URL(page.url()).searchParams.get('after')).toBeNull()
    await page.context().close()
  })

  test('is sorted by the head of a column, both ways, and says which; the address keeps it', async () => {
    const { page } = await open()
    await rows(page).first().waitFor()
    expect(await firstSerial(page)).toBe('ZL2AVQ21JL9')
    const head = page.getByRole('columnheader', { name: 'Temp.' })
    expect(await head.getAttribute('aria-sort')).toBe('none')
    await head.getByRole('button').click()
    await page.locator('th[aria-sort=descending]', { hasText: 'Temp.' }).waitFor()
    await page.waitForFunction(() => document.querySelector('tbody a')?.textContent === 'S5SVNG0NR381B4U')
    await head.getByRole('button').click()
    await page.waitForFunction(() => document.querySelector('tbody a')?.textContent?.endsWith('-000'))
    expect(await head.getAttribute('aria-sort')).toBe('ascending')
    expect(new URL(page.url()).searchParams.get('sort')).toBe('-temperature')
    await page.reload()
    await page.locator('th[aria-sort=ascending]', { hasText: 'Temp.' }).waitFor()
    await page.context().close()
  })

  test('is asked for in words, by views with their counts and by conditions', async () => {
    const { page } = await open()
    await page.getByRole('link', { name: 'Need a look 1' }).click()
    await page.getByRole('button', { name: 'Remove: are at risk' }).waitFor()
    await page.waitForFunction(() => document.querySelectorAll('tbody tr').length === 1)
    await page.getByRole('button', { name: 'Clear' }).click()
    await page.getByRole('button', { name: 'Filter…' }).click()
    await page.getByRole('menuitem', { name: 'are SSDs' }).click()
    await page.waitForFunction(() => document.querySelectorAll('tbody tr').length === 1)
    expect(await firstSerial(page)).toBe('S5SVNG0NR381B4U')
    await page.getByRole('button', { name: 'and…' }).click()
    await page.getByRole('menuitem', { name: 'have moved' }).click()
    await page.getByText('No disk matches.').waitFor()
    expect(new URL(page.url()).searchParams.get('that')).toBe('moved type.SSD')
    await page.getByRole('link', { name: 'Missing 1' }).click()
    await page.getByRole('link', { name: 'LOST' }).waitFor()
    await page.context().close()
  })

  test('shows what lies on each disk and how its copy stands', async () => {
    const { page } = await open()
    const row = rows(page).filter({ hasText: 'ZL2AVQ21JL9' })
    await row.getByText('/srv/vm').last().waitFor()
    await row.getByText('no proven copy').last().waitFor()
    await page.context().close()
  })

  test('hides a column until it is wanted again, on this device', async () => {
    const { page } = await open()
    const model = page.getByRole('columnheader', { name: 'Model' })
    await rows(page).first().waitFor()
    expect(await model.count()).toBe(0)
    await page.getByRole('button', { name: 'Columns 8 of 10' }).click()
    await page.getByRole('checkbox', { name: 'Model' }).check()
    await model.waitFor()
    expect(await page.getByRole('checkbox', { name: 'Health' }).isDisabled()).toBe(true)
    await page.keyboard.press('Escape')
    await page.reload()
    await model.waitFor()
    await page.getByRole('button', { name: 'Columns 9 of 10' }).click()
    await page.getByRole('button', { name: 'As it was at first' }).click()
    await model.waitFor({ state: 'detached' })
    await page.context().close()
  })

  test('is had as CSV, all of it and as it is asked for', async () => {
    const { page } = await open('/disks?that=health.OK&sort=-age')
    await rows(page).first().waitFor()
    const waiting = page.waitForEvent('download')
    await page.getByRole('link', { name: 'CSV' }).click()
    const download = await waiting
    expect(download.suggestedFilename()).toMatch(/^vigie-disks-\d{4}-\d\d-\d\d\.csv$/)
    const text = readFileSync(await download.path(), 'utf8')
    const records: Record<string, string>[] = parse(text, { columns: true, bom: true })
    expect(records).toHaveLength(127)
    expect(records[0]).toMatchObject({ serial: 'WD-0-000', health: 'OK', machine: LONG })
    await page.context().close()
  })

  test('notes one thing of several at once, shows and finds it, and forgets it only when that is said', async () => {
    const { page, faults } = await open('/disks?search=archive-4&sort=disk')
    const choose = async (): Promise<void> => {
      for (const serial of ['WD-4-000', 'WD-4-001'])
        await page.getByRole('checkbox', { name: `Choose ${serial}`, exact: true }).check()
      await page.getByRole('button', { name: 'Note…' }).click()
    }
    await choose()
    const dialog = page.getByRole('dialog')
    await dialog.getByRole('heading', { name: 'A note for 2 disks' }).waitFor()
    expect(await dialog.getByRole('button', { name: 'Save' }).isDisabled()).toBe(true)
    await dialog.getByRole('textbox').fill('Order 4127')
    await dialog.getByRole('button', { name: 'Save' }).click()
    await page.getByText('2 disks noted', { exact: true }).waitFor()
    await page.getByRole('searchbox').fill('order 4127')
    await page.getByRole('row').filter({ hasText: 'Order 4127' }).nth(1).waitFor()
    expect(await page.getByRole('row').filter({ hasText: 'Order 4127' }).count()).toBe(2)

    await choose()
    await dialog.getByText('It replaces the notes of 2 disks.').waitFor()
    expect(await dialog.getByRole('textbox').inputValue()).toBe('Order 4127')
    await dialog.getByRole('button', { name: 'Remove 2 notes' }).click()
    await page.getByText('Notes of 2 disks removed', { exact: true }).waitFor()
    expect(faults).toEqual([])
    await page.context().close()
  })

  test('retires several at once, after a question that names them', async () => {
    const { page } = await open('/disks?search=archive-6&sort=disk')
    await page.getByRole('checkbox', { name: 'Choose WD-6-000' }).check()
    await page.getByRole('checkbox', { name: 'Choose WD-6-002' }).click({ modifiers: ['Shift'] })
    await page.getByText('3 chosen').waitFor()
    await page.getByRole('button', { name: 'Retire…' }).click()
    await page.getByText('WD-6-000, WD-6-001, WD-6-002 are counted').waitFor()
    await page.getByRole('dialog').getByRole('button', { name: 'Retire…' }).click()
    await page.getByText('3 disks are retired.', { exact: true }).waitFor()
    await page.getByRole('link', { name: 'WD-6-001' }).waitFor({ state: 'detached' })
    expect(await page.getByText('chosen').filter({ visible: true }).count()).toBe(0)
    await page.context().close()
  })

  test('says so where the server does not answer, and keeps what is chosen', async () => {
    const { page } = await open('/disks?search=archive-5&sort=disk')
    await page.getByRole('checkbox', { name: 'Choose WD-5-000' }).check()
    await page.route('**/graphql', (route) => route.abort())
    await page.getByRole('button', { name: 'Retire…' }).click()
    await page.getByRole('dialog').getByRole('button', { name: 'Retire…' }).click()
    await page.getByText(/That was not done/).waitFor()
    await page.getByText('1 chosen').waitFor()
    await page.context().close()
  })
})
