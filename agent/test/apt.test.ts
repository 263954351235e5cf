import { chmodSync, copyFileSync, existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { packagesSection } from '../src/report/packages.ts'
import { aptSection, rebootSection } from '../src/report/updates.ts'
import { type AptMachine, canMakeAptMachines, isMade, makeAptMachine } from './apt-machine.ts'
import { DISTRIBUTIONS, SYSTEMS } from './apt-scenario.ts'
import { snapshotOf } from './folder-snapshot.ts'

// The agent as its users run it, on machines whose packages were made for this: what its report says of each of them.
const AGENT = resolve(import.meta.dirname, '../dist/agent.mjs')
const NODE_18 = resolve(import.meta.dirname, '../../.cache/node18/package/bin/node')
const MINUTES = 60_000

interface Section {
  kind: string
  unavailable: { code: string; text: string } | null
  payload: string | null
}

async function report(machine: AptMachine, env: Record<string, string> = {}): Promise<Section[]> {
  const { stdout, stderr, status } = await machine.exec('/opt/node', ['/opt/agent.mjs', 'print'], {
    env: { VIGIE_STATE_DIR: '/var/lib/vigie-agent', ...env },
  })
  expect(stderr).toBe('')
  expect(status).toBe(0)
  return (JSON.parse(stdout) as { sections: Section[] }).sections
}

async function updates(machine: AptMachine, env?: Record<string, string>) {
  const section = (await report(machine, env)).find(({ kind }) => kind === 'apt')
  expect(section?.unavailable).toBeNull()
  return aptSection.parse(JSON.parse(section?.payload ?? 'null'))
}

const UPGRADE = { change: 'UPGRADE', kept: null, installed: '1.0', candidate: '1.1' }
const KEEP = { change: 'KEEP', installed: '1.0', candidate: '1.1' }
/** What every one of these systems must say of the packages of the scenario, and of nothing else. */
const EXPECTED = {
  'plain-update': { ...UPGRADE, security: false },
  'secure-thing': { ...UPGRADE, security: true },
  'both-pockets': { ...UPGRADE, security: true },
  'hidden-security': { ...UPGRADE, candidate: '1.2', security: true },
  'needs-new': { ...UPGRADE, candidate: '2.0', security: false },
  'brand-new': { change: 'INSTALL', kept: null, installed: null, candidate: '1.0', security: false },
  'replacing-thing': { ...UPGRADE, candidate: '2.0', security: false },
  'removable-thing': { change: 'REMOVE', kept: null, installed: '1.0', candidate: null, security: false },
  // Its publisher has no archive for security: nobody can tell.
  'outside-thing': { ...UPGRADE, security: null },
  'vigie-security-tool': { ...UPGRADE, security: false },
  'held-thing': { ...KEEP, kept: 'HELD', security: true },
  'phased-thing': { ...KEEP, kept: 'PHASED', security: false },
  'conflicting-thing': { ...KEEP, kept: 'DEPENDENCY', security: false },
}

const canTry = canMakeAptMachines && existsSync(NODE_18)
/** CI makes one of them; a test that fetches the others would fail with its mirrors. */
const made = SYSTEMS.filter(isMade)

describe.skipIf(!canTry).each(made.length > 0 ? made : SYSTEMS.slice(1, 2))('what apt of %s would change', (system) => {
  let machine: AptMachine

  beforeAll(async () => {
    machine = await makeAptMachine(system)
    copyFileSync(NODE_18, join(machine.root, 'opt/node'))
    copyFileSync(AGENT, join(machine.root, 'opt/agent.mjs'))
  }, 10 * MINUTES)

  afterAll(() => machine?.remove())

  const changed = async (env?: Record<string, string>) => {
    const facts = await updates(machine, env)
    return Object.fromEntries(
      facts.changes?.map(({ name, change, kept, installed, candidate, security }) => [
        name,
        { change, kept, installed, candidate, security },
      ]) ?? [],
    )
  }

  test(
    'is told package by package, with what is kept back and why, and which mend security holes',
    { timeout: MINUTES },
    async () => {
      expect(await changed()).toEqual(EXPECTED)
      const { changes, problem, downloadBytes, busy, interrupted, broken, proxy } = await updates(machine)
      expect(proxy).toEqual({ mode: 'DIRECT', url: null })
      expect({ problem, busy, interrupted, broken }).toEqual({
        problem: null,
        busy: null,
        interrupted: false,
        broken: [],
      })
      expect(downloadBytes).not.toBeNull()
      const security = changes?.find(({ name }) => name === 'secure-thing')
      const label = system.startsWith('debian') ? 'Debian-Security' : 'Ubuntu'
      expect(security?.origins).toMatchObject([{ label, archive: `${DISTRIBUTIONS[system].suite}-security` }])
      const outside = changes?.find(({ name }) => name === 'outside-thing')
      expect(outside?.origins).toMatchObject([{ origin: 'Example', label: 'Example Debian Repository' }])
    },
  )

  test('stands beside everything that is installed, as dpkg itself tells it', { timeout: MINUTES }, async () => {
    const told = (await report(machine)).find(({ kind }) => kind === 'packages')
    expect(told?.unavailable).toBeNull()
    const { packages, busy } = packagesSection.parse(JSON.parse(told?.payload ?? 'null'))
    const { stdout } = await machine.exec('dpkg', ['-l'])
    const listed = stdout.split('\n').filter((line) => /^[ih]i /.test(line))
    expect(packages).toHaveLength(listed.length)
    expect(busy).toBeNull()
    const held = packages.filter(({ held }) => held).map(({ name, version }) => `${name} ${version}`)
    expect(held).toEqual(['held-thing 1.0'])
    expect(packages.find(({ name }) => name === 'libc6')).toMatchObject({ source: 'glibc', held: false })
    // As fresh as the system, by the files of dpkg.
    expect(packages.every(({ installedAt }) => installedAt !== null && Date.parse(installedAt) <= Date.now())).toBe(
      true,
    )
  })

  test('is the same plan whether its hook answers or its lines for humans are read', { timeout: MINUTES }, async () => {
    const byHook = await updates(machine, { VIGIE_STATE_DIR: '/var/lib/by-hook' })
    // An agent that cannot be started as a hook: apt fails with it, and is asked again without.
    writeFileSync(join(machine.root, 'opt/start.mjs'), "process.argv[1] = '/gone.mjs'; import('/opt/agent.mjs')")
    const { stdout } = await machine.exec('/opt/node', ['/opt/start.mjs', 'print'], {
      env: { VIGIE_STATE_DIR: '/var/lib/by-lines' },
    })
    const { sections } = JSON.parse(stdout) as { sections: Section[] }
    const byLines = aptSection.parse(JSON.parse(sections.find(({ kind }) => kind === 'apt')?.payload ?? 'null'))
    expect(byLines.planHash).toBe(byHook.planHash)
    const sorted = (changes: typeof byHook.changes) => [...(changes ?? [])].sort((a, b) => (a.name < b.name ? -1 : 1))
    expect(sorted(byLines.changes)).toEqual(sorted(byHook.changes))
  })

  test('is read without writing a byte to what belongs to apt and dpkg', { timeout: MINUTES }, async () => {
    await machine.exec('rm', ['-f', '/var/cache/apt/pkgcache.bin', '/var/cache/apt/srcpkgcache.bin'])
    const folders = ['var/cache/apt', 'var/lib/apt', 'var/lib/dpkg', 'etc'].map((each) => join(machine.root, each))
    const before = snapshotOf(folders)
    await changed({ VIGIE_STATE_DIR: '/var/lib/untouched' })
    expect(snapshotOf(folders)).toEqual(before)
  })

  test(
    'is told with pins: none hides a security update, or takes another source for its own',
    { timeout: MINUTES },
    async () => {
      const file = join(machine.root, 'etc/apt/preferences.d/pins')
      const pin = (what: string, how: string, priority: number): string =>
        `Package: ${what}\nPin: ${how}\nPin-Priority: ${priority}\n\n`
      try {
        writeFileSync(
          file,
          pin('*', 'release o=Example', 1000) +
            pin('secure-thing', 'version 1.0', 1001) +
            pin('both-pockets', 'version 1.1', -1),
        )
        const told = await changed()
        const pinned = { change: 'KEEP', kept: 'PINNED', installed: '1.0', candidate: '1.1', security: true }
        expect(told).toEqual({ ...EXPECTED, 'secure-thing': pinned, 'both-pockets': pinned })
      } finally {
        rmSync(file)
      }
    },
  )

  test(
    'is no plan where a source cannot be read: apt would leave it out without a word',
    { timeout: MINUTES },
    async () => {
      const file = join(machine.root, 'etc/apt/sources.list')
      chmodSync(file, 0o600)
      try {
        const asNobody = ['--reuid=65534', '--regid=65534', '--clear-groups', '/opt/node', '/opt/agent.mjs', 'print']
        const { stdout } = await machine.exec('setpriv', asNobody, { env: { VIGIE_STATE_DIR: '/tmp/of-nobody' } })
        const { sections } = JSON.parse(stdout) as { sections: Section[] }
        const facts = aptSection.parse(JSON.parse(sections.find(({ kind }) => kind === 'apt')?.payload ?? 'null'))
        expect(facts).toMatchObject({
          changes: null,
          planHash: null,
          problem: expect.stringContaining('Unable to read'),
        })
      } finally {
        chmodSync(file, 0o644)
      }
    },
  )

  test('is not asked again while packages, lists and settings are as they were', { timeout: MINUTES }, async () => {
    const file = join(machine.root, 'var/lib/vigie-agent/apt.json')
    await changed()
    const kept = readFileSync(file, 'utf8')
    await changed()
    expect(readFileSync(file, 'utf8')).toBe(kept)
    await machine.publish('updates', { name: 'plain-update', version: '1.3' })
    expect((await changed())['plain-update']).toMatchObject({ candidate: '1.3' })
  })

  test('says when the lists were refreshed, and until when they hold', { timeout: MINUTES }, async () => {
    const { refreshedAt, sources } = await updates(machine)
    expect(Date.now() - Date.parse(refreshedAt ?? '')).toBeLessThan(10 * MINUTES)
    expect(sources.length).toBeGreaterThanOrEqual(4)
    await machine.expire()
    const after = await updates(machine)
    const until = after.sources.flatMap(({ validUntil }) => validUntil ?? [])
    expect(until.some((time) => Date.parse(time) < Date.now())).toBe(true)
  })

  test('says that a package is half installed, and that dpkg was interrupted', { timeout: MINUTES }, async () => {
    const name = await machine.breakDpkg()
    expect((await updates(machine)).broken).toEqual([{ name, state: 'half-configured' }])
    await machine.exec('dpkg', ['--purge', '--force-all', name])
    await machine.dirtyJournal()
    expect(await updates(machine)).toMatchObject({
      interrupted: true,
      broken: [{ name: 'plain-update', state: 'unpacked' }],
    })
  })

  test('says who changes packages meanwhile', { timeout: MINUTES }, async () => {
    // The lock of dpkg, as a real run of it holds it: fcntl(2) of perl, which every one of these systems has.
    const holder = [
      'use Fcntl; open(my $lock, "+<", "/var/lib/dpkg/lock-frontend") or die;',
      'my $flock = pack("s s x4 l! l! l x4", F_WRLCK, 0, 0, 0, 0);',
      'fcntl($lock, F_SETLK, $flock) or die; $0 = "unattended-upgr";',
      'system("/opt/node", "/opt/agent.mjs", "print");',
    ]
    const { stdout } = await machine.exec('perl', ['-e', holder.join(' ')], {
      env: { VIGIE_STATE_DIR: '/var/lib/busy' },
    })
    const { sections } = JSON.parse(stdout) as { sections: Section[] }
    const facts = aptSection.parse(JSON.parse(sections.find(({ kind }) => kind === 'apt')?.payload ?? 'null'))
    expect(facts.busy).toMatch(/^\S+ \(\d+\)$/)
  })

  test('asks for a restart where a package does', { timeout: MINUTES }, async () => {
    const restart = async () => {
      const section = (await report(machine)).find(({ kind }) => kind === 'reboot')
      return rebootSection.parse(JSON.parse(section?.payload ?? 'null'))
    }
    expect((await restart()).reasons).toEqual([])
    await machine.exec('sh', [
      '-c',
      'touch /run/reboot-required; printf "linux-base\\nlibc6\\nlinux-base\\n" > /run/reboot-required.pkgs',
    ])
    expect((await restart()).reasons).toMatchObject([{ code: 'ASKED', detail: 'libc6, linux-base' }])
  })
})
