import { readFileSync } from 'node:fs'
import { parse } from 'csv-parse/sync'
import type { Browser, Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { report } from '../../api/test/builders.ts'
import { tables } from '../../api/src/database/tables.ts'
import { backupsOn } from '../../api/test/deposit.ts'
import { startApi, type TestApi } from '../../api/test/start-api.ts'
import { CHROMIUM, inspect, launch, type Look, LOOKS, openPage, type Session, signIn } from './browser.ts'

const LONG = 'sauvegarde-secondaire-du-batiment-principal-de-l-entrepot-de-marseille-etage-03.interne'

// Machines that report, are silent and are long-named, with up to 36 disks; jobs of two companies, one paused.
describe.skipIf(!CHROMIUM)('The lists of machines and backups', () => {
  let browser: Browser
  let api: TestApi
  let session: Session
  const open = (path: string, look: Look = {}) => openPage({ browser, api, session }, path, look)
  const names = async (page: Page): Promise<string[]> =>
    (await page.locator('tbody .rows-on-a-phone a.font-semibold').allTextContents()).map((text) => text.trim())

  beforeAll(async () => {
    api = await startApi()
    for (const [index, hostname] of ['atlas', 'vega', 'rigel', 'mira', LONG].entries())
      await report(api, {
        machineKey: `key-of-a-listed-machine-${index}`,
        hostname,
        collectedAt: new Date(Date.now() - (index + 1) * 60_000),
        disks: Array.from({ length: hostname === LONG ? 36 : index }, (_, disk) => ({
          serial: `SER-${index}-${disk}`,
          temperature: 30,
          raw: disk === 35 ? { 197: 8 } : {},
        })),
      })
    await tables(api.orm.em.fork())
      .updateTable('Machine')
      .set({ silentAt: new Date(0) })
      .where('hostname', '=', 'mira')
      .execute()
    const { job } = backupsOn(api)
    for (const [databaseName, companyName] of [
      ['crm', 'ACME'],
      ['erp', 'ACME'],
      ['shop', 'Boulangerie Martin & Fils'],
      [LONG.slice(0, 60), null],
    ] as const)
      await job({ databaseName, companyName, city: companyName && 'Lyon' })
    browser = await launch()
    session = await signIn(browser, api)
  }, 120_000)
  afterAll(async () => {
    await browser?.close()
    await api?.stop()
  })

  describe.each(['machines', 'backups'])('/%s', (name) => {
    test.each(LOOKS)('can be read and used in %j', async (look) => {
      const { page, faults } = await open(`/${name}`, look)
      await page.locator('tbody').getByRole('checkbox').first().check()
      await inspect(page, faults, `list-of-${name}`, look)
      await page.context().close()
    })
  })

  test('Machines are tagged together, found by their tag, and keep it in the address', async () => {
    const { page, faults } = await open('/machines')
    for (const name of ['atlas', 'vega']) await page.getByRole('checkbox', { name: `Choose ${name}` }).check()
    await page.getByRole('button', { name: 'Tags…' }).click()
    const dialog = page.getByRole('dialog')
    await dialog.getByLabel('New tags, separated by commas').fill('x'.repeat(41))
    await dialog.getByText('A tag is at most 40 characters long.').waitFor()
    expect(await dialog.getByRole('button', { name: 'Save' }).isDisabled()).toBe(true)
    await dialog.getByLabel('New tags, separated by commas').fill('site de Lyon, prod')
    await dialog.getByRole('button', { name: 'Save' }).click()
    await page.getByText('Tags of 2 machines changed').first().waitFor()
    await page.getByRole('row', { name: /atlas/ }).getByRole('link', { name: 'site de Lyon' }).click()
    await page.waitForURL(/tag=site/)
    await expect.poll(() => names(page)).toEqual(['atlas', 'vega'])
    await page.getByRole('button', { name: 'Remove: carry the tag “site de Lyon”' }).waitFor()
    await page.getByRole('button', { name: 'Clear', exact: true }).click()
    await expect.poll(() => names(page).then(({ length }) => length)).toBe(5)
    await page.getByRole('button', { name: 'Filter…' }).click()
    await page.getByRole('menuitem', { name: 'carry the tag “prod”' }).click()
    await expect.poll(() => names(page)).toEqual(['atlas', 'vega'])
    expect(faults).toEqual([])
    await page.context().close()
  })

  test('A tag that some of the chosen carry is given to all of them, or taken from all', async () => {
    const { page } = await open('/machines')
    for (const name of ['vega', 'rigel']) await page.getByRole('checkbox', { name: `Choose ${name}` }).check()
    await page.getByRole('button', { name: 'Tags…' }).click()
    const prod = page.getByRole('dialog').getByRole('checkbox', { name: /^prod/ })
    await prod.waitFor()
    expect(await prod.evaluate((box: HTMLInputElement) => box.indeterminate)).toBe(true)
    await prod.check()
    await page.getByRole('button', { name: 'Save' }).click()
    await page.getByText('Tags of 2 machines changed').first().waitFor()
    await page.getByRole('row', { name: /rigel/ }).getByRole('link', { name: 'prod' }).waitFor()
    await page.context().close()
  })

  test('Tags that are refused stay as they were written, and the dialog says why', async () => {
    const { page } = await open('/machines')
    await page.getByRole('checkbox', { name: 'Choose atlas' }).check()
    await page.getByRole('button', { name: 'Tags…' }).click()
    const dialog = page.getByRole('dialog')
    const written = dialog.getByLabel('New tags, separated by commas')
    await written.fill('kept')
    await page.route('**/graphql', (route) => route.abort())
    await dialog.getByRole('button', { name: 'Save' }).click()
    await dialog.getByRole('alert').waitFor()
    expect(await written.inputValue()).toBe('kept')
    await page.unroute('**/graphql')
    await dialog.getByRole('button', { name: 'Save' }).click()
    await page.getByText('Tags of 1 machine changed').first().waitFor()
    await dialog.waitFor({ state: 'detached' })
    await page.context().close()
  })

  test('Machines are sorted by their heads, both ways', async () => {
    const { page } = await open('/machines')
    await page.getByRole('button', { name: 'Disks', exact: true }).click()
    await page.waitForURL(/sort=disks/)
    await expect.poll(() => names(page).then(([first]) => first)).toBe(LONG)
    await page.getByRole('button', { name: 'Disks', exact: true }).click()
    await page.waitForURL(/sort=-disks/)
    await expect.poll(() => names(page).then(([first]) => first)).toBe('atlas')
    await page.context().close()
  })

  test('A silent machine is a view of its own, and one that is retired leaves the list for another', async () => {
    const { page } = await open('/machines')
    const views = page.getByRole('navigation', { name: 'Views' })
    await views.getByRole('link', { name: 'Silent 1' }).click()
    await expect.poll(() => names(page)).toEqual(['mira'])
    await page.getByRole('checkbox', { name: 'Choose mira' }).check()
    await page.getByRole('button', { name: 'Retire…' }).click()
    await page.getByText('mira leaves the lists with its disks', { exact: false }).waitFor()
    await page
      .getByRole('dialog')
      .getByRole('button', { name: /Retire/ })
      .click()
    await page.getByText('1 machine is retired.').first().waitFor()
    await views.getByRole('link', { name: 'Retired 1' }).click()
    await expect.poll(() => names(page)).toEqual(['mira'])
    await page.context().close()
  })

  test('Backups are paused and expected again together', async () => {
    const { page, faults } = await open('/backups')
    for (const name of ['crm', 'erp']) await page.getByRole('checkbox', { name: `Choose lyon-01/${name}` }).check()
    await page.getByRole('button', { name: 'Pause…' }).click()
    await page
      .getByText('Nothing is expected of lyon-01/crm, lyon-01/erp until they are resumed', { exact: false })
      .waitFor()
    await page.getByRole('dialog').getByRole('button', { name: /Pause/ }).click()
    await page.getByText('2 backups are paused.').first().waitFor()
    await page.getByRole('navigation', { name: 'Views' }).getByRole('link', { name: 'Paused 2' }).click()
    await expect.poll(() => names(page)).toEqual(['crm', 'erp'])
    await page.getByRole('checkbox', { name: 'Choose all that are shown' }).check()
    await page.getByRole('button', { name: 'Resume' }).click()
    await page.getByText('2 backups are expected again.').first().waitFor()
    await expect.poll(() => names(page)).toEqual([])
    expect(faults).toEqual([])
    await page.context().close()
  })

  test.each([
    ['machines', '?sort=-name', 'hostname', LONG],
    ['backups', '?sort=-company', 'database', 'shop'],
  ])('The list of %s is taken away as CSV, as it is asked for', async (name, asked, column, first) => {
    const { page } = await open(`/${name}${asked}`)
    await page.locator('tbody .rows-on-a-phone').first().waitFor()
    const waiting = page.waitForEvent('download')
    await page.getByRole('link', { name: 'CSV', exact: true }).click()
    const download = await waiting
    expect(download.suggestedFilename()).toMatch(new RegExp(`^vigie-${name}-`))
    const lines = parse(readFileSync(await download.path()), { bom: true, columns: true }) as Record<string, string>[]
    expect(lines.map((line) => line[column]).includes(first)).toBe(true)
    expect(lines.map((line) => line[column])).toEqual(await names(page))
    await page.context().close()
  })
})
