import type { Browser } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { advanceRollouts } from '../../api/src/rollouts/advance-rollouts.ts'
import { settleExecutions } from '../../api/src/executions/settle-executions.ts'
import { ALLOWS_ALL, type SpokenAgent, spokenAgent } from '../../api/test/spoken-agent.ts'
import { startApi, type TestApi } from '../../api/test/start-api.ts'
import { CHROMIUM, inspect, launch, type Look, LOOKS, openPage, type Session, signIn } from './browser.ts'

let api: TestApi
let browser: Browser
let session: Session | undefined
let atlas: SpokenAgent
let borg: SpokenAgent
let cray: SpokenAgent

const LONG = `cray-${'long-name-'.repeat(4)}`
const upgrade = (subject: string, more: object = {}) => ({
  step: 'UPGRADE',
  subject,
  from: '1.0-1',
  to: '1.1-1',
  security: true,
  ...more,
})
const goOn = async (): Promise<void> => {
  await settleExecutions(api.orm.em, api.app.transact, () => api.clock.now)
  await advanceRollouts(api.orm.em, api.app.transact, () => api.clock.now)
}

beforeAll(async () => {
  if (!CHROMIUM) return
  api = await startApi({ SCANNER_INTERVAL_MINUTES: '1440', VIGIE_LOG_LEVEL: 'silent' })
  api.clock.now = new Date()
  const machine = (hostname: string, policy = ALLOWS_ALL) =>
    spokenAgent(
      api,
      { hostname, machineKey: `machine-key-of-${hostname}`, disks: [{ serial: hostname }], collectedAt: new Date() },
      policy,
    )
  atlas = await machine('atlas')
  borg = await machine('borg')
  cray = await machine(LONG)
  await machine('mute', { ...ALLOWS_ALL, allow: [] })
  browser = await launch()
  session = await signIn(browser, api)
}, 60_000)
afterAll(async () => {
  await browser?.close()
  await api?.stop()
})

describe.skipIf(!CHROMIUM)('What several machines are asked', () => {
  const open = (path: string, look?: Look) => openPage({ browser, api, session }, path, look)

  test(
    'is chosen in their list, approved at once, and done one after the other until one fails',
    { timeout: 180_000 },
    async () => {
      const { page, faults } = await open('/machines')
      for (const name of ['atlas', 'borg', LONG, 'mute'])
        await page.getByRole('checkbox', { name: new RegExp(name.slice(0, 20)) }).check()
      await page.getByRole('button', { name: 'Ask them…' }).click()
      const dialog = page.getByRole('dialog', { name: 'Ask 4 machines' })
      await dialog.getByLabel('Stop when it has failed').fill('9')
      await dialog.getByRole('button', { name: 'Make the plans' }).click()
      await dialog.getByText('A number from 1 to 4.').waitFor()
      await dialog.getByLabel('Stop when it has failed').fill('1')
      await inspect(page, faults, 'rollout-dialog', LOOKS[0] as Look)
      await dialog.getByRole('button', { name: 'Make the plans' }).click()
      await page.getByRole('heading', { name: 'Install security updates' }).waitFor()
      const id = page.url().split('/').at(-1) as string
      await page.getByRole('region', { name: 'Not asked' }).getByText('mute').waitFor()
      for (const [agent, changes] of [
        [atlas, [upgrade('openssl'), upgrade('libssl3')]],
        [borg, [upgrade('openssl'), upgrade('old', { step: 'REMOVE', to: null, security: false })]],
        [cray, [upgrade('openssl')]],
      ] as const)
        await agent.propose((await agent.order()).id, [...changes])
      await page.getByText('3 plans await approval').waitFor()
      await page.getByRole('row', { name: /borg.*2 changes, 1 for security, removes 1 package/s }).waitFor()
      for (const look of LOOKS) {
        const looked = await open(`/rollouts/${id}`, look)
        await looked.page.getByRole('row', { name: /atlas/ }).waitFor()
        await inspect(looked.page, looked.faults, 'rollout', look)
        await looked.page.context().close()
      }
      await page.getByRole('button', { name: 'Approve 3 plans' }).click()
      await page.getByRole('dialog').getByRole('button', { name: 'Approve 3 plans' }).click()
      await page.getByText('awaits its turn').nth(2).waitFor()
      await goOn()
      await page.getByRole('row', { name: /atlas.*waits for the machine/s }).waitFor()
      const first = await atlas.order()
      await atlas.claim(first)
      await atlas.finish(first.id, { startedAt: null })
      await goOn()
      await page.getByText('Done on 1 of 3.').waitFor()
      const second = await borg.order()
      await borg.claim(second)
      await borg.finish(second.id, { outcome: 'FAILED', code: 'EXIT_CODE', exitCode: 100, startedAt: null })
      await goOn()
      await page.getByText('It has stopped, for it failed on one machine. Done on 1 of 3.').waitFor()
      await page.getByRole('link', { name: new RegExp(LONG.slice(0, 20)) }).click()
      await page.getByText('It was not begun: it failed on too many machines before.').waitFor()
      await page.getByRole('link', { name: 'One of several machines' }).click()
      await page.getByRole('link', { name: 'Actions' }).first().click()
      await page.getByRole('region', { name: 'On several machines' }).getByText('stopped after failures').waitFor()
      await inspect(page, faults, 'rollouts-latest', LOOKS[0] as Look)
      await page.context().close()
    },
  )

  test('is called off where nobody wants it any more', { timeout: 60_000 }, async () => {
    const { data } = await api.ask(
      'mutation ($machines: [ID!]!) { planRollout(machines: $machines, action: APT_REFRESH) { id } }',
      { machines: [atlas.machine] },
    )
    const { page, faults } = await open(`/rollouts/${data.planRollout.id}`)
    await page.getByRole('button', { name: 'Call it off' }).click()
    await page.getByRole('dialog').getByRole('button', { name: 'Call it off' }).click()
    await page.getByText('It was called off. Done on 0 of 1.').waitFor()
    expect(await page.getByRole('button', { name: 'Call it off' }).count()).toBe(0)
    expect(faults).toEqual([])
    await page.context().close()
  })
})
