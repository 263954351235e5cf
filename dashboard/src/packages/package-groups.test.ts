import { expect, test } from 'vitest'
import type { InstalledRowFragment } from '../gql/graphql.ts'
import { groupsOf } from './package-groups.ts'

const row = (name: string, version: string, hostname: string, architecture = 'amd64'): InstalledRowFragment => ({
  id: `${name} ${version} ${hostname} ${architecture}`,
  name,
  version,
  architecture,
  source: name,
  held: false,
  installedAt: null,
  machine: { id: hostname, hostname, name: null, state: null },
  update: null,
})

test('Machines that have one version of a package stand in one line, whatever it was built for', () => {
  const groups = groupsOf([
    row('curl', '8.5', 'atlas'),
    row('curl', '8.5', 'pi', 'arm64'),
    row('curl', '8.6', 'borg'),
    row('curl 8.5', '', 'odd'),
  ])
  expect(
    groups.map(({ name, version, architectures, installed }) => [
      name,
      version,
      architectures.join(' '),
      installed.map(({ machine }) => machine.id).join(' '),
    ]),
  ).toEqual([
    ['curl', '8.5', 'amd64 arm64', 'atlas pi'],
    ['curl', '8.6', 'amd64', 'borg'],
    ['curl 8.5', '', 'amd64', 'odd'],
  ])
})
