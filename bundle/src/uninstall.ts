import { existsSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { mustBeRoot } from './account.ts'
import { COMMAND, RELEASES, STATE, UNITS } from './places.ts'
import { systemctl, systemdRuns } from './service.ts'
import { tell, Trouble } from './trouble.ts'

/** Takes away the service and its releases; data and settings stay. */
export function uninstall(): void {
  mustBeRoot('uninstall')
  const units = ['vigie.service', 'vigie-agent.service'].filter((unit) => existsSync(join(UNITS, unit)))
  if (!units.length && !existsSync(RELEASES)) throw new Trouble('Vigie is not installed here as a service')
  if (systemdRuns() && units.length) systemctl('disable', '--now', ...units)
  for (const unit of units) rmSync(join(UNITS, unit), { force: true })
  if (systemdRuns()) systemctl('daemon-reload')
  rmSync(COMMAND, { force: true })
  rmSync(RELEASES, { recursive: true, force: true })
  tell(
    `the service is gone. Data stay in ${STATE} (database, deposit, vault), settings in /etc/vigie, the agent's state in /var/lib/vigie-agent.`,
  )
  tell(
    `to delete them, with every backup in the vault: rm -r ${STATE} /etc/vigie /var/lib/vigie-agent && userdel vigie && groupdel vigie-deposit`,
  )
}
