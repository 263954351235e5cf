import { Unavailable } from '../inventory/section.ts'
import type { DockerContainer, DockerFacts, DockerImage } from '../report/docker.ts'
import { Engine, EngineError } from './engine.ts'
import { askRegistries } from './registries.ts'
import { engineSocket } from './socket.ts'

/** More than any machine runs; those beyond are not told, and it is said. */
const MOST = 5000
/** Asked at a time: each answer is a file that the engine reads. */
const AT_ONCE = 4

export interface DockerOptions {
  env: Record<string, string | undefined>
  stateDir: string
  /** Whether registries are asked what they have; that costs their quota. */
  registries: boolean
}

type Json = Record<string, unknown>

/** The containers of this machine, and the images that they run. Only read: nothing is started, pulled or changed. */
export async function collectDocker({ env, stateDir, registries }: DockerOptions): Promise<DockerFacts> {
  const socket = await engineSocket(env)
  if (socket === null) return { engine: null, containers: [], images: [], remote: [] }
  const engine = new Engine(socket)
  const version = objectOf(await engine.get('/version'))
  const [listed, images] = await Promise.all([engine.get('/containers/json?all=1'), engine.get('/images/json')])
  const containers = await inspectAll(engine, listOf(listed))
  const told = listOf(images).map(imageOf)
  return {
    engine: { name: nameOf(version), version: textOf(version['Version']) },
    containers: containers.sort(byName),
    images: told.sort((a, b) => (a.id < b.id ? -1 : 1)),
    remote: registries ? await askRegistries(engine, { containers, images: told, stateDir }) : [],
  }
}

const byName = (a: DockerContainer, b: DockerContainer): number => (a.name < b.name ? -1 : a.name > b.name ? 1 : 0)

/** Podman tells what it is among its components. */
const nameOf = (version: Json): string =>
  listOf(version['Components']).some((part) => /podman/i.test(String(part['Name']))) ? 'podman' : 'docker'

async function inspectAll(engine: Engine, listed: readonly Json[]): Promise<DockerContainer[]> {
  if (listed.length > MOST)
    throw new Unavailable('TOO_MANY', `there are ${listed.length} containers, more than ${MOST}`)
  const rest = [...listed]
  const found: DockerContainer[] = []
  const work = async (): Promise<void> => {
    for (let next = rest.pop(); next; next = rest.pop()) {
      const id = textOf(next['Id'])
      if (id === null || !/^[0-9a-f]{12,64}$/.test(id)) continue
      const told = await engine.get(`/containers/${id}/json`).catch((error: unknown) => {
        // It has gone since it was listed; or the engine fails at this one alone.
        if (error instanceof EngineError) return error.status === 404 ? null : {}
        throw error
      })
      if (told !== null) found.push(containerOf(id, next, objectOf(told)))
    }
  }
  await Promise.all(Array.from({ length: AT_ONCE }, work))
  return found
}

/** What the list tells of it, and what only looking at it does. */
function containerOf(id: string, listed: Json, told: Json): DockerContainer {
  const state = objectOf(told['State'])
  const labels = objectOf(listed['Labels'])
  const isRunning = textOf(listed['State']) === 'running'
  return {
    id: id.slice(0, 12),
    name: clean((textOf(listOfTexts(listed['Names'])[0]) ?? id.slice(0, 12)).replace(/^\//, '')),
    image: (textOf(objectOf(told['Config'])['Image']) ?? textOf(listed['Image']) ?? '').slice(0, 512),
    imageId: (textOf(listed['ImageID']) ?? '').slice(0, 512),
    state: clean(textOf(listed['State']) ?? 'unknown'),
    health: healthOf(state),
    exitCode: isRunning ? null : numberOf(state['ExitCode']),
    oomKilled: typeof state['OOMKilled'] === 'boolean' ? state['OOMKilled'] : null,
    restarts: numberOf(told['RestartCount']),
    restartPolicy: policyOf(objectOf(told['HostConfig'])),
    startedAt: timeOf(state['StartedAt']),
    finishedAt: timeOf(state['FinishedAt']),
    project: label(labels, 'com.docker.compose.project'),
    service: label(labels, 'com.docker.compose.service'),
  }
}

function healthOf(state: Json): string | null {
  const word = textOf(objectOf(state['Health'] ?? state['Healthcheck'])['Status'])
  return word && word !== 'none' ? clean(word) : null
}

const policyOf = (host: Json): string | null => {
  const word = textOf(objectOf(host['RestartPolicy'])['Name'])
  // Docker calls none by an empty name.
  return word === null ? null : clean(word || 'no')
}

const label = (labels: Json, name: string): string | null => {
  const word = textOf(labels[name])
  return word ? clean(word) : null
}

const imageOf = (told: Json): DockerImage => ({
  id: (textOf(told['Id']) ?? '').slice(0, 512),
  tags: referencesOf(told['RepoTags']),
  digests: referencesOf(told['RepoDigests']),
  sizeBytes: numberOf(told['Size']),
})

/** What is no longer called anything stands as <none>:<none>. */
const referencesOf = (told: unknown): string[] =>
  listOfTexts(told)
    .filter((each) => !each.includes('<none>') && each.length <= 512)
    .sort()
    .slice(0, 200)

const objectOf = (value: unknown): Json =>
  typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Json) : {}
const listOf = (value: unknown): Json[] => (Array.isArray(value) ? value.map(objectOf) : [])
const listOfTexts = (value: unknown): string[] =>
  Array.isArray(value) ? value.filter((each): each is string => typeof each === 'string') : []
const textOf = (value: unknown): string | null => (typeof value === 'string' ? value : null)
const numberOf = (value: unknown): number | null =>
  typeof value === 'number' && Number.isSafeInteger(value) && value >= -1 ? value : null

/** What never happened is the year 1. */
function timeOf(value: unknown): string | null {
  const at = typeof value === 'string' ? new Date(value) : null
  return at && at.getTime() > 0 ? at.toISOString() : null
}

/** One line, as long as a report takes. */
const clean = (word: string): string => word.replace(/\p{Cc}/gu, ' ').slice(0, 255)
