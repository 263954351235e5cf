// The pictures of the README, taken of the demo in real Chromium: `npm run screenshots`.
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
  { file: 'disk', path: '/disks', follow: 'main tbody a', height: 1250 },
]

/** The address of the demo and a link that signs in once. */
async function startDemo() {
  const env = { ...process.env, VIGIE_DEMO_DIR: '.cache/demo', VIGIE_DEMO_PORT: PORT, VIGIE_LOG_LEVEL: 'error' }
  const demo = spawn(process.execPath, ['scripts/vigie.cjs', 'demo'], {
    cwd: ROOT,
    env,
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  let printed = ''
  for await (const chunk of demo.stdout) {
    printed += chunk
    const link = /^http\S+\/sign-in#\S+$/m.exec(printed)?.[0]
    if (link) return { demo, link }
  }
  throw new Error(`The demo did not start:\n${printed}`)
}

const { demo, link } = await startDemo()
const browser = await chromium.launch({ executablePath: CHROMIUM, args: ['--no-sandbox', '--disable-gpu'] })
try {
  const page = await browser.newPage({ viewport: { width: 1280, height: 1000 }, colorScheme: 'light', locale: 'en' })
  await page.goto(link)
  await page.getByRole('button', { name: 'Sign in' }).click()
  await page.waitForSelector('main h1')
  for (const { file, path, follow, height } of PAGES) {
    await page.setViewportSize({ width: 1280, height })
    await page.goto(new URL(path, link).href, { waitUntil: 'networkidle' })
    if (follow) await Promise.all([page.waitForURL(/\/disks\/.+/), page.locator(follow).first().click()])
    await page.waitForSelector('main h1')
    // Until nothing is on its way any more: charts come with a file of their own.
    await page.waitForLoadState('networkidle')
    await page.screenshot({ path: join(ROOT, 'docs/images', `${file}.png`) })
  }
} finally {
  await browser.close()
  demo.kill('SIGTERM')
  await once(demo, 'exit')
}
