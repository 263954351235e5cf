import { expect, test } from 'vitest'
import { LinkClue, type OfferedJob, type OfferingPlace, offersFor } from './link-offers.ts'

const job = (over: Partial<OfferedJob> = {}): OfferedJob => ({
  id: 'j',
  agentId: 'lyon-01',
  databaseName: 'crm',
  machines: [],
  tool: null,
  ...over,
})
const place = (over: Partial<OfferingPlace> = {}): OfferingPlace => ({
  machineId: 'nas',
  names: ['nas.example.org'],
  points: ['/srv'],
  holds: (path) => path.startsWith('/srv'),
  ...over,
})
const all = place({ points: ['/'], holds: () => true })

test.each<[string, OfferingPlace, OfferedJob, string, LinkClue[]]>([
  ['its agent runs there', place(), job({ machines: ['nas'] }), '/srv', [LinkClue.SAME_MACHINE]],
  ['its agent is called like the machine', place(), job({ agentId: 'NAS' }), '/srv', [LinkClue.SAME_NAME]],
  [
    'its agent is called like the whole hostname',
    place(),
    job({ agentId: 'nas.example.org' }),
    '/srv',
    [LinkClue.SAME_NAME],
  ],
  ['its database is called like a folder', place({ points: ['/srv/CRM'] }), job(), '/srv/CRM', [LinkClue.NAME_IN_PATH]],
  [
    'it dumps MySQL on that machine',
    all,
    job({ machines: ['nas'], tool: 'mysqldump' }),
    '/var/lib/mysql',
    [LinkClue.DATABASE_FOLDER, LinkClue.SAME_MACHINE],
  ],
  [
    'it dumps PostgreSQL by an agent of that name',
    all,
    job({ agentId: 'nas', tool: 'pg_dumpall' }),
    '/var/lib/postgresql',
    [LinkClue.DATABASE_FOLDER, LinkClue.SAME_NAME],
  ],
  [
    'it dumps MySQL there, whose data lie elsewhere',
    place(),
    job({ machines: ['nas'], tool: 'mysqldump' }),
    '/srv',
    [LinkClue.SAME_MACHINE],
  ],
])('A backup is offered for a place where %s', (_, where, offered, path, clues) => {
  expect(offersFor(where, [offered])).toEqual([{ jobId: 'j', path, clues }])
})

test.each<[string, OfferingPlace, OfferedJob]>([
  ['nothing joins them', place(), job()],
  ['it dumps MySQL on another machine', all, job({ tool: 'mysqldump' })],
  ['its name is a part of a folder alone', place({ points: ['/srv/crm-old'] }), job()],
  ['its name is too short to mean a folder', place({ points: ['/srv/db'] }), job({ databaseName: 'db' })],
  ['the place is mounted nowhere', place({ points: [] }), job({ machines: ['nas'] })],
])('A backup is not offered where %s', (_, where, offered) => {
  expect(offersFor(where, [offered])).toEqual([])
})

test('The strongest clue comes first, then who has more of them, and six are enough', () => {
  const jobs = [
    job({ id: 'named', agentId: 'nas' }),
    job({ id: 'here', databaseName: 'erp', machines: ['nas'] }),
    job({ id: 'folder', databaseName: 'srv' }),
    job({ id: 'both', databaseName: 'srv', machines: ['nas'] }),
    ...Array.from({ length: 5 }, (_unused, index) => job({ id: `more-${index}`, agentId: 'nas' })),
  ]
  const ids = offersFor(place(), jobs).map(({ jobId }) => jobId)
  expect(ids).toEqual(['both', 'folder', 'here', 'named', 'more-0', 'more-1'])
})
