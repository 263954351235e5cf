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
  vigie version                what this is

As a service (root, systemd)
  vigie install                make it one: user vigie, /opt/vigie, /etc/vigie/vigie.env, /var/lib/vigie
  vigie update ARCHIVE         replace it; goes back by itself where the new one does not become ready
                               --ready-within SECONDS (600)
  vigie uninstall              take the service away; the data stay`

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
    case 'backup':
      return await backup(args[0])
    case 'restore':
      return await restore(args[0])
    case 'install':
      await install()
      return 0
    case 'update': {
      const { values, positionals } = parseArgs({
        args,
        allowPositionals: true,
        options: { 'ready-within': { type: 'string', default: '600' } },
      })
      const seconds = Number(values['ready-within'])
      if (!Number.isInteger(seconds) || seconds < 1) throw new Trouble('--ready-within takes whole seconds', 2)
      await update(positionals[0], seconds)
      return 0
    }
    case 'uninstall':
      uninstall()
      return 0
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
