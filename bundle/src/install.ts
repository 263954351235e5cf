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

const READY_WITHIN = 60

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
  makeAgentToken()
  tell(`${bundle.version} lies in ${release.folder}, its settings in ${SETTINGS}, its data in ${STATE}`)
  if (systemdRuns()) await startServices()
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
  mkdirSync(RELEASES, { recursive: true, mode: 0o755 })
  const { status, stderr } = spawnSync('cp', ['-R', '--', bundle.folder, `${folder}.new`], { encoding: 'utf8' })
  if (status !== 0) {
    rmSync(`${folder}.new`, { recursive: true, force: true })
    throw new Trouble(`the release could not be copied to ${folder}: ${stderr.trim()}`)
  }
  return sealRelease({ ...bundle, folder: `${folder}.new` })
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

function makeFolders(account: Account): void {
  // Only the service and its group (users of rsync) come in; the database lies in a folder of its own, closed to them.
  mkdirSync(STATE, { recursive: true })
  chownSync(STATE, account.uid, account.gid)
  chmodSync(STATE, 0o750)
  // Below a folder of the service root changes nothing: what is there could be a link.
  const { status, stderr } = spawnSync('mkdir', ['-p', '-m', '700', `${STATE}/data`], { ...account, encoding: 'utf8' })
  if (status !== 0) throw new Trouble(`${STATE}/data could not be made: ${stderr.trim()}`)
}

export function writeUnits(release: Release): void {
  mkdirSync(UNITS, { recursive: true })
  for (const unit of ['vigie.service', 'vigie-agent.service']) cpSync(join(release.folder, unit), join(UNITS, unit))
}

/** The agent of this machine gets a token of its own, which root alone can read. */
function makeAgentToken(): void {
  if (!existsSync(AGENT_TOKEN)) {
    const { status, stdout, stderr } = serverCommand('access', ['token', `agent of ${hostname()}`.slice(0, 64)])
    if (status !== 0) throw new Trouble(`no token could be made for the agent of this machine: ${stderr.trim()}`)
    writeFileSync(AGENT_TOKEN, stdout, { mode: 0o600, flag: 'wx' })
  }
  if (!existsSync(AGENT_SETTINGS))
    writeFileSync(
      AGENT_SETTINGS,
      `# The agent of this machine (vigie-agent.service). After a change: systemctl restart vigie-agent\nVIGIE_SERVER=${localAddress()}\nVIGIE_TOKEN_FILE=${AGENT_TOKEN}\n`,
      { mode: 0o640, flag: 'wx' },
    )
}

async function startServices(): Promise<void> {
  systemctl('daemon-reload')
  systemctl('enable', 'vigie.service', 'vigie-agent.service')
  systemctl('restart', 'vigie.service')
  const trouble = await becomesReady(READY_WITHIN)
  if (trouble) throw new Trouble(`the service does not become ready (${trouble}); journalctl -u vigie tells why`)
  systemctl('restart', 'vigie-agent.service')
}

const hasSmartctl = (): boolean =>
  ['/usr/sbin/smartctl', '/sbin/smartctl', '/usr/bin/smartctl'].some((file) => existsSync(file))
