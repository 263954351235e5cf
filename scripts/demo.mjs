import { start } from './start.mjs'
import { settings } from './node.mjs'
import { runNode } from './tool.mjs'

/** Nothing of a real installation is the demo's: an empty setting outranks the file .env. */
const OWN = Object.fromEntries(
  [
    'DATABASE_URL',
    'DATABASE_PASSWORD',
    'MONGODB_URL',
    'MONGODB_PASSWORD',
    'VIGIE_HEARTBEAT_URL',
    'EMAIL_HOST',
    'WEBHOOK_URL',
    'WEBHOOK_SECRET',
    'VIGIE_PUBLIC_URL',
    'AGENT_DEPOSITS_PATH',
    'VALIDATED_BACKUPS_PATH',
    'QUARANTINE_PATH',
  ].flatMap((name) => [
    [name, ''],
    [`${name}_FILE`, ''],
  ]),
)

/** Makes what the machines of the demo have been through until now, and starts Vigie on it. */
export function demo(args) {
  const { VIGIE_DEMO_DIR: folder, VIGIE_DEMO_PORT: port } = process.env
  const env = { ...OWN, VIGIE_DATA_DIR: folder || './demo', VIGIE_PORT: port || '8089' }
  const status = runNode([...settings(), 'api/dist/demo/command.js', ...args], { stdio: 'inherit', env })
  if (status !== 0 || args.length > 0) return status
  return start(env)
}
