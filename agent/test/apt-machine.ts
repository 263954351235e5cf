// Crafted machines of Debian and Ubuntu in folders of their own, whose APT knows the packages of the scenario alone.
// What APT itself says there is what the agent's report of updates is compared with.
import { execFileSync, spawn } from 'node:child_process'
import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { chmod, rm } from 'node:fs/promises'
import { delimiter, join } from 'node:path'
// @ts-expect-error -- a script of the project, which has no types
import * as scripts from '../../scripts/bare/chroot.mjs'
import { type AptSuite, buildDeb, type Deb } from './apt-repository.ts'
import { INSTALLED, OFFERED, OUTSIDE, type Pocket, REMOVED, suitesOf, type System } from './apt-scenario.ts'

const { BARE, baseOf } = scripts as { BARE: string; baseOf: (system: string) => string }

/** Whether its fresh system lies in .cache/bare: the trials on bare machines make them (`node scripts/bare.mjs --all` each). */
export const isMade = (system: System): boolean => existsSync(join(BARE, `${system}.tar`))

/** Making one needs root and, the first time, debootstrap and the archives. */
export const canMakeAptMachines =
  process.getuid?.() === 0 &&
  ['debootstrap', 'dpkg-deb', 'unshare'].every((tool) =>
    [...(process.env['PATH'] ?? '').split(delimiter), '/usr/sbin'].some((folder) => existsSync(join(folder, tool))),
  )

export interface Output {
  stdout: string
  stderr: string
  /** Null where a signal ended it. */
  status: number | null
}

export interface ExecOptions {
  /** More than the clean environment of every command. */
  env?: Record<string, string>
  input?: string
  /** After which it is killed, with whatever it started. */
  timeoutMs?: number
}

/** Makes a machine and refreshes its lists once. The first one of a system takes a minute, for debootstrap. */
export async function makeAptMachine(system: System): Promise<AptMachine> {
  const tarball = baseOf(system)
  mkdirSync(BARE, { recursive: true })
  const root = mkdtempSync(join(BARE, `apt-${system}-`))
  execFileSync('tar', ['--numeric-owner', '-xpf', tarball, '-C', root])
  // APT reads the repositories as a user of its own.
  await chmod(root, 0o755)
  const machine = new AptMachine(system, root)
  try {
    await machine.prepare()
  } catch (error) {
    await machine.remove()
    throw error
  }
  return machine
}

export class AptMachine {
  readonly #suites: Record<Pocket, AptSuite>

  constructor(
    readonly system: System,
    /** The folder that holds it. */
    readonly root: string,
  ) {
    this.#suites = suitesOf(system, join(root, 'srv'))
  }

  /** Offers all packages, installs the old ones and forgets every other source. */
  async prepare(): Promise<void> {
    // Phases are told apart by the machine's id.
    writeFileSync(join(this.root, 'etc/machine-id'), '0123456789abcdef0123456789abcdef\n')
    for (const pocket of Object.keys(OFFERED) as Pocket[]) {
      for (const deb of OFFERED[pocket]) await this.#suites[pocket].add(deb)
      this.#suites[pocket].write()
    }
    const sources = join(this.root, 'etc/apt/sources.list.d')
    for (const file of readdirSync(sources)) rmSync(join(sources, file))
    const lines = Object.values(this.#suites).map(
      ({ repository, name }) => `deb [trusted=yes] file:${repository.slice(this.root.length)} ${name} main\n`,
    )
    writeFileSync(join(this.root, 'etc/apt/sources.list'), lines.join(''))
    await this.#install([...INSTALLED, REMOVED, OUTSIDE])
    await this.#mustRun('dpkg', ['--remove', REMOVED.name])
    await this.#mustRun('apt-mark', ['hold', 'held-thing'])
    await this.refresh()
  }

  /** Runs a command in it to its end. */
  exec(
    command: string,
    args: readonly string[] = [],
    { env = {}, input, timeoutMs = 60_000 }: ExecOptions = {},
  ): Promise<Output> {
    // The command is the first process of its namespace, so that /proc/1/root is its own root: APT looks there whether
    // it runs in a chroot, where it would install every update whatever its phase.
    const inside = ['--mount', '--pid', '--fork', '--kill-child', '--root', this.root, '--mount-proc']
    return new Promise((resolve, reject) => {
      const child = spawn('unshare', [...inside, command, ...args], {
        cwd: '/',
        env: {
          PATH: '/usr/sbin:/usr/bin:/sbin:/bin',
          HOME: '/root',
          LC_ALL: 'C.UTF-8',
          DEBIAN_FRONTEND: 'noninteractive',
          ...env,
        },
        timeout: timeoutMs,
        // unshare waits for its child whatever else it is told.
        killSignal: 'SIGKILL',
        stdio: [input === undefined ? 'ignore' : 'pipe', 'pipe', 'pipe'],
      })
      const output = { stdout: '', stderr: '' }
      child.stdout?.setEncoding('utf8').on('data', (text: string) => (output.stdout += text))
      child.stderr?.setEncoding('utf8').on('data', (text: string) => (output.stderr += text))
      child.once('error', reject)
      child.once('close', (status) => resolve({ ...output, status }))
      child.stdin?.end(input)
    })
  }

  /** Reads the lists of all repositories anew. */
  async refresh(...options: string[]): Promise<void> {
    await this.#mustRun('apt-get', ['update', '--error-on=any', ...options])
  }

  /** Offers more packages in one pocket, and reads its lists. */
  async publish(pocket: Pocket, ...debs: Deb[]): Promise<void> {
    for (const deb of debs) await this.#suites[pocket].add(deb)
    this.#suites[pocket].write()
    await this.refresh()
  }

  /** Leaves a package half-configured, as a failed upgrade does; returns its name. */
  async breakDpkg(): Promise<string> {
    const name = 'broken-thing'
    const file = await buildDeb({ name, version: '1.0', postinst: '#!/bin/sh\nexit 1\n' }, join(this.root, 'srv'))
    await this.exec('dpkg', ['--install', file.slice(this.root.length)])
    return name
  }

  /** Leaves what dpkg had not yet written into its status, as a power cut does. */
  async dirtyJournal(): Promise<void> {
    const { stdout } = await this.#mustRun('dpkg-query', ['--status', 'plain-update'])
    const entry = stdout.replace('install ok installed', 'install ok unpacked')
    writeFileSync(join(this.root, 'var/lib/dpkg/updates/0001'), entry)
  }

  /** Lets the lists of the security pocket run out, as on a machine whose mirror stands still. */
  async expire(): Promise<void> {
    this.#suites.security.write({ validUntil: new Date(Date.now() - 30 * 24 * 60 * 60 * 1000) })
    await this.refresh('-o', 'Acquire::Check-Valid-Until=false')
  }

  async remove(): Promise<void> {
    await rm(this.root, { recursive: true, force: true })
  }

  async #install(debs: Deb[]): Promise<void> {
    const folder = join(this.root, 'srv/installed')
    const files: string[] = []
    for (const deb of debs) files.push(await buildDeb(deb, folder))
    const inside = files.map((file) => file.slice(this.root.length))
    await this.#mustRun('dpkg', ['--install', ...inside])
  }

  async #mustRun(command: string, args: string[]): Promise<Output> {
    const output = await this.exec(command, args)
    if (output.status !== 0)
      throw new Error(
        `${this.system}: ${command} ${args.join(' ')} (${output.status}): ${output.stderr}${output.stdout}`,
      )
    return output
  }
}
