import { parseArgs } from 'node:util'
import { install } from './install.ts'
import { backup, restore } from './own-backup.ts'
import { thisBundle } from './release.ts'
import { serverCommand } from './server-command.ts'
import { Trouble } from './trouble.ts'
import { uninstall } from './uninstall.ts'
import { update } from './update.ts'

const HELP = `vigie: is my data safe?

  vigie                        run Vigie here (settings: .env beside it, or /etc/vigie/vigie.env once installed)
  vigie access link            print a link that signs in once
  vigie access token NAME      print a token for a script or an agent; --help tells of scopes
  vigie agent report|run|print report this machine (vigie agent --help)
  vigie backup FILE            copy Vigie's own database, beside a running Vigie too
  vigie restore FILE           put such a copy in its place, while Vigie is stopped
  vigie copy --to URL          copy everything to another database, such as PostgreSQL, and prove it
  vigie version                what this is

As a service (root, systemd)
  vigie install                make it one: user vigie, /opt/vigie, /etc/vigie/vigie.env, /var/lib/vigie
  vigie update ARCHIVE         replace it; goes back by itself where the new one does not become ready
                               --ready-within SECONDS (600)
  vigie uninstall              take the service away; the data stay`

/** Nothing is done on words that are not understood, and none when help is asked for. */
async function ours(
  command: 'backup' | 'restore' | 'install' | 'update' | 'uninstall',
  args: string[],
): Promise<number> {
  const { values, positionals } = parseArgs({
    args,
    allowPositionals: true,
    options: { help: { type: 'boolean', short: 'h' }, 'ready-within': { type: 'string' } },
  })
  if (values.help) {
    console.log(HELP)
    return 0
  }
  const [name, ...more] = positionals
  if (more.length || (name && ['install', 'uninstall'].includes(command)))
    throw new Trouble(`"${more[0] ?? name}" is one word too many; vigie help tells what ${command} takes`, 2)
  if (values['ready-within'] && command !== 'update') throw new Trouble('--ready-within belongs to update', 2)
  if (command === 'backup') return backup(name)
  if (command === 'restore') return restore(name)
  if (command === 'install') await install()
  if (command === 'uninstall') uninstall()
  if (command === 'update') {
    const seconds = Number(values['ready-within'] ?? '600')
    if (!Number.isInteger(seconds) || seconds < 1) throw new Trouble('--ready-within takes whole seconds', 2)
    await update(name, seconds)
  }
  return 0
}

async function main([command = 'help', ...args]: string[]): Promise<number> {
  switch (command) {
    case 'help':
    case '--help':
    case '-h':
      console.log(HELP)
      return 0
    case 'version':
    case '--version': {
      const { version, build, target, node } = thisBundle()
      console.log(`vigie ${version} (${build}, ${target}, Node ${node})`)
      return 0
    }
    case 'access':
      return serverCommand('access', args, { show: true }).status ?? 1
    case 'copy':
      return serverCommand('copy', args, { show: true }).status ?? 1
    case 'backup':
    case 'restore':
    case 'install':
    case 'update':
    case 'uninstall':
      return ours(command, args)
    default:
      throw new Trouble(`"${command}" is no command; vigie help lists them`, 2)
  }
}

main(process.argv.slice(2)).then(
  (status) => (process.exitCode = status),
  (error: unknown) => {
    const usage = (error as { code?: string }).code?.startsWith('ERR_PARSE_ARGS')
    console.error(error instanceof Trouble || usage ? `vigie: ${(error as Error).message}` : error)
    process.exitCode = error instanceof Trouble ? error.status : usage ? 2 : 1
  },
)
