import type { ContainerRowFragment, ContainerStanding, DockerFactsFragment, Health } from '../gql/graphql.ts'

/** A new standing does not compile until it has its shape. */
export const GLYPHS: Record<ContainerStanding, Health> = {
  FAILED: 'FAILED',
  RESTARTING: 'AT_RISK',
  UNHEALTHY: 'WARNING',
  PAUSED: 'UNKNOWN',
  RUNNING: 'OK',
  STOPPED: 'UNSUPPORTED',
  UNKNOWN: 'UNKNOWN',
}

/** What needs somebody stands first. */
const ORDER: readonly ContainerStanding[] = [
  'FAILED',
  'RESTARTING',
  'UNHEALTHY',
  'UNKNOWN',
  'PAUSED',
  'RUNNING',
  'STOPPED',
]

export interface Stack {
  /** Null = those that belong to no project. */
  project: string | null
  containers: ContainerRowFragment[]
}

const gravity = ({ standing }: ContainerRowFragment): number => ORDER.indexOf(standing)

/** By project, as compose calls it: that with the worst container first, then by name; those of none last. */
export function stacksOf(containers: readonly ContainerRowFragment[]): Stack[] {
  const byProject = new Map<string | null, ContainerRowFragment[]>()
  for (const each of containers) byProject.set(each.project, [...(byProject.get(each.project) ?? []), each])
  const stacks = [...byProject].map(([project, own]) => ({
    project,
    containers: own.toSorted((a, b) => gravity(a) - gravity(b) || (a.name < b.name ? -1 : 1)),
  }))
  const worst = ({ containers: own }: Stack): number => Math.min(...own.map(gravity), ORDER.indexOf('UNKNOWN'))
  return stacks.toSorted(
    (a, b) =>
      worst(a) - worst(b) ||
      Number(a.project === null) - Number(b.project === null) ||
      (a.project ?? '').localeCompare(b.project ?? ''),
  )
}

/** An unhealthy one runs, too. */
export const runs = ({ standing }: Pick<ContainerRowFragment, 'standing'>): boolean =>
  standing === 'RUNNING' || standing === 'UNHEALTHY'

/** How all of them stand: what nobody told is no good news. */
export function glyphOfEngine({ problem, troubled }: DockerFactsFragment): Health {
  if (problem !== null || troubled === null) return 'UNKNOWN'
  return troubled > 0 ? 'WARNING' : 'OK'
}

/** A machine without an engine has nothing to show; one whose engine did not answer has. */
export const hasContainers = ({ engine, problem }: DockerFactsFragment): boolean => engine !== null || problem !== null
