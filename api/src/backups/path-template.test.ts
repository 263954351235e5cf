import { readAgentName } from '../access/agent-name.ts'
import { describe, expect, test } from 'vitest'
import { InvalidInputError } from '../platform/errors.ts'
import { JOB_FIELDS } from './job-fields.ts'
import {
  keepsOnlyLatest,
  type PathFacts,
  readDatabaseName,
  readPlace,
  readTemplate,
  render,
  renderFolder,
  targetKey,
  wrongPath,
} from './path-template.ts'
import { fileName } from './name.ts'

const facts: PathFacts = {
  agentId: 'lyon-01',
  databaseName: 'crm',
  companyName: 'Acme',
  city: 'Saint-Étienne',
  neighborhood: null,
}
const ROOT = '/mnt/vault'
const read = (template: string, kind: 'file' | 'folder' = 'file', root = ROOT): string => {
  try {
    return readTemplate('path', template, { root, facts, kind })
  } catch (error) {
    if (error instanceof InvalidInputError) return `${error.field} ${error.rule}`
    throw error
  }
}

describe('A name of an agent', () => {
  test.each(['a', '7', 'crm', 'Lyon-01', 'crm.sql.gz', 'a_b', 'a..b', 'x'.repeat(128)])('may be "%s"', (name) => {
    expect(readAgentName('agentId', name)).toBe(name)
  })

  test.each(['', ' ', '.', '..', '.crm', '-rf', '_crm', 'a/b', 'a\\b', 'a b', 'é', 'crm\n', 'a\0', 'x'.repeat(129)])(
    'may not be %j',
    (name) => {
      expect(() => readAgentName('agentId', name)).toThrow('agentId: must be 1 to 128 letters')
    },
  )
})

describe('A name of a database', () => {
  test.each([
    ['crm', 'crm', 'crm'],
    ['_crm', '_crm', '_crm'],
    ['Comptabilité 2026', 'Comptabilité 2026', 'Comptabilité 2026'],
    ['pre\u0301visions', 'prévisions', 'prévisions'], // NFD becomes NFC
    ['Paie & congés', 'Paie & congés', 'Paie _ congés'],
    ['ventes/2026', 'ventes/2026', 'ventes_2026'],
    ['../../etc', '../../etc', '____etc'],
    ['é'.repeat(128), 'é'.repeat(128), 'é'.repeat(128)],
  ])('may be "%s", is shown as "%s", and stands in a path as "%s"', (given, shown, path) => {
    const databaseName = readDatabaseName('databaseName', given)
    const facts = { agentId: 'a', databaseName, companyName: null, city: null, neighborhood: null }
    const made = render('{database_name}', facts, { expectedAt: new Date(0), timeZone: 'UTC', fileName: '' })
    expect([databaseName, made]).toEqual([shown, path])
  })

  test.each(['', ' ', '/', 'a\\b', '{city}', 'a\nb', 'a\0', 'é'.repeat(129)])('may not be %j', (name) => {
    expect(() => readDatabaseName('databaseName', name)).toThrow('databaseName: must be 1 to 128 characters')
  })
})

describe('A name of a file', () => {
  test.each([
    ['crm.sql.gz', 'crm.sql.gz'],
    ['Comptabilité.sql.gz', 'Comptabilité.sql.gz'],
    ['pre\u0301v.sql', 'prév.sql'],
    ['Paie & congés (1).sql', 'Paie & congés (1).sql'],
    ['_crm.sql', '_crm.sql'],
    ['x'.repeat(200), 'x'.repeat(200)],
    ['é'.repeat(100), 'é'.repeat(100)],
    ['', null],
    ['.', null],
    ['..', null],
    ['.crm', null],
    [' crm', null],
    ['crm ', null],
    ['a/b', null],
    ['a\\b', null],
    ['a\0', null],
    ['a\n', null],
    ['x'.repeat(201), null],
    ['é'.repeat(101), null],
  ])('%j is read as %j', (given, name) => {
    expect(fileName(given)).toBe(name)
  })
})

describe('A company, city or neighborhood', () => {
  test.each([
    ['Saint-Étienne', 'Saint-Étienne'],
    ['Saint-E\u0301tienne', 'Saint-Étienne'], // NFD becomes NFC
    ['Lyon 3e', 'Lyon 3e'],
    ['  Lyon ', 'Lyon'],
    ["L'Haÿ-les-Roses", "L'Haÿ-les-Roses"],
    ['St. Gallen', 'St. Gallen'],
    ['東京', '東京'],
    ['Ц', 'Ц'],
    ['Martin & Fils', 'Martin & Fils'],
    ['AT&T (Lyon/3e), n° 5', 'AT&T (Lyon/3e), n° 5'],
    ['-Lyon', '-Lyon'],
    ['a..b', 'a..b'],
    ['é'.repeat(64), 'é'.repeat(64)],
    ['e\u0301'.repeat(64), 'é'.repeat(64)], // counted as NFC
  ])('may be "%s"', (given, place) => {
    expect(readPlace('city', given)).toBe(place)
  })

  test.each([
    '',
    ' ',
    '.',
    '..',
    '\u0301a',
    '&/()',
    'Lyon\\3e',
    'Lyon\t3e',
    'Lyon\n3e',
    'Ly\0on',
    '{city}',
    'Lyon\u202e',
    'Ly\u200bon',
    '🗼',
    'é'.repeat(65),
  ])('may not be %j', (place) => {
    expect(() => readPlace('city', place)).toThrow('city: must be 1 to 64 characters')
  })

  test.each([
    ['Martin & Fils', 'Martin _ Fils'],
    ['Lyon/3e', 'Lyon_3e'],
    ['../../etc', '____etc'],
    ['a..b', 'a_b'],
    ['.hidden', '_hidden'],
    ['N° 5: "Le Port"', 'N_ 5_ _Le Port_'],
    ['Lyon\uff0f3', 'Lyon_3'],
    ['Saint-Denis (93)', 'Saint-Denis (93)'],
  ])('"%s" stands in a path as "%s"', (company, inPath) => {
    const facts = {
      agentId: 'a',
      databaseName: 'b',
      companyName: readPlace('company', company),
      city: null,
      neighborhood: null,
    }
    const path = render('{company_name}/x', facts, { expectedAt: new Date(0), timeZone: 'UTC', fileName: '' })
    expect([path, wrongPath(path)]).toEqual([`${inPath}/x`, null])
  })
})

describe('A template', () => {
  test.each([
    [JOB_FIELDS.agentDepositPathTemplate.otherwise, JOB_FIELDS.agentDepositPathTemplate.otherwise],
    [JOB_FIELDS.finalStoragePathTemplate.otherwise, JOB_FIELDS.finalStoragePathTemplate.otherwise],
    ['  {agent_id}/{file_name} ', '{agent_id}/{file_name}'],
    ['{company_name}/{city}/{database_name}.gz', '{company_name}/{city}/{database_name}.gz'],
    ['Bases de donne\u0301es/{file_name}', 'Bases de données/{file_name}'],
    [`${ROOT}/crm/{file_name}`, 'crm/{file_name}'],
    ['a/b+c,d@e=f(g)-h_1/x.sql', 'a/b+c,d@e=f(g)-h_1/x.sql'],
    ['x'.repeat(229), 'x'.repeat(229)],
  ])('"%s" is kept relative to its root', (template, relative) => {
    expect(read(template)).toBe(relative)
  })

  test('absolute below a root that ends with a slash is relative too', () => {
    expect([read('/mnt/x', 'file', '/mnt/'), read('/etc/x', 'file', '/')]).toEqual(['x', 'etc/x'])
  })

  test.each([
    ['', 'is empty'],
    ['  ', 'is empty'],
    ['x'.repeat(230), 'makes names of more than 229 bytes'],
    [`${ROOT}/`, 'is empty'],
    ['/etc/passwd', 'is an absolute path outside /mnt/vault'],
    ['/mnt/vault2/{file_name}', 'is an absolute path outside'],
    [ROOT, 'is an absolute path outside'],
    ['{agent_id}/', 'ends with "/"'],
    ['{password}/x', 'holds the unknown placeholder {password}'],
    ['{Agent_id}/x', 'holds the unknown placeholder {Agent_id}'],
    ['{ agent_id }/x', 'holds the unknown placeholder { agent_id }'],
    ['{}/x', 'holds the unknown placeholder {}'],
    ['{toString}/x', 'holds the unknown placeholder {toString}'],
    ['{neighborhood}/x', 'holds {neighborhood}, which this job leaves empty'],
    ['{agent_id/x', 'has a brace without its partner'],
    ['agent_id}/x', 'has a brace without its partner'],
    ['{{agent_id}}/x', 'has a brace without its partner'],
    ['../x', 'holds "..", which begins with a dot'],
    ['a/../../x', 'holds "..", which begins with a dot'],
    [`${ROOT}/../x`, 'holds "..", which begins with a dot'],
    ['a/./x', 'holds ".", which begins with a dot'],
    ['.ssh/x', 'holds ".ssh", which begins with a dot'],
    ['a//x', 'holds an empty name between slashes'],
    [`${ROOT}//x`, 'holds an empty name between slashes'],
    ['a\\b', 'signs that stand in no name here'],
    ['a\0b', 'signs that stand in no name here'],
    ['a\nb', 'signs that stand in no name here'],
    ['a /b', 'signs that stand in no name here'],
    ['a*', 'signs that stand in no name here'],
    ['a\u202etxt', 'signs that stand in no name here'],
    ['a\u200bb', 'signs that stand in no name here'],
    ['a\uff0fb', 'signs that stand in no name here'],
    ['a\u2024\u2024', 'signs that stand in no name here'],
    ['🗼/x', 'signs that stand in no name here'],
    ['x'.repeat(256), 'holds a name of more than 255 bytes'],
    ['é'.repeat(128), 'holds a name of more than 255 bytes'],
    [`${'x'.repeat(250)}/`.repeat(4).concat('y'.repeat(21)), 'is longer than 1024 bytes'],
  ])('%j is refused', (template, rule) => {
    expect(read(template)).toContain(rule)
  })

  test.each([
    [JOB_FIELDS.agentLogDepositPathTemplate.otherwise, JOB_FIELDS.agentLogDepositPathTemplate.otherwise],
    ['{agent_id}/log//', '{agent_id}/log'],
    ['{agent_id}/{year}', 'path holds {year}, but a folder is watched all the time'],
    ['{agent_id}/{file_name}', 'path holds {file_name}, but a folder is watched all the time'],
    ['/', 'path is empty'],
  ])('of a folder, "%s" is read as "%s"', (template, expected) => {
    expect(read(template, 'folder')).toBe(expected)
  })
})

describe('A path', () => {
  const run = { expectedAt: new Date('2026-12-31T23:05:00Z'), timeZone: 'UTC', fileName: 'crm.sql.gz' }

  test.each([
    ['UTC', 'lyon-01/crm/20261231T2305_crm.sql.gz'],
    ['Europe/Paris', 'lyon-01/crm/20270101T0005_crm.sql.gz'],
    ['America/New_York', 'lyon-01/crm/20261231T1805_crm.sql.gz'],
    ['Asia/Kathmandu', 'lyon-01/crm/20270101T0450_crm.sql.gz'],
  ])('tells the due time as the clock of %s shows it', (timeZone, path) => {
    expect(render(JOB_FIELDS.finalStoragePathTemplate.otherwise, facts, { ...run, timeZone })).toBe(path)
  })

  test('holds the names of the job as they are, and a folder neither time nor file', () => {
    expect(render('{company_name}/{city}/{file_name}', facts, run)).toBe('Acme/Saint-Étienne/crm.sql.gz')
    expect(renderFolder(JOB_FIELDS.agentLogDepositPathTemplate.otherwise, facts)).toBe('lyon-01/log')
  })

  test('is filled in once: a value is never read as a template', () => {
    expect(render('{file_name}', facts, { ...run, fileName: '{agent_id}' })).toBe('{agent_id}')
    expect(render('{file_name}', facts, { ...run, fileName: '$&' })).toBe('$&')
  })

  test.each([
    ['x'.repeat(255), null],
    ['x'.repeat(256), 'holds a name of more than 255 bytes'],
    [`${'x'.repeat(203)}/`.repeat(5).concat('y'.repeat(4)), null],
    [`${'x'.repeat(203)}/`.repeat(5).concat('y'.repeat(5)), 'is longer than 1024 bytes'],
  ])('of so many bytes is judged as a whole (%#)', (path, wrong) => {
    expect(wrongPath(path)).toBe(wrong)
  })
})

describe('Two jobs', () => {
  test.each([
    ['{agent_id}/{file_name}', 'lyon-01/{file_name}'],
    ['{agent_id}/{file_name}', 'LYON-01/{file_name}'],
    ['{city}/{year}', 'saint-étienne/{year}'],
  ])('with the templates %s and %s write the same files', (one, other) => {
    expect(targetKey(one, facts)).toBe(targetKey(other, facts))
  })

  test('of other databases, or with other times, do not', () => {
    const template = '{agent_id}/{database_name}/{file_name}'
    expect(targetKey(template, facts)).not.toBe(targetKey(template, { ...facts, databaseName: 'erp' }))
    expect(targetKey('{year}{month}', facts)).not.toBe(targetKey('{year}{day}', facts))
  })
})

test.each([
  [[], false],
  [['a'], false],
  [['a', 'b'], false],
  [['a', 'b', 'b'], true],
  [['a', 'b', 'a'], true],
])('Backups with the paths %j keep only the latest: %s', (paths, expected) => {
  expect(keepsOnlyLatest(paths)).toBe(expected)
})
