import { resolve } from 'node:path'
import type { Config } from '../config/config.ts'
import { VAULT_MACHINE } from './fleet.ts'

/** The demo stays in its own folder, tells nobody of itself, and knows this machine no more than any other. */
export const demoConfig = (config: Config): Config => ({
  ...config,
  roots: {
    deposit: resolve(config.dataDir, 'agent_deposits'),
    vault: resolve(config.dataDir, 'validated_backups'),
    quarantine: resolve(config.dataDir, 'quarantine'),
  },
  localAgent: false,
  vaultMachine: VAULT_MACHINE,
  ingestOpenFrom: [],
  scannerIntervalMinutes: 1,
  heartbeatUrl: null,
  mongoUrl: null,
  mail: null,
  mailOff: 'this is the demo',
  adminRecipient: null,
  webhook: null,
})
