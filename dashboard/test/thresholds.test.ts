import type { Browser } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { report, section } from '../../api/test/builders.ts'
import { startApi, type TestApi } from '../../api/test/start-api.ts'
import { CHROMIUM, inspect, launch, type Look, LOOKS, openPage, type Session, signIn } from './browser.ts'

let api: TestApi
let browser: Browser
let session: Session | undefined
let atlas: string

const DAY = 24 * 60 * 60_000
const START = new Date(Date.now() - 6 * DAY)
const NASTY = `/mnt/${'a-very-long-name-'.repeat(8)}<b>x</b>`
const TAG = 'Bâtiment n° 3 – très long nom de site'

const told = (day: number) => {
  const used = { '/': 91e9, '/srv': (30 + 6 * day) * 1e9, [NASTY]: 98e9, '/boot': 20e9 }
  const devices = Object.keys(used).map((mountpoint, index) => ({ mountpoint, device: `vd${'abcd'[index]}` }))
  return {
    hostname: 'atlas',
    collectedAt: new Date(START.getTime() + day * DAY),
    disks: [],
    lsblk: devices.map(({ device, mountpoint }) => ({
      device,
      size: 100e9,
      fstype: 'ext4',
      uuid: `uuid-${device}`,
      mountpoints: [mountpoint],
    })),
    sections: [
      section('df', {
        fileSystems: devices.map(({ device, mountpoint }) => ({
          source: `/dev/${device}`,
          fstype: 'ext4',
          sizeBytes: 100e9,
          usedBytes: used[mountpoint],
          availableBytes: 100e9 - (used[mountpoint] ?? 0),
          mountpoint,
          wentReadOnly: mountpoint === '/boot',
        })),
      }),
    ],
  }
}

beforeAll(async () => {
  if (!CHROMIUM) return
  api = await startApi({ SCANNER_INTERVAL_MINUTES: '1440', VIGIE_LOG_LEVEL: 'silent' })
  api.clock.now = START
  for (let day = 0; day < 6; day++) atlas = (await report(api, told(day))).machine.id
  api.clock.now = new Date()
  await api.ask('mutation ($ids: [ID!]!, $add: [String!]!) { tagMachines(ids: $ids, add: $add) { id } }', {
    ids: [atlas],
    add: [TAG, 'scratch'],
  })
  await api.app.opener.run()
  browser = await launch()
  session = await signIn(browser, api)
}, 60_000)
afterAll(async () => {
  await browser?.close()
  await api?.stop()
})

describe.skipIf(!CHROMIUM)('Thresholds', () => {
  const open = (path: string, look?: Look) => openPage({ browser, api, session }, path, look)

  test('are told and changed on the page of settings, for a tag too, and live', { timeout: 90_000 }, async () => {
    const { page, faults } = await open('/settings')
    const other = await open('/settings')
    const section = page.getByRole('region', { name: 'What is told of machines' })
    await section.getByText('File systems fuller than 90 %').waitFor()
    await section.getByRole('button', { name: 'Change: File systems fuller than', exact: true }).click()
    const value = page.getByLabel('From', { exact: true })
    expect(await value.inputValue()).toBe('90')
    await value.fill('lots')
    await page.getByRole('button', { name: 'Save', exact: true }).click()
    await page.getByText('Write a whole number from 1 to 99.').waitFor()
    expect(await value.getAttribute('aria-invalid')).toBe('true')
    await value.fill('85')
    await page.getByRole('button', { name: 'Save', exact: true }).click()
    await section.getByText('File systems fuller than 85 %').waitFor()
    await other.page.getByText('File systems fuller than 85 %').waitFor()
    await section.getByRole('button', { name: 'A threshold for a tag' }).click()
    await page.getByLabel('Tag', { exact: true }).selectOption(TAG)
    await page.getByLabel('What', { exact: true }).selectOption('LOAD_PER_CPU')
    // What holds is what it begins with.
    expect(await page.getByLabel('From', { exact: true }).inputValue()).toBe('3')
    await page.getByLabel('From', { exact: true }).fill('1,5')
    await page.getByRole('button', { name: 'Save', exact: true }).click()
    await section.getByText(TAG).waitFor()
    await section.getByText('1.5', { exact: true }).waitFor()
    await section.getByRole('button', { name: 'Change: A restart that waits for', exact: true }).click()
    await page.getByLabel('Never tell of it').check()
    await page.getByRole('button', { name: 'Save', exact: true }).click()
    await section.getByText('A restart that waits for – it is never told').waitFor()
    for (const look of LOOKS) {
      const { page: looked, faults: found } = await open('/settings', look)
      await looked.getByText(TAG).waitFor()
      await inspect(looked, found, 'settings-thresholds', look)
      await looked.context().close()
    }
    await section.getByRole('button', { name: `Remove: Load for each processor, over an hour, above, ${TAG}` }).click()
    await section.getByText(TAG).waitFor({ state: 'detached' })
    await section.getByRole('button', { name: 'As usual: File systems fuller than' }).click()
    await section.getByText('File systems fuller than 90 %').waitFor()
    expect([...faults, ...other.faults]).toEqual([])
    await other.page.context().close()
    await page.context().close()
  })

  test(
    'are met by file systems, which say it where they stand and where somebody is needed',
    { timeout: 90_000 },
    async () => {
      for (const look of LOOKS) {
        const french = look.locale === 'fr'
        const { page, faults } = await open(`/machines/${atlas}`, look)
        await page
          .getByText(french ? 'presque plein' : 'almost full')
          .first()
          .waitFor()
        await page.getByText(french ? /^plein le/ : /^full on/).waitFor()
        await page
          .getByText(french ? 'En lecture seule après des erreurs, constaté' : 'Read-only after errors, seen')
          .waitFor()
        await inspect(page, faults, 'machine-file-systems', look)
        await page.goto(new URL('/alerts', page.url()).href)
        await page
          .getByText(french ? '/ d’atlas se remplit' : '/ of atlas fills up')
          .first()
          .waitFor()
        await page
          .getByText(
            french ? '/boot d’atlas est passé en lecture seule' : '/boot of atlas became read-only after errors',
          )
          .first()
          .waitFor()
        await inspect(page, faults, 'alerts-file-systems', look)
        await page.context().close()
      }
    },
  )
})
