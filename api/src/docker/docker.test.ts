import type { DockerContainer, DockerFacts, DockerImage } from '@vigie/agent/report'
import { describe, expect, test } from 'vitest'
import { ContainerStanding, standingOf } from './container-standing.ts'
import { containersOf, dockerOf } from './derive-docker.ts'
import { ImageUpdate, normalised, updateOf } from './image-update.ts'

type Told = Partial<Pick<DockerContainer, 'health' | 'exitCode' | 'oomKilled'>>

test.each<[string, Told, ContainerStanding]>([
  ['running', {}, ContainerStanding.RUNNING],
  ['running', { health: 'healthy' }, ContainerStanding.RUNNING],
  ['running', { health: 'starting' }, ContainerStanding.RUNNING],
  ['running', { health: 'unhealthy' }, ContainerStanding.UNHEALTHY],
  ['restarting', { exitCode: 1 }, ContainerStanding.RESTARTING],
  ['paused', {}, ContainerStanding.PAUSED],
  ['created', {}, ContainerStanding.STOPPED],
  ['created', { exitCode: 0 }, ContainerStanding.STOPPED],
  ['created', { exitCode: 128 }, ContainerStanding.FAILED],
  ['exited', { exitCode: 0 }, ContainerStanding.STOPPED],
  ['exited', { exitCode: 137 }, ContainerStanding.STOPPED],
  ['exited', { exitCode: 143 }, ContainerStanding.STOPPED],
  ['exited', { exitCode: 1 }, ContainerStanding.FAILED],
  ['exited', { exitCode: 139 }, ContainerStanding.FAILED],
  ['exited', { exitCode: 137, oomKilled: true }, ContainerStanding.FAILED],
  ['exited', { exitCode: null }, ContainerStanding.UNKNOWN],
  ['dead', {}, ContainerStanding.FAILED],
  ['removing', {}, ContainerStanding.UNKNOWN],
  ['a word of tomorrow', {}, ContainerStanding.UNKNOWN],
])('A container that is %s %o stands as %s', (state, more, standing) => {
  expect(standingOf({ state, health: null, exitCode: null, oomKilled: null, ...more })).toBe(standing)
})

const digest = (letter: string): string => `sha256:${letter.repeat(64)}`
const image = (more: Partial<DockerImage> = {}): DockerImage => ({
  id: digest('a'),
  tags: ['nginx:1.27'],
  digests: [`nginx@${digest('d')}`],
  sizeBytes: 100,
  ...more,
})
const remote = (reference: string, of: string | null, problem: string | null = null) => ({
  reference,
  digest: of,
  problem,
})
const asked = (name = 'nginx:1.27', imageId = digest('a')) => ({ image: name, imageId })

describe('Whether a newer image is there', () => {
  test.each<[string, ReturnType<typeof asked>, DockerImage[], DockerFacts['remote'], ImageUpdate]>([
    ['by its registry', asked(), [image()], [remote('nginx:1.27', digest('e'))], ImageUpdate.UPDATE],
    ['by its registry: none', asked(), [image()], [remote('nginx:1.27', digest('d'))], ImageUpdate.CURRENT],
    [
      'by its registry, where it knows the image by several digests',
      asked(),
      [image({ digests: [`nginx@${digest('c')}`, `mirror/nginx@${digest('d')}`] })],
      [remote('nginx:1.27', digest('d'))],
      ImageUpdate.CURRENT,
    ],
    [
      'as the tag says that moved here',
      asked('nginx:1.27', digest('b')),
      [image(), image({ id: digest('b'), tags: [] })],
      [remote('nginx:1.27', digest('d'))],
      ImageUpdate.RECREATE,
    ],
    ['where nobody asked', asked(), [image()], [], ImageUpdate.UNKNOWN],
    ['where the registry did not say', asked(), [image()], [remote('nginx:1.27', null, '429')], ImageUpdate.UNKNOWN],
    ['where it was built here', asked(), [image({ digests: [] })], [], ImageUpdate.LOCAL],
    ['where it is pinned', asked(`nginx@${digest('d')}`), [image()], [], ImageUpdate.PINNED],
    ['where only its id is known', asked('a'.repeat(64)), [image()], [], ImageUpdate.UNKNOWN],
    ['where its image is told by no name', asked('gone:1', digest('f')), [image()], [], ImageUpdate.UNKNOWN],
    [
      'where its image is not told, though its registry answered',
      asked('gone:1', digest('f')),
      [],
      [remote('gone:1', digest('d'))],
      ImageUpdate.UNKNOWN,
    ],
    [
      'where names are written in full',
      asked('docker.io/library/nginx'),
      [image({ tags: ['nginx:latest'] })],
      [remote('nginx', digest('e'))],
      ImageUpdate.UPDATE,
    ],
  ])('is told %s', (_, container, images, told, update) => {
    expect(updateOf(container, { images, remote: told }).update).toBe(update)
  })

  test('is not known with the reason', () => {
    const { problem } = updateOf(asked(), {
      images: [image()],
      remote: [remote('nginx:1.27', null, 'toomanyrequests')],
    })
    expect(problem).toBe('toomanyrequests')
  })

  test.each([
    ['nginx', 'nginx:latest'],
    ['nginx:1', 'nginx:1'],
    ['docker.io/library/nginx', 'nginx:latest'],
    ['docker.io/grafana/loki:3', 'grafana/loki:3'],
    ['registry.lan:5000/app', 'registry.lan:5000/app:latest'],
    ['ghcr.io/a/b:c', 'ghcr.io/a/b:c'],
  ])('for %s under the name %s', (reference, name) => {
    expect(normalised(reference)).toBe(name)
  })
})

const AT = new Date('2026-12-01T00:00:00Z')
const container = (name: string, more: Partial<DockerContainer> = {}): DockerContainer => ({
  id: '0123456789ab',
  name,
  image: 'nginx:1.27',
  imageId: digest('a'),
  state: 'running',
  health: null,
  exitCode: null,
  oomKilled: false,
  restarts: 0,
  restartPolicy: 'always',
  startedAt: '2026-11-30T00:00:00Z',
  finishedAt: null,
  project: null,
  service: null,
  ...more,
})
const facts = (more: Partial<DockerFacts> = {}): DockerFacts => ({
  engine: { name: 'docker', version: '27.3.1' },
  containers: [],
  images: [],
  remote: [],
  ...more,
})

test('Containers are counted by what they need, and images that none of them uses', () => {
  const told = facts({
    containers: [
      container('web'),
      container('db', { health: 'unhealthy' }),
      container('job', { state: 'exited', exitCode: 0 }),
      container('bad', { state: 'exited', exitCode: 1 }),
      container('web', { restarts: 3 }),
    ],
    images: [image(), image({ id: digest('b'), tags: [], sizeBytes: 50 }), image({ id: digest('c'), sizeBytes: 20 })],
    remote: [remote('nginx:1.27', digest('e'))],
  })
  const rows = containersOf('M', told)
  expect(rows.map(({ name, restarts }) => [name, restarts])).toEqual([
    ['web', 3],
    ['db', 0],
    ['job', 0],
    ['bad', 0],
  ])
  expect(dockerOf(told, rows, AT)).toEqual({
    toldAt: AT,
    problem: null,
    engine: 'docker',
    version: '27.3.1',
    containers: 4,
    running: 2,
    troubled: 2,
    outdated: 4,
    unusedImages: 2,
    unusedBytes: 70,
  })
})

test.each<[string, DockerFacts['containers'], DockerFacts['remote'], number | null, number | null]>([
  ['runs and is current', [container('web')], [remote('nginx:1.27', digest('d'))], 0, 0],
  ['runs, and whose registry was not asked', [container('web')], [], 0, null],
  ['stands as nobody knows', [container('web', { state: 'odd' })], [remote('nginx:1.27', digest('d'))], null, 0],
  [
    'stands as nobody knows beside one that failed',
    [container('web', { state: 'odd' }), container('db', { state: 'dead' })],
    [remote('nginx:1.27', digest('e'))],
    1,
    2,
  ],
])('A container that %s is counted as far as it is known', (_, containers, told, troubled, outdated) => {
  const all = facts({ containers, remote: told, images: [image()] })
  expect(dockerOf(all, containersOf('M', all), AT)).toMatchObject({ troubled, outdated })
})

test('Of a machine without an engine nothing is counted, not even as zero; a size that is not told is not zero', () => {
  expect(dockerOf(facts({ engine: null }), [], AT)).toMatchObject({ toldAt: AT, engine: null, containers: null })
  expect(dockerOf(facts({ images: null }), [], AT)).toMatchObject({
    containers: 0,
    unusedImages: null,
    unusedBytes: null,
  })
  expect(dockerOf(facts({ images: [image({ sizeBytes: null })] }), [], AT)).toMatchObject({
    containers: 0,
    unusedImages: 1,
    unusedBytes: null,
  })
})
