import type { Browser } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { insertRows } from '../../api/src/database/rows.ts'
import { agentOfPath, sinceOf } from '../../api/src/deposit/unawaited.ts'
import { UnawaitedFile } from '../../api/src/deposit/unawaited-file.entity.ts'
import { walkFiles } from '../../api/src/files/walk-files.ts'
import { RoomLevel } from '../../api/src/storage/forecast.ts'
import { Room, RoomUse } from '../../api/src/room/room.entity.ts'
import { FileRoot } from '../../api/src/backups/backup-file.entity.ts'
import { type Backups, backupsOn, dump, gz } from '../../api/test/deposit.ts'
import { startApi, type TestApi, until } from '../../api/test/start-api.ts'
import { CHROMIUM, inspect, launch, type Look, LOOKS, openPage, type Session, settled, signIn } from './browser.ts'

let api: TestApi
let backups: Backups
let browser: Browser
let session: Session
const DAY = 86_400_000

describe.skipIf(!CHROMIUM)('The pages of backups', () => {
  const open = (path: string, look?: Look) => openPage({ browser, api, session }, path, look)

  beforeAll(async () => {
    api = await startApi({ SCANNER_INTERVAL_MINUTES: '1440', VIGIE_LOG_LEVEL: 'silent' })
    backups = backupsOn(api)
    browser = await launch()
    session = await signIn(browser, api)
  })
  afterAll(async () => {
    await browser?.close()
    await api?.stop()
  })

  test('say how to begin, and a job is made by the form, with what it means before it is saved', async () => {
    api.clock.now = new Date()
    const { page, faults } = await open('/backups')
    await page.getByText('No backup is expected yet.').waitFor()
    await page.getByRole('link', { name: 'Expect a backup' }).click()
    await page.getByLabel('Agent', { exact: true }).fill('lyon-01')
    await page.getByLabel('Database').fill('{crm}')
    await page.getByText(/^must be 1 to 128/).waitFor()
    await page.getByLabel('Database').fill('crm')
    await page.getByLabel('How often').selectOption('HOURLY')
    await page
      .getByText(/Kept as lyon-01\/crm\//)
      .first()
      .waitFor()
    expect(await page.getByText(/UTC$/).count()).toBeGreaterThanOrEqual(5)
    await page.getByText('Paths').click()
    await page.getByLabel('File in the vault').fill('{agent_id}/{file_name}')
    await page.getByText('Only the latest stays at this path').waitFor()
    await page.getByLabel('File in the vault').fill('')
    await page.getByRole('button', { name: 'Save' }).click()
    await page.getByRole('heading', { name: 'crm lyon-01' }).waitFor()
    expect(faults).toEqual([])
    await page.context().close()
  })

  test('say at its field what is wrong with what was typed, and send nothing before it is right', async () => {
    const { page, faults } = await open('/backups/new', { theme: 'light', width: 390, locale: 'fr' })
    await page.getByRole('button', { name: 'Enregistrer' }).click()
    const agent = page.getByLabel('Agent', { exact: true })
    await page.getByText('Ce champ est obligatoire.').first().waitFor()
    expect(await agent.evaluate((input) => input === document.activeElement)).toBe(true)
    expect(await agent.getAttribute('aria-invalid')).toBe('true')
    await agent.fill('lyon-02')
    await page.getByLabel('Base').fill('crm')
    await page.getByLabel('par jour').fill('30 j')
    await page.getByText(/^Un nombre entier de 0 à 10\s000\.$/).waitFor()
    await page.getByRole('button', { name: 'Enregistrer' }).click()
    await page.getByText('Un champ est à corriger.').waitFor()
    expect(await page.getByText('is needed').count()).toBe(0)
    expect(await page.getByLabel('par jour').inputValue()).toBe('30 j')
    expect((await api.ask('{ expectedJobs { totalCount } }')).data.expectedJobs.totalCount).toBe(1)
    await page.getByLabel('par jour').fill('30')
    await page.getByRole('button', { name: 'Enregistrer' }).click()
    await page.getByRole('heading', { name: 'crm lyon-02' }).waitFor()
    await api.ask('mutation ($id: ID!) { deleteExpectedJob(id: $id) { id } }', { id: page.url().split('/').at(-1) })
    expect(faults).toEqual([])
    await page.context().close()
  })

  test('turn from due to good by themselves when the file has come, with the evidence', async () => {
    const { page } = await open('/backups')
    await page.getByRole('link', { name: 'crm' }).click()
    const due = new Date(
      (await api.ask('{ expectedJobs { nodes { nextDueAt } } }')).data.expectedJobs.nodes[0].nextDueAt,
    )
    api.clock.now = new Date(due.getTime() + 60_000)
    await backups.scan()
    await page.getByText('Due now').or(page.getByText('Past its time, not judged')).first().waitFor()
    backups.send({ startedAt: due.toISOString() })
    await backups.scan()
    await page.getByRole('cell', { name: 'Good' }).waitFor()
    await page.getByRole('link', { name: 'Show the evidence' }).last().click()
    await page.getByText('Dump is complete:').waitFor()
    await page
      .getByText(/\/lyon-01\/crm\/\d/)
      .first()
      .waitFor()
    // What each step of the run said, and what the backup is compared with.
    await page
      .getByRole('listitem')
      .filter({ hasText: /^BACKUP: passed/ })
      .waitFor()
    await page.getByText('SHA-256 of the good one before').waitFor()
    await page.context().close()
  })

  describe('with a fortnight of nights', () => {
    let job = ''
    /** The address of an entry by the words of its verdict. */
    const entries = new Map<string, string>()
    beforeAll(async () => {
      const places = [
        {
          agentId: 'lyon-02',
          databaseName: 'crm',
          companyName: 'ACME',
          city: 'Lyon 3e',
          runbook: 'Call the night watch: +33 4 00 00 00 00.',
        },
        { agentId: 'lyon-02', databaseName: 'erp', companyName: 'ACME', city: 'Lyon 3e' },
        { agentId: 'paris-01', databaseName: 'shop', companyName: 'ACME', city: 'Paris' },
        { agentId: 'brest-01', databaseName: 'wiki', companyName: 'Ar Mor', city: 'Brest', keepDaily: 7 },
        { agentId: 'nas', databaseName: 'photos' },
      ]
      // The last day whose night is over, grace and all: these tests also run at midnight.
      const today = Math.floor((Date.now() - 4 * 3_600_000) / DAY) * DAY
      api.clock.now = new Date(today - 15 * DAY)
      const jobs = []
      for (const place of places) jobs.push(await backups.job(place))
      job = jobs[0].id
      for (let day = 14; day >= 0; day -= 1) {
        const due = new Date(today - day * DAY + 2 * 3_600_000)
        api.clock.now = new Date(Math.min(due.getTime() + 5 * 60_000, Date.now()))
        for (const { agentId: agent, databaseName: database } of places) {
          const startedAt = due.toISOString()
          const content = gz(dump(40 + ((day * 7) % 11) * 30, !(database === 'erp' && day === 3)))
          if (database === 'shop' && day < 2) continue
          if (database === 'crm' && day === 0)
            backups.send({
              agent,
              database,
              startedAt,
              put: null,
              backup: { status: false, error_message: 'mysqldump: Got error: 2002: Can’t connect' },
            })
          else if (database === 'wiki' && day === 5)
            backups.send({ agent, database, startedAt, content, put: content.subarray(0, 60), compress: { size: 60 } })
          else backups.send({ agent, database, startedAt, content })
        }
        await backups.scan()
        api.clock.now = new Date(due.getTime() + 3_700_000)
        await backups.scan()
      }
      const { data } = await api.ask(
        '{ backupEntries(first: 200) { nodes { id status proof expectedAt job { id databaseName } } } }',
      )
      for (const entry of data.backupEntries.nodes)
        entries.set(`${entry.job.databaseName} ${entry.status}`, `/backups/${entry.job.id}/entries/${entry.id}`)
      backups.send({ agent: 'nantes-01', database: 'new', startedAt: new Date(today).toISOString() })
      backups.put('lyon-02/log/broken.json', '{"agent_id": "lyon-02", "databases": {')
      backups.put(
        `lyon-02/databases/${'a long name of a file that nobody awaits '.repeat(4)}.sql.gz`,
        Buffer.alloc(7e6),
      )
      backups.put('nas/databases/photos-2025.tar', Buffer.alloc(3e6))
      await backups.scan()
      api.clock.now = new Date()
      // As the survey of a later day keeps them.
      const lying = walkFiles({ root: backups.deposit, most: 1000 }).files
      await insertRows(
        api.orm.em.fork(),
        UnawaitedFile,
        lying
          .filter(({ path }) => /nobody awaits|photos-2025/.test(path))
          .map(({ path, stamp }) => ({
            id: path.slice(0, 20),
            root: FileRoot.DEPOSIT,
            path,
            agentId: agentOfPath(path),
            ...stamp,
            since: sinceOf(stamp),
            sha256: null,
            provenBy: null,
          })),
      )
      const room = { used: 4.1e11, free: 9e10, readAt: api.clock.now, unreadable: null, days: [] }
      const fullAt = new Date(Date.now() + 9 * DAY)
      await insertRows(api.orm.em.fork(), Room, [
        {
          ...room,
          id: 'a',
          path: '/srv/backups',
          uses: [RoomUse.DEPOSIT, RoomUse.VAULT],
          level: RoomLevel.LOW,
          fullAt,
        },
        {
          ...room,
          id: 'b',
          path: '/var/lib/vigie',
          uses: [RoomUse.DATA],
          used: 2e9,
          level: RoomLevel.ENOUGH,
          fullAt: null,
        },
      ])
    })

    const pages = (): [string, string][] => [
      ['overview-backups', '/'],
      ['backups', '/backups'],
      ['job', `/backups/${job}`],
      ['job-form', `/backups/${job}/edit`],
      ['entry-good', String(entries.get('photos SUCCESS'))],
      ['entry-failed', String(entries.get('crm FAILED'))],
      ['entry-damaged', String(entries.get('wiki TRANSFER_INTEGRITY_FAILED'))],
      ['entry-missing', String(entries.get('shop MISSING'))],
      ['inbox', '/backups/inbox'],
      ['scanner', '/backups/scanner'],
      ['needs-you-backups', '/needs-you'],
    ]

    test.each(LOOKS)(
      'are accessible (WCAG 2.2 AA), ask no other host and fit their window: %j',
      { timeout: 120_000 },
      async (look) => {
        for (const [name, path] of pages()) {
          const { page, faults } = await open(path, look)
          await settled(page)
          await inspect(page, faults, name, look)
          await page.context().close()
        }
      },
    )

    test('show what needs somebody first, go by company, and are found by a condition that stands in the address', async () => {
      const { page } = await open('/backups')
      await page.getByRole('heading', { name: '2 backups need you.' }).waitFor()
      const headings = () => page.getByRole('rowheader').allTextContents()
      expect((await headings())[0]?.trim()).toBe('Need you 2')
      await page.goto(`${api.url}/backups?sort=company`)
      await page.getByRole('rowheader', { name: /^ACME · Paris/ }).waitFor()
      expect((await headings()).map((text) => text.trim())).toEqual([
        'Without a company 2',
        'ACME · Lyon 3e 2',
        'ACME · Paris 1',
        'Ar Mor · Brest 1',
      ])
      await page.getByRole('button', { name: 'Filter…' }).click()
      await page.getByRole('menuitem', { name: 'failed', exact: true }).click()
      await page.waitForURL(/that=status.FAILED/)
      await page.getByRole('link', { name: 'shop' }).waitFor({ state: 'detached' })
      await page.reload()
      await page.getByRole('link', { name: 'crm' }).waitFor()
      await page.getByRole('button', { name: 'Remove: failed' }).waitFor()
      await page.context().close()
    })

    test('take a file out of quarantine for a reason, and make a job of what nobody had declared', async () => {
      const { page } = await open('/backups/inbox')
      await page.getByText('The report is no whole JSON').waitFor()
      const before = await page.getByRole('button', { name: 'Accept anyway' }).count()
      await page.getByRole('button', { name: 'Accept anyway' }).first().click()
      await page.getByLabel('Why is it good all the same?').fill('Restored by hand and compared.')
      await page.locator('form').getByRole('button', { name: 'Accept anyway' }).click()
      await until(
        async () => (await page.getByRole('button', { name: 'Accept anyway' }).count()) === before - 1,
        'it to leave the quarantine',
      )
      await page.getByRole('link', { name: 'Expect it from now on' }).click()
      expect(await page.getByLabel('Database').inputValue()).toBe('new')
      await page.getByRole('button', { name: 'Save' }).click()
      await page.getByRole('heading', { name: 'new nantes-01' }).waitFor()
      await page.context().close()
    })

    test.each(LOOKS)('show how long they are kept, in %j', async (look) => {
      const { page, faults } = await open('/settings/retention', look)
      await page.getByRole('link', { name: 'wiki' }).waitFor()
      await page.locator('#keepDaily').fill('2')
      await page.getByText(/^(These rules would delete|Ces règles supprimeraient) \d+/).waitFor()
      await page.locator('tbody').getByRole('checkbox').first().check()
      await inspect(page, faults, 'retention', look)
      await page.context().close()
    })

    test('say what other rules would delete before they are set, and refuse what is no number at its field', async () => {
      const { page, faults } = await open('/settings/retention')
      await page.getByRole('checkbox', { name: 'Choose brest-01/wiki' }).check()
      await page.getByText('Write rules above to set them for these.').waitFor()
      await page.getByLabel('daily').fill('30 j')
      await page.getByText('A whole number, at most 10,000').waitFor()
      expect(await page.getByLabel('daily').getAttribute('aria-invalid')).toBe('true')
      expect(await page.getByRole('button', { name: 'Set these rules…' }).count()).toBe(0)
      await page.getByLabel('daily').fill('400')
      await page.waitForURL(/rules=(,|%2C)400/)
      await page.getByText('These rules would delete nothing.').waitFor()
      await page.getByRole('button', { name: 'Set these rules…' }).click()
      await page.getByText('brest-01/wiki keeps 400 daily from now on').waitFor()
      await page.getByRole('dialog').getByRole('button', { name: 'Set these rules…' }).click()
      await page.getByText('The rules of 1 job are set.').first().waitFor()
      const row = page.getByRole('row').filter({ hasText: 'wiki' })
      await row.getByText('400 daily').waitFor()
      await page.getByRole('button', { name: 'Back to each job’s own' }).click()
      await page.getByText('Tonight Vigie deletes nothing.').waitFor()
      expect(faults).toEqual([])
      await page.context().close()
    })

    test('lead from a night of the strip to what became of it, by keyboard', async () => {
      const { page, faults } = await open('/backups')
      const strip = page.getByRole('row').filter({ hasText: 'wiki' }).getByRole('slider')
      await strip.focus()
      for (let nights = 0; nights < 40; nights += 1) {
        if (/Damaged in transfer/.test(String(await strip.getAttribute('aria-valuetext')))) break
        await page.keyboard.press('ArrowLeft')
      }
      await page.keyboard.press('Enter')
      await page.getByRole('heading', { level: 1, name: 'It was damaged on its way.' }).waitFor()
      expect(page.url()).toContain(entries.get('wiki TRANSFER_INTEGRITY_FAILED'))
      await page.goto(`${api.url}${String(entries.get('wiki SUCCESS')).replace(/entries.*/, 'days/2020-01-01')}`)
      await page.getByText('Nothing was expected on that day.').waitFor()
      expect(faults).toEqual([])
      await page.context().close()
    })

    test('say of one backup what became of it, with the evidence of each step, and from which to restore', async () => {
      const { page, faults } = await open(String(entries.get('wiki TRANSFER_INTEGRITY_FAILED')))
      await page.getByRole('heading', { level: 1, name: 'It was damaged on its way.' }).waitFor()
      await page.getByText('They differ: it is not the file that was sent.').waitFor()
      await page.getByText(/^The newest that can be restored from is that of/).waitFor()
      expect(await page.locator('pre', { hasText: 'sha256sum' }).textContent()).toMatch(/sha256sum -c\s*gzip -dc '/)
      await page.getByRole('link', { name: /^← / }).click()
      await page.getByRole('heading', { level: 1, name: 'This backup is proven.' }).waitFor()
      await page.getByText('It can be restored from.').waitFor()
      await page.getByRole('button', { name: 'Protect' }).click()
      await page.getByRole('button', { name: 'Protected' }).waitFor()
      await page.getByRole('link', { name: / →$/ }).click()
      await page.getByRole('heading', { level: 1, name: 'It was damaged on its way.' }).waitFor()
      await page.getByRole('link', { name: 'wiki, brest-01' }).click()
      await page.getByRole('heading', { level: 1, name: /^wiki/ }).waitFor()
      expect(faults).toEqual([])
      await page.context().close()
    })

    test('lead from a mail of a former version to what needs somebody, and say why nobody is told by mail', async () => {
      const { page } = await open('/alerts')
      await page.getByText('Mail is off: EMAIL_HOST is not set.').waitFor()
      await page.waitForURL(/needs-you/)
      await page.getByRole('link', { name: /^The backup shop of paris-01 is missing/ }).waitFor()
      await page.getByRole('button', { name: 'Show' }).click()
      await page
        .getByText(/· over/)
        .first()
        .waitFor()
      await page.context().close()
    })

    test('list what nobody awaits, and delete it when it is confirmed', async () => {
      const { page, faults } = await open('/backups/scanner')
      await page.getByRole('heading', { name: 'Room', exact: true }).waitFor()
      await page.getByText(/% in use, .* free\. Full on/).waitFor()
      const file = page.getByRole('listitem').filter({ hasText: 'photos-2025.tar' })
      await file.getByText('the vault does not hold it').waitFor()
      await file.getByRole('button', { name: 'Delete' }).click()
      await page.getByText('it is gone for good').waitFor()
      await page.getByRole('dialog').getByRole('button', { name: 'Delete' }).click()
      await file.waitFor({ state: 'detached' })
      expect(faults).toEqual([])
      await page.context().close()
    })

    test('scan at a button and tell what it did', async () => {
      const { page } = await open('/backups/scanner')
      await page.getByRole('button', { name: 'Scan now' }).click()
      await page.getByText(/judged, .* promoted/).waitFor()
      await page.context().close()
    })
  })
})
