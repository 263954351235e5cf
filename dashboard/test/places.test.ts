import type { Browser } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { machineWithData, report } from '../../api/test/builders.ts'
import { backupsOn } from '../../api/test/deposit.ts'
import { startApi, type TestApi } from '../../api/test/start-api.ts'
import { CHROMIUM, inspect, launch, type Look, LOOKS, openPage, type Session, signIn } from './browser.ts'

let api: TestApi
let browser: Browser
let session: Session | undefined
let failing: string

const LONG = 'backup-secondary-storage-node-07.datacenter-lyon.internal.example-compagnie.fr'
/** The hour before the last whole one: the next of its kind is due tomorrow. */
const DUE = new Date((Math.floor(Date.now() / 3_600_000) - 2) * 3_600_000)

describe.skipIf(!CHROMIUM)('The page of data', () => {
  const open = (path: string, look?: Look) => openPage({ browser, api, session }, path, look)
  const machine = (hostname: string, mountpoint: string, more = {}, options = {}) =>
    report(
      api,
      machineWithData(hostname, [{ serial: `S-${hostname}`.slice(0, 20), ...more }], {
        mountpoints: [mountpoint],
        at: new Date(api.clock.now).toISOString(),
        ...options,
      }),
    )

  beforeAll(async () => {
    api = await startApi({
      VIGIE_VAULT_MACHINE: 'vault-1',
      SCANNER_INTERVAL_MINUTES: '1440',
      VIGIE_LOG_LEVEL: 'silent',
    })
    const backups = backupsOn(api)
    browser = await launch()
    session = await signIn(browser, api)
    api.clock.now = new Date(DUE.getTime() - 3_600_000)
    await machine('nas-maison', '/home')
    await machine('atlas', '/srv')
    for (const [databaseName, hostname, path] of [
      ['photos', 'nas-maison', '/home'],
      ['docs', 'atlas', '/srv'],
    ] as const)
      await backups.job({ databaseName, expectedHourUtc: DUE.getUTCHours(), protects: [{ hostname, path }] })
    api.clock.now = new Date(DUE.getTime() + 300_000)
    for (const database of ['photos', 'docs']) backups.send({ database, startedAt: DUE.toISOString() })
    await backups.scan()
    api.clock.now = new Date()
    await machine('vault-1', '/vault')
    await machine(LONG, '/srv/vm/images/of/the/long/path/that/nobody/would/ever/want/to/read', { passed: false })
    await machine('nas-maison', '/home', { passed: false })
    await machine('atlas', '/srv')
    const { data } = await api.ask('{ disks { nodes { id serial } } }')
    failing = data.disks.nodes.find(({ serial }: { serial: string }) => serial === 'S-nas-maison').id
  }, 60_000)
  afterAll(async () => {
    await browser?.close()
    await api?.stop()
  })

  test.each(LOOKS)('is accessible (WCAG 2.2 AA) and fits its window: %j', { timeout: 60_000 }, async (look) => {
    for (const [name, path] of [
      ['data', '/data'],
      ['disk-with-data', `/disks/${failing}`],
    ] as const) {
      const { page, faults } = await open(path, look)
      await inspect(page, faults, name, look)
      await page.context().close()
    }
  })

  test('says the worst in its headline, and leads from any place to its disk, its job, and a backup to expect', async () => {
    const { page, faults } = await open('/data')
    await page.getByRole('heading', { name: 'Data in 1 place is in danger.' }).waitFor()
    await page.getByRole('link', { name: /^No copy 1$/ }).click()
    await page.getByText('/vault').waitFor()
    expect(new URL(page.url()).search).toBe('?show=none')
    expect(await page.getByText('/home').count()).toBe(0)
    await page.getByRole('link', { name: /^Safe elsewhere/ }).click()
    await page.getByText('A disk under it is failing or missing; the copy is fresh.').waitFor()
    await page.getByRole('link', { name: 'lyon-01 / photos' }).click()
    await page.getByRole('heading', { name: 'photos lyon-01' }).waitFor()
    await page.goBack()
    await page.getByRole('link', { name: 'S-nas-maison' }).click()
    await page.getByText('This disk is failing.').waitFor()
    await page.getByText(/^A proven copy of .+ lies elsewhere\.$/).waitFor()
    await page.getByRole('heading', { name: 'If this disk fails' }).waitFor()
    await page.getByText('of changes').waitFor()
    await page.goto(`${api.url}/data`)
    await page.getByLabel('Path, device or machine').pressSequentially('VAULT')
    await page.getByText('/home').waitFor({ state: 'detached' })
    await page.getByRole('link', { name: /^Safe elsewhere/ }).click()
    await page.getByText('No place is called so.').waitFor()
    expect(new URL(page.url()).searchParams.get('search')).toBe('VAULT')
    expect(await page.getByLabel('Path, device or machine').inputValue()).toBe('VAULT')
    await page.goto(`${api.url}/data?show=none`)
    await page.getByRole('button', { name: 'Link a backup' }).first().click()
    await page.getByRole('link', { name: 'Expect a backup' }).click()
    expect(await page.getByLabel('Paths on it that the backup holds, one in each line').inputValue()).toBe('/vault')
    expect(faults).toEqual([])
    await page.context().close()
  })

  test.each(LOOKS)(
    'offers which backup holds a place, in a form that fits and is accessible: %j',
    { timeout: 60_000 },
    async (look) => {
      const { page, faults } = await open('/data', look)
      await page
        .getByRole('button', { name: look.locale === 'fr' ? 'Lier une sauvegarde' : 'Link a backup' })
        .first()
        .click()
      await page.getByRole('searchbox').last().fill('photos')
      await page.getByRole('radio').check()
      await page.getByRole('form').getByRole('listitem').nth(1).waitFor()
      await inspect(page, faults, 'data-link', look)
      await page.context().close()
    },
  )

  test('is told by keyboard which backup holds it, sees before what that means, and takes it back', async () => {
    const { page, faults } = await open('/data')
    await page.getByRole('button', { name: 'Link a backup' }).first().focus()
    await page.keyboard.press('Enter')
    const form = page.getByRole('form', { name: /^Which backup holds/ })
    await form.getByText('None suggests itself.').waitFor()
    const save = form.getByRole('button', { name: 'Save this link' })
    expect(await save.isDisabled()).toBe(true)
    await form.getByLabel('Find another backup').fill('DOCS')
    await form.getByRole('radio', { name: 'lyon-01 / docs' }).press('Space')
    await form.getByText('The path lies here.').waitFor()
    await form.getByText(/It was last proven .* ago\./).waitFor()
    const path = form.getByLabel(/^Path of/)
    await path.fill('srv')
    await form.getByText('Write an absolute path, such as /srv/data.').waitFor()
    expect(await save.isDisabled()).toBe(true)
    await path.fill('/somewhere/else')
    await form.getByText(/would lead nowhere/).waitFor()
    // A report meanwhile takes nothing of what is typed.
    await machine(LONG, '/srv/vm/images/of/the/long/path/that/nobody/would/ever/want/to/read', { passed: true })
    await page.getByRole('heading', { name: /has no copy|have no copy/ }).waitFor()
    expect(await path.inputValue()).toBe('/somewhere/else')
    expect(await form.getByRole('radio').isChecked()).toBe(true)
    await path.fill('/srv/vm/images/of/the/long/path/that/nobody/would/ever/want/to/read/more')
    await form.getByText('The path lies here.').waitFor()
    await path.press('Enter')
    await form.waitFor({ state: 'detached' })
    await page
      .getByRole('heading', { name: 'Only parts of 1 place have a copy' })
      .or(page.getByText('Partly copied').first())
      .first()
      .waitFor()
    const row = page.getByRole('listitem').filter({ hasText: LONG })
    await row.getByRole('link', { name: 'lyon-01 / docs' }).waitFor()
    await row.getByRole('button', { name: 'Correct' }).click()
    await form.getByRole('button', { name: 'Take back' }).click()
    await form.getByText('lyon-01 / docs holds').waitFor({ state: 'detached' })
    await page.keyboard.press('Escape')
    await form.waitFor({ state: 'detached' })
    await row.getByRole('button', { name: 'Link a backup' }).waitFor()
    expect(faults).toEqual([])
    await machine(LONG, '/srv/vm/images/of/the/long/path/that/nobody/would/ever/want/to/read', { passed: false })
    await page.context().close()
  })

  test('turns by itself when a disk fails', async () => {
    const { page } = await open('/data')
    await page.getByRole('heading', { name: 'Data in 1 place is in danger.' }).waitFor()
    api.clock.now = new Date()
    await machine('vault-1', '/vault', { passed: false })
    await page.getByRole('heading', { name: 'Data in 2 places is in danger.' }).waitFor()
    await page.context().close()
  })

  describe('where several places have no backup', () => {
    let nightly: { id: string }
    beforeAll(async () => {
      nightly = await backupsOn(api).job({ agentId: 'vault-1', databaseName: 'nightly' })
      api.clock.now = new Date()
      await machine('extra', '/extra')
    })

    test.each(LOOKS)('lets them be declared in one go, on a page that is accessible: %j', async (look) => {
      const { page, faults } = await open('/data/declare', look)
      await page.locator('select').first().selectOption('no-copy')
      await page.getByRole('button', { name: /^(Say this of|Enregistrer pour)/ }).click()
      await page.getByText(/3 (to|à) 500/).waitFor()
      await inspect(page, faults, 'data-declare', look)
      await page.context().close()
    })

    test('says what was refused, though what came after it was done', async () => {
      const { page } = await open('/data/declare')
      const [vault, extra] = ['/vault of vault-1', '/extra of extra'].map((place) =>
        page.getByLabel(`Which backup holds ${place}?`),
      )
      await vault?.selectOption('no-copy')
      await page.getByLabel('Why would nobody miss it?').fill('For a moment.')
      await extra?.selectOption('no-copy')
      await page.getByLabel('Why would nobody miss it?').last().fill('For a moment.')
      let refused = 0
      await page.route('**/graphql', (route) =>
        /SetCopyNotNeeded/.test(route.request().postData() ?? '') && refused++ === 0 ? route.abort() : route.continue(),
      )
      await page.getByRole('button', { name: 'Say this of 2 places' }).click()
      await page.getByText('1 place has its answer.').first().waitFor()
      await page.getByText(/That was not done/).waitFor()
      await vault?.waitFor()
      expect(await vault?.inputValue()).toBe('no-copy')
      const { data } = await api.ask('{ places(filter: { verdict: [UNNEEDED] }) { nodes { fileSystem { id } } } }')
      for (const { fileSystem } of data.places.nodes)
        await api.ask('mutation ($id: ID!) { setCopyNotNeeded(fileSystemId: $id) { verdict } }', { id: fileSystem.id })
      await page.context().close()
    })

    test('takes what is decided, says what is missing, and leaves what is not decided as it is', async () => {
      const { page, faults } = await open('/data')
      await page.getByRole('link', { name: 'Declare several' }).click()
      const vault = page.getByLabel('Which backup holds /vault of vault-1?')
      await vault.getByRole('option', { name: /vault-1 \/ nightly its agent is called/ }).waitFor({ state: 'attached' })
      await vault.selectOption(nightly.id)
      await page.getByText('It was never proven: until it is, this counts for nothing.').waitFor()
      const extra = page.getByLabel('Which backup holds /extra of extra?')
      await extra.selectOption('no-copy')
      await page.getByRole('button', { name: 'Say this of 2 places' }).click()
      await page.getByText('Write 3 to 500 characters.').waitFor()
      const why = page.getByLabel('Why would nobody miss it?')
      expect(await why.evaluate((field) => field === document.activeElement)).toBe(true)
      await why.pressSequentially('Installed anew each night.')
      await why.press('Enter')
      await page.getByText('2 places have their answers.').first().waitFor()
      await vault.waitFor({ state: 'detached' })
      await extra.waitFor({ state: 'detached' })
      await page.getByLabel(new RegExp(`of ${LONG}`)).waitFor()
      const { data } = await api.ask(
        'query ($id: ID!) { expectedJob(id: $id) { protects { path machine { hostname } } } }',
        {
          id: nightly.id,
        },
      )
      expect(data.expectedJob.protects).toEqual([{ path: '/vault', machine: { hostname: 'vault-1' } }])
      expect(faults).toEqual([])
      await page.context().close()
    })
  })
})
