import { readdir, readFile, stat } from 'node:fs/promises'
import { join } from 'node:path'
import type { Run } from '../platform/command.ts'
import { RebootReason } from '../report/reboot-reason.ts'
import type { RebootFacts } from '../report/updates.ts'
import { buildOf, flavourOf } from './kernel.ts'

type Reason = RebootFacts['reasons'][number]

export interface RebootPlaces {
  /** Folder of reboot-required. */
  runDir: string
  bootDir: string
  etcKernel: string
  proc: string
}

const PLACES: RebootPlaces = { runDir: '/run', bootDir: '/boot', etcKernel: '/etc/kernel', proc: '/proc' }

/** Why this machine should be restarted. `isContainer`: it runs on the kernel of its host, and has none of its own. */
export async function collectReboot(
  run: Run,
  isContainer: boolean,
  places: RebootPlaces = PLACES,
): Promise<RebootFacts> {
  const asked = await readAsked(places.runDir)
  const kernel = isContainer ? null : await readKernel(run, places)
  return {
    reasons: [...(asked ? [asked] : []), ...(kernel?.reason ? [kernel.reason] : [])],
    kernelChecked: kernel !== null,
    runningKernel: await uname(run, '-r'),
    bootedAt: await readBootTime(places.proc),
  }
}

/**
 * /run/reboot-required, which packages write where unattended-upgrades, update-notifier-common or reboot-notifier is
 * installed: that it is absent says nothing elsewhere.
 */
async function readAsked(runDir: string): Promise<Reason | null> {
  const since = await changedAt(join(runDir, 'reboot-required'))
  if (since === null) return null
  const packages = await readFile(join(runDir, 'reboot-required.pkgs'), 'utf8').catch(() => '')
  const names = [...new Set(packages.slice(0, 65_536).split(/\s+/).filter(Boolean))].sort()
  return { code: RebootReason.ASKED, detail: names.join(', ').slice(0, 512) || null, since }
}

const LEFTOVER = /\.(?:old|bak|orig|signed|efi|dpkg-\w+)$/

/** Null = nothing can be told: its kernel is none of those in /boot. */
async function readKernel(run: Run, places: RebootPlaces): Promise<{ reason: Reason | null } | null> {
  const running = await uname(run, '-r')
  if (running === null) return null
  const names = await readdir(places.bootDir).catch(() => [])
  // What was kept of an older build is no kernel that waits.
  const installed = names.flatMap((name) => (LEFTOVER.test(name) ? [] : (/^vmlinu[xz]-(\S+)$/.exec(name)?.[1] ?? [])))
  const ofFlavour = installed.filter((release) => flavourOf(release) === flavourOf(running))
  if (ofFlavour.length === 0) return null
  const wanted = (await readPin(places.etcKernel)) ?? (await newestOf(run, [...ofFlavour, running]))
  if (wanted === null) return null
  if (wanted !== running) {
    const since = await changedAt(join(places.bootDir, `vmlinuz-${wanted}`))
    return { reason: { code: RebootReason.KERNEL_NEWER, detail: wanted.slice(0, 512), since } }
  }
  return { reason: await readRebuilt(run, running, places) }
}

/** Proxmox VE boots the kernel that its owner pinned (proxmox-boot-tool(8)); null = none is. */
async function readPin(etcKernel: string): Promise<string | null> {
  for (const name of ['next-boot-pin', 'proxmox-boot-pin']) {
    const pin = (await readFile(join(etcKernel, name), 'utf8').catch(() => '')).trim()
    if (/^\S{1,255}$/.test(pin)) return pin
  }
  return null
}

/** By dpkg's own order of versions; null = it could not be asked. */
async function newestOf(run: Run, releases: readonly string[]): Promise<string | null> {
  let newest = releases[0] ?? null
  for (const release of releases) {
    const later = await run('dpkg', ['--compare-versions', release, 'gt', newest ?? '']).catch(() => null)
    // 0 and 1 are answers, 2 is none (dpkg(1)).
    if (later?.status !== 0 && later?.status !== 1) return null
    if (later.status === 0) newest = release
  }
  return newest
}

/** A security update of a kernel may bear the same name: the package then is newer than what runs. */
async function readRebuilt(run: Run, running: string, { bootDir }: RebootPlaces): Promise<Reason | null> {
  const build = buildOf((await uname(run, '-v')) ?? '')
  if (build === null) return null
  // linux-image-… of Debian, proxmox-kernel-… or pve-kernel-… of Proxmox VE: whose file it is.
  const owner = await run('dpkg-query', ['-S', `/boot/vmlinuz-${running}`]).catch(() => null)
  const name = /^([^:,\s]{1,255})(?::\S{1,64})?: /.exec(owner?.stdout ?? '')?.[1]
  if (!name) return null
  const told = await run('dpkg-query', ['-W', '-f=${Version}', name]).catch(() => null)
  const version = told?.status === 0 ? told.stdout.trim() : ''
  if (version === '' || version === build) return null
  const later = await run('dpkg', ['--compare-versions', version, 'gt', build]).catch(() => null)
  if (later?.status !== 0) return null
  const since = await changedAt(join(bootDir, `vmlinuz-${running}`))
  return { code: RebootReason.KERNEL_REBUILT, detail: `${running} ${version}`.slice(0, 512), since }
}

const uname = (run: Run, what: string): Promise<string | null> =>
  run('uname', [what], { timeoutMs: 5000 }).then(
    ({ stdout }) => stdout.trim().slice(0, 512) || null,
    () => null,
  )

/** When it came here: a package brings the time at which its files were built. */
const changedAt = (file: string): Promise<string | null> =>
  stat(file).then(
    ({ ctime }) => ctime.toISOString(),
    () => null,
  )

/** proc(5), /proc/stat: btime, in seconds. */
async function readBootTime(proc: string): Promise<string | null> {
  const stat = await readFile(join(proc, 'stat'), 'utf8').catch(() => '')
  const seconds = Number(/^btime (\d+)$/m.exec(stat)?.[1])
  return seconds > 0 ? new Date(seconds * 1000).toISOString() : null
}
