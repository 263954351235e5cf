import { spawnSync } from 'node:child_process'
import {
  chmodSync,
  chownSync,
  cpSync,
  existsSync,
  mkdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { hostname } from 'node:os'
import { join } from 'node:path'
import { type Account, ensureAccount, mustBeRoot } from './account.ts'
import { AGENT_SETTINGS, AGENT_TOKEN, COMMAND, HERE, RELEASES, SETTINGS, STATE, UNITS } from './places.ts'
import { currentRelease, folderOf, makeCurrent, nameOf, type Release, thisBundle } from './release.ts'
import { serverCommand } from './server-command.ts'
import { becomesReady, systemctl, systemdRuns } from './service.ts'
import { localAddress } from './settings.ts'
import { tell, Trouble } from './trouble.ts'

/** Seconds; a service that ends is noticed long before. A Raspberry Pi with a slow card needs minutes for its first start. */
const READY_WITHIN = 600

/** Makes Vigie a service of this machine. Called again, it mends what is missing and touches no setting and no data. */
export async function install(): Promise<void> {
  mustBeRoot('install')
  const bundle = thisBundle()
  const current = currentRelease()
  if (current && nameOf(current) !== nameOf(bundle))
    throw new Trouble(
      `Vigie ${current.version} (${nameOf(current)}) is installed: bring it up to date with vigie update ARCHIVE`,
    )
  const account = ensureAccount()
  const release = placeRelease(bundle)
  makeCurrent(release)
  linkCommand()
  writeSettings(release, account)
  makeFolders(account)
  writeUnits(release)
  tell(`${bundle.version} lies in ${release.folder}, its settings in ${SETTINGS}, its data in ${STATE}`)
  if (systemdRuns()) await startService()
  await connectAgent()
  if (systemdRuns()) systemctl('restart', 'vigie-agent.service')
  else
    tell(
      'systemd does not run here: start `vigie serve` as the user vigie, and `vigie agent run` as root, by what you have',
    )
  if (!hasSmartctl()) tell('to see how the disks of this machine are, it needs smartctl: apt install smartmontools')
  const { status, stdout, stderr } = serverCommand('access', ['link'])
  if (status !== 0) throw new Trouble(`no sign-in link could be made: ${stderr.trim()}`)
  tell('sign in within a day with this link; it works once:')
  console.log(stdout.trim())
}

/** A copy that nobody but root can change; where it was copied before, it is used as it is. */
export function placeRelease(bundle: Release): Release {
  const folder = folderOf(bundle)
  if (folder === HERE || existsSync(join(folder, 'bundle.json'))) return { ...bundle, folder }
  const unfinished = `${folder}.new`
  rmSync(unfinished, { recursive: true, force: true })
  mkdirSync(unfinished, { recursive: true, mode: 0o755 })
  for (const name of bundle.holds)
    cpSync(join(bundle.folder, name), join(unfinished, name), { recursive: true, verbatimSymlinks: true })
  for (const name of ['data', '.env'])
    if (existsSync(join(bundle.folder, name)))
      tell(`${join(bundle.folder, name)} stays where it is: the service begins anew`)
  return sealRelease({ ...bundle, folder: unfinished })
}

/** Gives a folder to root, lets everybody read it, and moves it to its name. */
export function sealRelease(release: Release): Release {
  const folder = folderOf(release)
  for (const [command, ...args] of [
    ['chown', '-R', '0:0', release.folder],
    ['chmod', '-R', 'u+rwX,go=rX', release.folder],
    ['mv', '-T', release.folder, folder],
  ] as const) {
    const { status, stderr } = spawnSync(command, args, { encoding: 'utf8' })
    if (status !== 0) throw new Trouble(`${command} failed: ${stderr.trim()}`)
  }
  return { ...release, folder }
}

function linkCommand(): void {
  rmSync(COMMAND, { force: true })
  mkdirSync(join(COMMAND, '..'), { recursive: true })
  symlinkSync(join(RELEASES, 'current', 'vigie'), COMMAND)
}

/** What the list of settings says for a service. */
const SERVICE_SETTINGS: Record<string, string> = {
  VIGIE_DATA_DIR: `${STATE}/data`,
  VIGIE_LOCAL_AGENT: 'off',
  AGENT_DEPOSITS_PATH: `${STATE}/agent_deposits`,
  VALIDATED_BACKUPS_PATH: `${STATE}/validated_backups`,
  QUARANTINE_PATH: `${STATE}/quarantine`,
}

function writeSettings(release: Release, { gid }: Account): void {
  mkdirSync('/etc/vigie', { recursive: true, mode: 0o755 })
  if (!existsSync(SETTINGS)) {
    const list = readFileSync(join(release.folder, '.env.example'), 'utf8')
    const lines = list.split('\n').map((line) => {
      const name = /^#?([A-Z_]+)=/.exec(line)?.[1]
      const value = name && SERVICE_SETTINGS[name]
      return value ? `${name}=${value}` : line
    })
    writeFileSync(SETTINGS, `# After a change: systemctl restart vigie\n${lines.join('\n')}`, {
      mode: 0o640,
      flag: 'wx',
    })
  }
  chownSync(SETTINGS, 0, gid)
  chmodSync(SETTINGS, 0o640)
}

/** Root keeps the folder that holds them, so that the service can put no link in the place of one of them. */
function makeFolders({ uid, gid, depositGid }: Account): void {
  mkdirSync(STATE, { recursive: true })
  chownSync(STATE, 0, 0)
  chmodSync(STATE, 0o755)
  for (const [name, group, mode] of [
    ['data', gid, 0o700],
    ['validated_backups', gid, 0o700],
    ['quarantine', gid, 0o700],
    // The users of rsync come in here alone, by a group of their own; what they send belongs to it (setgid).
    ['agent_deposits', depositGid, 0o2770],
  ] as const) {
    const folder = join(STATE, name)
    mkdirSync(folder, { recursive: true })
    chownSync(folder, uid, group)
    chmodSync(folder, mode)
  }
}

export function writeUnits(release: Release): void {
  mkdirSync(UNITS, { recursive: true })
  for (const unit of ['vigie.service', 'vigie-agent.service']) cpSync(join(release.folder, unit), join(UNITS, unit))
}

/** The agent of this machine gets a token of its own, which root alone can read; made anew where it is no longer accepted. */
async function connectAgent(): Promise<void> {
  if (!existsSync(AGENT_TOKEN) || (await isRefused(readFileSync(AGENT_TOKEN, 'utf8').trim()))) {
    const { status, stdout, stderr } = serverCommand('access', ['token', `agent of ${hostname()}`.slice(0, 64)])
    if (status !== 0) throw new Trouble(`no token could be made for the agent of this machine: ${stderr.trim()}`)
    writeFileSync(AGENT_TOKEN, stdout, { mode: 0o600 })
  }
  const server = `VIGIE_SERVER=${localAddress()}`
  const known = existsSync(AGENT_SETTINGS) ? readFileSync(AGENT_SETTINGS, 'utf8') : null
  // An address of this machine follows the settings of Vigie; any other was somebody's choice.
  const text =
    known?.replace(/^VIGIE_SERVER=http:\/\/(127\.\d+\.\d+\.\d+|\[::1\]|localhost):\d+$/m, server) ??
    `# The agent of this machine (vigie-agent.service). After a change: systemctl restart vigie-agent\n${server}\nVIGIE_TOKEN_FILE=${AGENT_TOKEN}\n`
  if (text !== known) writeFileSync(AGENT_SETTINGS, text, { mode: 0o640 })
}

/** Only a Vigie that answers can refuse a token. */
async function isRefused(token: string): Promise<boolean> {
  const answer = await fetch(`${localAddress()}/graphql`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', authorization: `Bearer ${token}` },
    body: '{"query":"{ __typename }"}',
    signal: AbortSignal.timeout(5000),
  }).catch(() => null)
  return answer?.status === 401
}

async function startService(): Promise<void> {
  systemctl('daemon-reload')
  systemctl('enable', 'vigie.service', 'vigie-agent.service')
  systemctl('restart', 'vigie.service')
  tell('starting Vigie …')
  const trouble = await becomesReady(READY_WITHIN)
  if (trouble) throw new Trouble(`the service does not become ready (${trouble}); journalctl -u vigie tells why`)
}

const hasSmartctl = (): boolean =>
  ['/usr/sbin/smartctl', '/sbin/smartctl', '/usr/bin/smartctl'].some((file) => existsSync(file))
