import { generateKeyPairSync, sign } from 'node:crypto'
import type { Browser } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { ALLOWS_ALL, type SpokenAgent, spokenAgent } from '../../api/test/spoken-agent.ts'
import { startApi, type TestApi } from '../../api/test/start-api.ts'
import { backupsOn } from '../../api/test/deposit.ts'
import { CHROMIUM, inspect, launch, type Look, LOOKS, openPage, type Session, signIn } from './browser.ts'

let api: TestApi
let browser: Browser
let session: Session | undefined
let atlas: SpokenAgent
let vega: SpokenAgent
let mute: SpokenAgent

const ada = generateKeyPairSync('ed25519')
const KEY = ada.publicKey.export({ format: 'der', type: 'spki' }).toString('base64')
const NASTY = `lib${'very-long-name-'.repeat(14)}<b>x</b>`

const upgrade = (subject: string, more: object = {}) => ({
  step: 'UPGRADE',
  subject,
  from: '1.0-1+deb12u1',
  to: '1.1-1+deb12u2',
  security: false,
  ...more,
})

beforeAll(async () => {
  if (!CHROMIUM) return
  api = await startApi({ SCANNER_INTERVAL_MINUTES: '1440', VIGIE_LOG_LEVEL: 'silent' })
  api.clock.now = new Date()
  const collectedAt = new Date()
  atlas = await spokenAgent(
    api,
    { hostname: 'atlas', collectedAt },
    {
      ...ALLOWS_ALL,
      operators: [{ name: 'ada', key: KEY }],
      units: ['nginx.service', `${'long-'.repeat(30)}.service`],
    },
  )
  vega = await spokenAgent(api, {
    machineKey: 'key-of-the-machine-vega',
    hostname: 'vega',
    disks: [{ serial: 'V' }],
    collectedAt,
  })
  mute = await spokenAgent(
    api,
    { machineKey: 'key-of-the-machine-mute', hostname: 'mute', disks: [{ serial: 'M' }], collectedAt },
    { ...ALLOWS_ALL, allow: [] },
  )
  browser = await launch()
  session = await signIn(browser, api)
}, 60_000)
afterAll(async () => {
  await browser?.close()
  await api?.stop()
})

describe.skipIf(!CHROMIUM)('What a machine is asked', () => {
  const open = (path: string, look?: Look) => openPage({ browser, api, session }, path, look)
  const executionOf = (url: string): string => url.split('/').at(-1) as string

  test(
    'is planned, read, approved and watched to its end on one page, and what came of it is said',
    { timeout: 120_000 },
    async () => {
      const { page, faults } = await open(`/machines/${vega.machine}`)
      await page.getByRole('button', { name: 'Plan security updates…' }).click()
      await page.getByText('vega is making its plan.').waitFor()
      const id = executionOf(page.url())
      const many = Array.from({ length: 20 }, (_, index) => upgrade(`package-${String(index).padStart(2, '0')}`))
      await vega.propose(
        id,
        [...many, upgrade('openssl', { security: true }), { ...upgrade(NASTY), step: 'REMOVE', to: null }],
        {
          downloadBytes: 4_200_000,
        },
      )
      await page.getByText('Nothing happens before somebody approves it.').waitFor()
      await page.getByText('1 package would be removed').waitFor()
      // What goes stands first, then what mends a hole.
      const rows = await page
        .locator('tbody tr')
        .evaluateAll((found) => found.slice(0, 2).map((row) => row.textContent ?? ''))
      expect(rows[0]).toContain('<b>x</b>')
      expect(rows[1]).toContain('openssl')
      await page.getByText('No backup of this machine is expected').waitFor()
      for (const look of LOOKS) {
        const other = await open(`/actions/${id}`, look)
        await other.page
          .getByRole('button', { name: look.locale === 'fr' ? 'Approuver' : 'Approve', exact: true })
          .waitFor()
        await inspect(other.page, other.faults, 'action-approval', look)
        await other.page.context().close()
      }
      await page.getByRole('button', { name: 'Approve', exact: true }).click()
      await page.getByText('Approved. vega takes it when it asks next').waitFor()
      const order = await vega.order()
      await vega.claim(order)
      await page.getByText('vega has taken it and is about to begin.').waitFor()
      const first = `Reading package lists...\n\u001b[1mUnpacking\u001b[0m openssl <script>alert(1)</script>\n`
      await vega.append(id, 0, first)
      await page.getByText('It is running on vega.').waitFor()
      const log = page.getByRole('log', { name: 'Log' })
      await log.getByText('Unpacking openssl <script>alert(1)</script>').waitFor()
      const second = Array.from({ length: 200 }, (_, line) => `Setting up package-${line} ...\n`).join('')
      await vega.append(id, Buffer.byteLength(first), second)
      await log.getByText('Setting up package-199 ...').waitFor()
      const whole = (await log.textContent()) ?? ''
      expect(whole.match(/Setting up package-7 /g)).toHaveLength(1)
      await vega.finish(id, {}, first + second)
      await page.getByText('Its programs ended well.').waitFor()
      await page.getByText('No report that was made after it is here yet.').waitFor()
      expect(faults).toEqual([])
      await page.context().close()
      for (const look of LOOKS) {
        const other = await open(`/actions/${id}`, look)
        await other.page.getByRole('log').waitFor()
        await inspect(other.page, other.faults, 'action-ended', look)
        await other.page.context().close()
      }
    },
  )

  test(
    'needs a signature where it is dangerous, and the page says whose, of what, and what is wrong with it',
    { timeout: 60_000 },
    async () => {
      const { page, faults } = await open(`/machines/${atlas.machine}`)
      await page.getByRole('button', { name: 'Restart the machine…' }).click()
      await page.getByText('atlas is making its plan.').waitFor()
      const id = executionOf(page.url())
      await atlas.propose(id, [{ step: 'RESTART', subject: 'atlas', from: null, to: null, security: null }])
      await page.getByLabel('Signature').fill('this is none')
      await page.getByRole('button', { name: 'Approve', exact: true }).click()
      await page.getByText('This is not the signature of an operator').waitFor()
      // What is typed stays, whatever happens meanwhile.
      await atlas.hello()
      expect(await page.getByLabel('Signature').inputValue()).toBe('this is none')
      const text = (await page.locator('pre[aria-label="The order to sign"]').textContent()) ?? ''
      await page.getByLabel('Signature').fill(sign(null, Buffer.from(text), ada.privateKey).toString('base64'))
      await page.getByRole('button', { name: 'Approve', exact: true }).click()
      await page.getByText('Approved. atlas takes it when it asks next').waitFor()
      await page.getByText('ada').waitFor()
      await page.getByRole('button', { name: 'Call it off' }).click()
      await page.getByRole('dialog').getByRole('button', { name: 'Call it off' }).click()
      await page.getByText('It was called off.').waitFor()
      expect(faults).toEqual([])
      await page.context().close()
    },
  )

  test(
    'needs a reason where its data is not proven; by force its name; and a failure needs somebody',
    { timeout: 60_000 },
    async () => {
      await backupsOn(api).job({ machineId: atlas.machine })
      const { page, faults } = await open(`/machines/${atlas.machine}`)
      await page.getByRole('button', { name: 'Plan all updates…' }).click()
      await page.getByText('atlas is making its plan.').waitFor()
      const id = executionOf(page.url())
      await atlas.propose(id, [upgrade('openssl')])
      await page.getByText('0 of 1 backups of this machine are proven and fresh.').waitFor()
      await page.getByRole('button', { name: 'Approve', exact: true }).click()
      await page.getByText('Say in 10 to 500 characters why it is done').waitFor()
      await page.getByLabel('Why it is done all the same').fill('The machine is new, and empty')
      await page.getByRole('button', { name: 'Approve', exact: true }).click()
      await page.getByText('Approved. atlas takes it').waitFor()
      await atlas.claim(await atlas.order())
      await atlas.append(id, 0, 'begun\n')
      await page.getByText('It is running on atlas.').waitFor()
      await page.getByRole('button', { name: 'End by force…' }).click()
      const dialog = page.getByRole('dialog')
      expect(await dialog.getByRole('button', { name: 'End by force…' }).isDisabled()).toBe(true)
      await dialog.getByLabel('Type atlas to confirm').fill('atlas')
      await dialog.getByRole('button', { name: 'End by force…' }).click()
      await page.getByText('It is being ended by force.').waitFor()
      await atlas.finish(
        id,
        { outcome: 'INTERRUPTED', code: 'GONE', exitCode: null, leftBroken: ['openssl half-configured'] },
        'begun\n',
      )
      await page.getByText('nobody knows how far it came').waitFor()
      await page.getByText('Left half done: openssl half-configured').waitFor()
      await inspect(page, faults, 'action-interrupted', { theme: 'light', width: 1440 })
      await api.app.opener.run()
      await page.goto(`${api.url}/needs-you`)
      await page.getByText('Installing updates on atlas was interrupted').waitFor()
      expect(faults).toEqual([])
      await page.context().close()
    },
  )

  test(
    'stands on its machine, with what its owner does not allow, and in one list of all',
    { timeout: 90_000 },
    async () => {
      for (const look of LOOKS) {
        const french = look.locale === 'fr'
        const { page, faults } = await open(`/machines/${atlas.machine}`, look)
        await page
          .getByRole('button', { name: french ? 'Redémarrer nginx.service…' : 'Restart nginx.service…' })
          .waitFor()
        await inspect(page, faults, 'machine-actions', look)
        await page.goto(`${api.url}/actions`)
        await page.getByRole('row', { name: /atlas/ }).first().waitFor()
        await inspect(page, faults, 'actions', look)
        await page.context().close()
      }
      const { page, faults } = await open(`/machines/${mute.machine}`)
      const section = page.getByRole('region', { name: 'Actions' })
      await section.getByText('Its owner does not let Vigie do this: ').waitFor()
      expect(await section.getByRole('button').allTextContents()).toEqual(['Report now'])
      await mute.hello([], { ...mute.policy, readOnly: true })
      await section.getByText('Its owner has switched all actions off').waitFor()
      await section.getByRole('button', { name: 'Report now' }).click()
      await page.getByText('mute reports when it asks next.').waitFor()
      await mute.reject(executionOf(page.url()), 'TOO_MANY_TODAY', '3')
      await page.getByText('Its owner allows 3 actions a day, and they are used up.').waitFor()
      expect(faults).toEqual([])
      await page.context().close()
    },
  )
})
