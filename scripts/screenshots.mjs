// The pictures of the README, taken of the demo in real Chromium: `npm run screenshots -w dashboard`.
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { chromium } from 'playwright-core'

const ROOT = join(import.meta.dirname, '..')
const CHROMIUM = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'].find(existsSync)
const PORT = '8090'
const PAGES = [
  { file: 'overview', path: '/', height: 1250 },
  { file: 'backups', path: '/backups', height: 1000 },
  // The worst of all disks is the first.
  { file: 'disk', path: '/disks', follow: 'main tbody a', shows: 'main figure canvas', height: 1250 },
]

/** The demo, in a process group of its own: its history is made by one process and shown by another. */
const demo = spawn(process.execPath, ['scripts/vigie.cjs', 'demo'], {
  cwd: ROOT,
  env: { ...process.env, VIGIE_DEMO_DIR: '.cache/demo', VIGIE_DEMO_PORT: PORT, VIGIE_LOG_LEVEL: 'error' },
  stdio: ['ignore', 'pipe', 'inherit'],
  detached: true,
})
const ended = once(demo, 'exit')

/** The link that signs in once, when the demo has printed its whole line. */
const link = new Promise((resolve, reject) => {
  let printed = ''
  demo.stdout.setEncoding('utf8').on('data', (text) => {
    printed += text
    const found = /^(http\S+\/sign-in#\S+)\n/m.exec(printed)?.[1]
    if (found) resolve(found)
  })
  ended.then(([code]) => reject(new Error(`The demo ended with ${code}:\n${printed}`)), reject)
})

let browser = null
try {
  const first = await link
  browser = await chromium.launch({ executablePath: CHROMIUM, args: ['--no-sandbox', '--disable-gpu'] })
  const page = await browser.newPage({ viewport: { width: 1280, height: 1000 }, colorScheme: 'light', locale: 'en' })
  await page.goto(first)
  await page.getByRole('button', { name: 'Sign in' }).click()
  await page.waitForSelector('main h1')
  for (const { file, path, follow, shows = 'main h1', height } of PAGES) {
    await page.setViewportSize({ width: 1280, height })
    await page.goto(new URL(path, first).href, { waitUntil: 'networkidle' })
    if (follow) await Promise.all([page.waitForURL(/\/disks\/.+/), page.locator(follow).first().click()])
    await page.waitForSelector(shows)
    // Until nothing is on its way any more: charts come with a file of their own.
    await page.waitForLoadState('networkidle')
    await page.screenshot({ path: join(ROOT, 'docs/images', `${file}.png`) })
  }
} finally {
  await browser?.close()
  if (demo.exitCode === null) process.kill(-demo.pid, 'SIGTERM')
  await ended.catch(() => undefined)
}
