import 'reflect-metadata'
import { parseArgs } from 'node:util'
import { readAgentName } from './agent-name.ts'
import { readConfig } from '../config/config.ts'
import { openDatabase } from '../database/database.ts'
import { migrate } from '../database/migrate.ts'
import { DomainError, InvalidInputError } from '../platform/errors.ts'
import { transactAndTell } from '../events/outbox.ts'
import { ChangeFeed } from '../platform/changes.ts'
import { calledAs } from '../platform/called-as.ts'
import { systemClock } from '../platform/clock.ts'
import { AccessService } from './access.service.ts'
import { Scope } from '../graphql/scope.ts'

const HELP = `${calledAs('access')} link
  prints a link that signs in once, within a day

${calledAs('access')} token NAME [--scope report|read|operate|admin]… [--any-machine] [--agent AGENT]…
  prints a new token; by default it may only report, for the first machine that it reports for, and for the backup
  agents that are named or that jobs say run on that machine

Both work beside a running Vigie and before its first start.`

/** Makes links and tokens beside a running server, or before its first start. The secret alone is the last line of stdout. */
async function main(): Promise<void> {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      scope: { type: 'string', multiple: true },
      'any-machine': { type: 'boolean', default: false },
      agent: { type: 'string', multiple: true },
      help: { type: 'boolean', short: 'h' },
    },
  })
  const [command, name] = positionals
  if (values.help) return console.log(HELP)
  if (command !== 'link' && command !== 'token')
    throw new InvalidInputError('command', 'must be link or token', `\n${HELP}`)
  if (command === 'token' && !name) throw new InvalidInputError('NAME', 'is missing', 'Name who will hold the token.')
  const scopes = values.scope ?? [Scope.REPORT]
  const wrong = scopes.find((scope) => !(Object.values(Scope) as string[]).includes(scope))
  if (wrong)
    throw new InvalidInputError(
      '--scope',
      `"${wrong}" is none of ${Object.values(Scope).join(', ')}`,
      'Name one of them.',
    )

  // Before a token is made that nobody would see.
  for (const agent of values.agent ?? []) readAgentName('--agent', agent)

  const config = readConfig(process.env)
  const orm = await openDatabase(config.database)
  try {
    await migrate(orm)
    const changes = new ChangeFeed(() => undefined)
    const access = new AccessService(orm.em.fork(), transactAndTell(changes), systemClock)
    if (command === 'link') {
      const url = config.publicUrl ?? `http://${config.host}:${config.port}`
      console.log(`${url}/sign-in#${await access.createLink()}`)
    } else {
      const made = await access.createToken(name as string, scopes as Scope[], values['any-machine'], 'command line')
      if (values.agent) await access.bindToken(made.id, { agents: values.agent }, 'command line')
      console.log(made.token)
    }
    changes.stop()
  } finally {
    await orm.close()
  }
}

main().catch((error: unknown) => {
  const known = error instanceof DomainError || (error as { code?: string }).code?.startsWith('ERR_PARSE_ARGS')
  console.error(known ? `vigie: ${(error as Error).message}` : error)
  process.exitCode = known ? 2 : 1
})
