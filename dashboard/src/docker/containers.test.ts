import { expect, test } from 'vitest'
import type { ContainerRowFragment, DockerFactsFragment } from '../gql/graphql.ts'
import { glyphOfEngine, stacksOf } from './containers.ts'

const container = (name: string, project: string | null, standing: ContainerRowFragment['standing'] = 'RUNNING') =>
  ({ name, project, standing }) as ContainerRowFragment

test('Stacks with trouble stand first, then by name; containers of none last; within them what needs somebody first', () => {
  const stacks = stacksOf([
    container('alone', null),
    container('b-web', 'b'),
    container('a-db', 'a'),
    container('c-web', 'c'),
    container('c-job', 'c', 'FAILED'),
  ])
  expect(stacks.map(({ project, containers }) => [project, containers.map(({ name }) => name)])).toEqual([
    ['c', ['c-job', 'c-web']],
    ['a', ['a-db']],
    ['b', ['b-web']],
    [null, ['alone']],
  ])
})

test.each<[Partial<DockerFactsFragment>, string]>([
  [{ problem: null, troubled: 0 }, 'OK'],
  [{ problem: null, troubled: 1 }, 'WARNING'],
  [{ problem: null, troubled: null }, 'UNKNOWN'],
  [{ problem: 'nothing answers', troubled: 0 }, 'UNKNOWN'],
])('An engine that tells %o is shown as %s', (facts, health) => {
  expect(glyphOfEngine(facts as DockerFactsFragment)).toBe(health)
})
