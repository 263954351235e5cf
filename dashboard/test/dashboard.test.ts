import { execFile } from 'node:child_process'
import { mkdtempSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Browser, Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { Scope } from '../../api/src/graphql/scope.ts'
import { fleet } from '../../api/test/fleet.ts'
import { report, section } from '../../api/test/builders.ts'
import { startApi, type TestApi, until } from '../../api/test/start-api.ts'
import { CHROMIUM, inspect, launch, type Look, LOOKS, openPage, type Session, settled } from './browser.ts'

const ARRAYS = {
  arrays: [
    {
      name: 'md0',
      level: 'raid1',
      active: true,
      expectedDevices: 2,
      workingDevices: 1,
      devices: [{ device: 'sda', failed: false, spare: false }],
    },
    {
      name: 'md1',
      level: 'raid5',
      active: true,
      expectedDevices: 3,
      workingDevices: 3,
      devices: [],
    },
  ],
}

let api: TestApi
let browser: Browser
let session: Session | undefined

describe.skipIf(!CHROMIUM)('The dashboard', () => {
  beforeAll(async () => {
    api = await startApi()
    api.clock.now = new Date()
    browser = await launch()
  })
  afterAll(async () => {
    await browser?.close()
    await api?.stop()
  })

  const open = (path: string, look?: Look, before?: (page: Page) => Promise<unknown>) =>
    openPage({ browser, api, session }, path, look, before)
  const ago = (days: number): Date => new Date(api.clock.now.getTime() - days * 86_400_000)

  test('shows who is not signed in how to sign in, and signs in by a button', async () => {
    const { page } = await open('/')
    await page.getByText('npm run -s access -- link').waitFor()
    const link = await api.app.services().access.createLink()
    await page.goto(`${api.url}/sign-in#${link}`)
    await page.getByRole('button', { name: 'Sign in' }).click()
    await page.getByRole('heading', { name: 'No machine is on watch yet.' }).waitFor()
    session = await page.context().storageState()
    await page.goto(`${api.url}/sign-in#${link}`)
    await page.reload()
    await page.getByRole('button', { name: 'Sign in' }).click()
    await page.getByText('This link was used before').waitFor()
    await page.context().close()
  })

  test('shows how to sign in also where the server refuses before the page stands', async () => {
    const { page } = await openPage({ browser, api, session: undefined }, '/', {}, async (early) => {
      const refused = early.waitForEvent('websocket').then((socket) => socket.waitForEvent('close'))
      await early.route(/assets\/en-/, async (route) => {
        await refused
        return route.continue()
      })
    })
    await page.getByText('npm run -s access -- link').waitFor()
    await page.context().close()
  })

  test('shows a new machine and a failing disk by itself, without a reload', async () => {
    const { page, faults } = await open('/')
    await page.getByRole('heading', { name: 'No machine is on watch yet.' }).waitFor()
    await report(api, {
      hostname: 'deneb',
      machineKey: 'key-of-deneb-in-the-browser',
      collectedAt: new Date(Date.now() - 3_600_000),
      disks: [{ serial: 'ZL2A1F0K', model: 'ST4000DM004-2CV104' }],
    })
    await page.getByRole('heading', { level: 1, name: 'No backup is expected yet.' }).waitFor()
    await page.getByText(/1 disk is healthy/).waitFor()
    await report(api, {
      hostname: 'deneb',
      machineKey: 'key-of-deneb-in-the-browser',
      collectedAt: new Date(),
      disks: [{ serial: 'ZL2A1F0K', model: 'ST4000DM004-2CV104', raw: { 5: 24, 197: 3 } }],
    })
    await page.getByText('1 of 1 disk needs a look.').waitFor()
    // The alert is opened by the bell of the running server, or by its task.
    await api.app.opener.run()
    await page.getByRole('heading', { name: 'The disk ZL2A1F0K of deneb is at risk' }).waitFor()
    await page.getByText('3 sectors cannot be read and may be lost.').first().waitFor()
    expect(faults).toEqual([])
    await page.context().close()
  })

  test('copied from the page "Add a machine", one line makes a machine report', async () => {
    const { page, faults } = await open('/machines/add')
    await page.getByLabel('Name of the machine, for its token').fill('this one')
    await page.getByRole('button', { name: 'Make the line' }).click()
    const line = (await page.locator('pre', { hasText: 'sha256sum' }).textContent()) as string
    const token = (await page.locator('pre', { hasText: /^\s*vigie_/ }).textContent()) as string
    expect(line).not.toContain(token.trim())
    const folder = mkdtempSync(join(tmpdir(), 'vigie-line-'))
    const { status, output } = await new Promise<{ status: number; output: string }>((done) => {
      const shell = execFile(
        'sh',
        ['-c', line],
        { cwd: folder, env: { PATH: process.env['PATH'], HOME: folder, VIGIE_STATE_DIR: join(folder, 'state') } },
        (error, stdout, stderr) => done({ status: Number(error?.code ?? 0), output: stdout + stderr }),
      )
      // Pasted at the question.
      shell.stdin?.end(`${token.trim()}\n`)
    })
    expect(status, output).toBeLessThan(2)
    await page.getByText('has reported.').waitFor()
    expect(faults).toEqual([])
    await page.context().close()
  })

  test.each<Look>([
    { theme: 'light', width: 1440 },
    { theme: 'dark', width: 390, locale: 'fr' },
  ])('"Add a machine" says why its report was refused, until one is accepted: %j', async (look) => {
    const { page, faults } = await open('/machines/add', look)
    const send = (hostname: string, token: string) =>
      api.post(
        '/api/ingest',
        { hostname, disks: [{ serial: `S-${hostname}`, model: 'M1', smart: { status: 'ok' } }] },
        { authorization: `Bearer ${token}` },
      )
    const held = `held-${look.width}`
    expect((await send(held, await api.token([Scope.REPORT], { anyMachine: false, name: held }))).status).toBe(200)
    await page.locator('#name').fill(`new-${look.width}`)
    await page.locator('form button[type=submit]').click()
    const token = ((await page.locator('pre', { hasText: /^\s*vigie_/ }).textContent()) as string).trim()
    expect((await send(held, token)).status).toBe(403)
    await page.getByText(`The token "${held}" reports for the machine ${held}.`).waitFor()
    await inspect(page, faults, 'add-machine-refused', look)
    expect((await send(`own-${look.width}`, token)).status).toBe(200)
    await page
      .getByRole('link', { name: `own-${look.width}` })
      .first()
      .waitFor()
    await page.context().close()
  })

  test('says since when it is not live, and catches up with what it missed', async () => {
    const { page } = await open('/machines')
    await page.getByText('Live', { exact: true }).waitFor()
    await page.context().setOffline(true)

    await api.app.disconnectAll()
    // Where even the end of the connection is lost, it is found out by a ping.
    await page.getByText(/Not live since/).waitFor({ timeout: 30_000 })
    await report(api, {
      hostname: 'came-meanwhile',
      machineKey: 'key-of-the-one-meanwhile',
      collectedAt: new Date(),
      disks: [],
    })
    await page.context().setOffline(false)
    await page.getByRole('link', { name: 'came-meanwhile' }).waitFor({ timeout: 30_000 })
    await page.getByText('Live', { exact: true }).waitFor()
    await page.context().close()
  })

  test('says that it is not live where the network swallows everything without a word', async () => {
    let isDeaf = false
    const { page } = await open('/machines', {}, (early) =>
      early.routeWebSocket(/graphql/, (socket) => {
        const server = socket.connectToServer()
        socket.onMessage((message) => isDeaf || server.send(message))
        server.onMessage((message) => isDeaf || socket.send(message))
      }),
    )
    await page.getByText('Live', { exact: true }).waitFor()
    isDeaf = true
    await page.getByText(/Not live since/).waitFor({ timeout: 30_000 })
    isDeaf = false
    await page.getByText('Live', { exact: true }).waitFor({ timeout: 30_000 })
    await page.context().close()
  })

  test('misses nothing that happens before the page is live', async () => {
    const connect: (() => void)[] = []
    const { page } = await open('/machines', {}, (early) =>
      early.routeWebSocket(/graphql/, async (socket) => {
        await new Promise<void>((resolve) => connect.push(resolve))
        socket.connectToServer()
      }),
    )
    await page.getByRole('link', { name: 'came-meanwhile' }).waitFor()
    await until(async () => connect.length > 0, 'the page to listen')
    const reportOf = { collectedAt: new Date(), disks: [] }
    await report(api, { ...reportOf, hostname: 'came-early', machineKey: 'key-of-the-one-that-came-early' })
    for (const go of connect) go()
    await page.getByRole('link', { name: 'came-early' }).waitFor({ timeout: 10_000 })
    await page.context().close()
  })

  test('misses nothing that happens while another page is open', async () => {
    const { page } = await open('/machines')
    await page.getByRole('link', { name: 'came-early' }).waitFor()
    await page.getByRole('link', { name: 'Disks', exact: true }).click()
    await page.getByRole('heading', { name: /^Disks/ }).waitFor()
    await report(api, {
      hostname: 'came-elsewhere',
      machineKey: 'key-of-the-one-elsewhere',
      collectedAt: new Date(),
      disks: [],
    })
    await page.getByRole('link', { name: 'Machines', exact: true }).click()
    await page.getByRole('link', { name: 'came-elsewhere' }).waitFor()
    await page.context().close()
  })

  test('opens a page whose file could not be had, by asking the server anew', async () => {
    let refused = 0
    const { page } = await open('/machines', {}, (early) =>
      early.route(/assets\/DisksPage/, (route) => {
        refused += 1
        return refused === 1 ? route.abort() : route.continue()
      }),
    )
    await page.getByRole('link', { name: 'came-early' }).waitFor()
    await page.getByRole('link', { name: 'Disks', exact: true }).click()
    await page.getByRole('heading', { name: /^Disks/ }).waitFor()
    expect(refused).toBeGreaterThan(0)
    await page.context().close()
  })

  test('misses nothing that happens while an older answer is still on its way', async () => {
    let answered = false
    let deliver = (): void => undefined
    const wanted = new Promise<void>((resolve) => (deliver = resolve))
    const { page } = await open('/machines', {}, (early) =>
      early.route('**/graphql', async (route) => {
        if (answered || !route.request().postData()?.includes('query Machines')) return route.continue()
        const response = await route.fetch()
        answered = true
        await wanted
        return route.fulfill({ response })
      }),
    )
    await page.getByText('Live', { exact: true }).waitFor()
    await until(async () => answered, 'the first answer')
    const again = page.waitForRequest((request) => request.postData()?.includes('query Machines') ?? false)
    const reportOf = { collectedAt: new Date(), disks: [] }
    await report(api, { ...reportOf, hostname: 'came-between', machineKey: 'key-of-the-one-between' })
    await again
    deliver()
    await page.getByRole('link', { name: 'came-between' }).waitFor({ timeout: 10_000 })
    await page.context().close()
  })

  describe('with a fleet', () => {
    let disk = ''
    let machine = ''
    let withArrays = ''
    beforeAll(async () => {
      for (const [index, one] of fleet(9, 4, 5).entries()) {
        const disks = one.disks.map((entry, number) => ({
          device: entry.device,
          serial: entry.serial,
          model: entry.model,
          rotation: entry.rotation,
          temperature: 29 + number,
          hours: 9000 + index * 4000,
          raw: index === 1 && number === 0 ? { 5: 3 } : {},
        }))
        const users = [
          { user: 'lena', path: '/home/lena', bytes: 96e9, measuredAt: ago(1).toISOString() },
          { user: 'marc', path: '/home/marc', bytes: 8e9, measuredAt: null },
        ]
        const machineSection = {
          ip: `10.0.0.${index}`,
          os: index % 3 ? 'debian' : 'proxmox',
          osVersion: index % 3 ? '12' : '8.2.4',
          arch: 'x86_64',
          kind: index % 3 ? 'PHYSICAL' : 'PROXMOX_HOST',
          virtualization: 'none',
          machineIdHash: null,
          root: true,
        }
        const blocks = disks.map(({ device, serial }, number) => ({
          device,
          serial,
          fstype: 'ext4',
          uuid: `u-${index}-${number}`,
          mountpoints: [number ? `/srv/${number}` : '/home'],
          fssize: 4e12,
          fsused: 1.4e12,
        }))
        await report(api, {
          hostname: one.hostname,
          machineKey: one.key,
          collectedAt: index === 5 ? ago(4) : new Date(),
          disks,
          lsblk: blocks,
          sections: [
            section('machine', machineSection),
            section('homes', { roots: ['/home'], users }),
            ...(index === 2 ? [section('mdraid', ARRAYS)] : []),
          ],
        })
      }
      for (let day = 29; day >= 0; day -= 1) {
        const raw = { 5: day > 12 ? 0 : day > 5 ? 4 : 24, 197: day > 3 ? 0 : 3 }
        await report(api, {
          hostname: 'deneb',
          machineKey: 'key-of-deneb-in-the-browser',
          collectedAt: ago(day),
          disks: [
            {
              serial: 'ZL2A1F0K',
              model: 'ST4000DM004-2CV104',
              raw,
              temperature: 30 + (day % 5),
              hours: 12_000 - day * 24,
            },
          ],
          lsblk: [
            {
              device: 'sda',
              serial: 'ZL2A1F0K',
              fstype: 'xfs',
              uuid: 'deneb',
              mountpoints: ['/srv/photos'],
              fssize: 4e12,
              fsused: 3.1e12,
            },
          ],
        })
      }
      const { data } = await api.ask('{ disk(serial: "ZL2A1F0K") { id machine { id } } }')
      disk = data.disk.id
      machine = data.disk.machine.id
      withArrays = (await api.ask('{ arraysAtRisk { machine { id } } }')).data.arraysAtRisk[0].machine.id
    })

    const pages = (): [string, string][] => [
      ['overview', '/'],
      ['machines', '/machines'],
      ['machine', `/machines/${machine}`],
      ['machine-arrays', `/machines/${withArrays}`],
      ['add-machine', '/machines/add'],
      ['disks', '/disks'],
      ['disk', `/disks/${disk}`],
      ['events', '/events'],
    ]
    test.each(LOOKS)(
      'is accessible (WCAG 2.2 AA), asks no other host and fits its window: %j',
      { timeout: 120_000 },
      async (look) => {
        for (const [name, path] of pages()) {
          const { page, faults } = await open(path, look)
          await inspect(page, faults, name, look)
          await page.context().close()
        }
      },
    )

    test('finds a disk by the last characters of its serial, and tells why, where and since when', async () => {
      const { page } = await open('/disks')
      await page.getByLabel(/End of the serial/).fill('1f0k')
      await page.getByRole('link', { name: 'ZL2A1F0K' }).click()
      await page.getByRole('heading', { name: 'ZL2A1F0K' }).waitFor()
      await page.getByText('This disk is at risk.').waitFor()
      await page.getByText('3 sectors cannot be read and may be lost.').first().waitFor()
      await page.getByText('/srv/photos').first().waitFor()
      await page.getByText('deneb, as sda').waitFor()
      // Each finding with the curve that told it, all over one time.
      const finding = page.getByRole('listitem').filter({ hasText: '3 sectors cannot be read' })
      await finding.getByRole('img', { name: /^197 Current_Pending_Sector over time/ }).waitFor()
      await page.getByRole('button', { name: 'A year' }).click()
      const chart = page.getByRole('region', { name: 'Over time' })
      expect(await chart.locator('canvas').count()).toBe(0)
      await chart.getByRole('heading', { name: 'Over time' }).click()
      await chart.locator('canvas').waitFor()
      expect(await page.getByRole('button', { name: 'A year', pressed: true }).count()).toBe(2)
      await chart.getByRole('button', { name: 'As a table' }).click()
      expect(
        await chart
          .getByRole('region', { name: /over time/ })
          .getByRole('row')
          .count(),
      ).toBeGreaterThan(20)
      await page.context().close()
    })

    test('folds what few look for, and opens it by keyboard', async () => {
      const { page, faults } = await open(`/disks/${disk}`)
      const first = page.getByRole('region', { name: 'Attributes', exact: true }).getByRole('row').nth(1)
      await first.getByText('found').waitFor()
      for (const name of [
        /^\d+ more attributes?$/,
        'What lies on it',
        'Readings',
        'What smartctl printed',
        'Identity',
      ]) {
        const fold = page.getByRole('region', { name, exact: true })
        await fold.locator('summary').focus()
        await page.keyboard.press('Enter')
      }
      await page.getByRole('region', { name: 'Readings' }).getByText('Read', { exact: true }).first().waitFor()
      await page.getByRole('region', { name: 'Identity' }).getByText('ST4000DM004-2CV104').waitFor()
      await page.locator('pre').getByText('smartctl').waitFor()
      await inspect(page, faults, 'disk-unfolded', { theme: 'light', width: 1440 })
      expect(faults).toEqual([])
      await page.context().close()
    })

    test('accepts a finding until it grows, and counts it again', async () => {
      const { page, faults } = await open(`/disks/${disk}`)
      const pending = page.locator('li', { hasText: '3 sectors cannot be read' }).first()
      await pending.getByRole('button', { name: 'Accept until it grows' }).click()
      await page.getByRole('dialog').getByRole('button', { name: 'Accept until it grows' }).click()
      await pending.getByText('it counts again when it grows').waitFor()
      await inspect(page, faults, 'disk-accepted', { theme: 'light', width: 1440 })
      await pending.getByRole('button', { name: 'Count it again' }).click()
      await pending.getByRole('button', { name: 'Accept until it grows' }).waitFor()
      expect(faults).toEqual([])
      await page.context().close()
    })

    test('leaves what is being typed alone while reports come in, and says why a button did not work', async () => {
      const { page } = await open(`/disks/${disk}`)
      const label = page.getByLabel('A name or place, such as bay 3')
      await label.fill('shelf 4, ba')
      const note = page.getByLabel('Note, such as an order or a warranty')
      await note.fill('Ordered on')
      const asked = page.waitForResponse((response) => response.request().postData()?.includes('query Disk(') ?? false)
      await report(api, {
        hostname: 'deneb',
        machineKey: 'key-of-deneb-in-the-browser',
        collectedAt: new Date(),
        disks: [{ serial: 'ZL2A1F0K', model: 'ST4000DM004-2CV104', raw: { 5: 24, 197: 3 }, temperature: 44 }],
      })
      await asked
      await page.getByText('44 °C').first().waitFor()
      expect(await label.inputValue()).toBe('shelf 4, ba')
      expect(await note.inputValue()).toBe('Ordered on')
      await page.route('**/graphql', (route) =>
        route.request().postData()?.includes('mutation') ? route.abort() : route.continue(),
      )
      await page.getByRole('button', { name: 'Save the label' }).click()
      await page
        .getByRole('alert')
        .getByText(/That was not done/)
        .waitFor()
      await page.getByRole('button', { name: 'Close' }).click()
      await page.context().close()
    })

    test('tells of a degraded array at a glance, though every disk of it is well', async () => {
      await api.app.opener.run()
      const { page } = await open('/needs-you')
      await page.getByText('md0 works with 1 of 2 members').waitFor()
      await page.getByRole('link', { name: /^The array md0 of .* is degraded$/ }).click()
      await page.getByRole('heading', { name: 'Arrays and pools' }).waitFor()
      await page.context().close()
    })

    test('speaks French when asked to, reasons included, and remembers it', async () => {
      const { page } = await open('/settings')
      await page.getByLabel('Français').check()
      await page.getByRole('heading', { name: 'Réglages' }).waitFor()
      await page.goto(`${api.url}/disks/${disk}`)
      await page.getByText('3 secteurs sont illisibles et peut-être perdus.').first().waitFor()
      await page.reload()
      await page.getByRole('link', { name: 'Vue d’ensemble' }).waitFor()
      expect(await page.locator('html').getAttribute('lang')).toBe('fr')
      await page.context().close()
    })

    test('is walked by keyboard: the skip link first, then the pages', async () => {
      const { page } = await open('/')
      await settled(page)
      await page.keyboard.press('Tab')
      expect(await page.evaluate(() => document.activeElement?.textContent)).toBe('Skip to the content')
      await page.keyboard.press('Enter')
      expect(await page.evaluate(() => document.activeElement?.id)).toBe('main')
      await page.context().close()
    })

    test('retires a machine after asking, and shows markup in a name as it is written', async () => {
      await report(api, {
        hostname: '<i>old</i>',
        machineKey: 'key-of-the-old-machine',
        collectedAt: new Date(),
        disks: [],
      })
      const { page } = await open('/machines')
      await page.getByRole('link', { name: '<i>old</i>' }).click()
      await page.getByRole('button', { name: 'Retire this machine' }).click()
      await page.getByRole('dialog').getByRole('button', { name: 'Retire this machine' }).click()
      await page.getByText(/^Retired/).waitFor()
      await until(
        async () =>
          (await api.ask('{ machines(filter: { search: "old" }) { totalCount } }')).data.machines.totalCount === 0,
        'the machine to leave the list',
      )
      await page.context().close()
    })
  })
})
