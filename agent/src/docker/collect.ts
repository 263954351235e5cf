import { Unavailable } from '../inventory/section.ts'
import type { Run } from '../platform/command.ts'
import type { DockerContainer, DockerFacts, DockerImage } from '../report/docker.ts'
import { Engine, EngineError } from './engine.ts'
import { askRegistries } from './registries.ts'
import { engineSocket } from './socket.ts'

/** More than any machine has. */
const MOST = 5000
const MOST_IMAGES = 20_000
/** Asked at a time: each answer is a file that the engine reads. */
const AT_ONCE = 4
const INSPECT_MS = 5000
/** What is kept for registries. */
const REGISTRIES_MS = 15_000
/** All of it, so that the section is told with what could be read in time. */
const LONGEST_MS = 45_000

export interface DockerOptions {
  env: Record<string, string | undefined>
  run: Run
  stateDir: string
  /** Whether registries are asked what they have; that costs their quota. */
  registries: boolean
}

type Json = Record<string, unknown>

/** The containers of this machine, and the images that they run. Only read: nothing is started, pulled or changed. */
export async function collectDocker({ env, run, stateDir, registries }: DockerOptions): Promise<DockerFacts> {
  const until = Date.now() + LONGEST_MS
  const socket = await engineSocket(env, run)
  if (socket === null) return { engine: null, containers: [], images: [], remote: [] }
  const engine = new Engine(socket)
  const version = objectOf(await engine.get('/version'))
  const name = nameOf(version)
  const containers = await inspectAll(engine, listIn(await engine.get('/containers/json?all=1'), 'containers'), until)
  const images = await imagesOf(engine)
  return {
    engine: { name, version: cleanOrNull(version['Version']) },
    containers: containers.sort(byName),
    images,
    remote: registries && images ? await askRegistries(engine, { name, containers, images, stateDir, until }) : [],
  }
}

/** Null = they could not be listed: the containers are told all the same. */
async function imagesOf(engine: Engine): Promise<DockerImage[] | null> {
  try {
    const told = listIn(await engine.get('/images/json'), 'images')
    return told.length > MOST_IMAGES ? null : told.map(imageOf).sort((a, b) => (a.id < b.id ? -1 : 1))
  } catch {
    return null
  }
}

const byName = (a: DockerContainer, b: DockerContainer): number => (a.name < b.name ? -1 : a.name > b.name ? 1 : 0)

/** Podman tells what it is among its components. */
const nameOf = (version: Json): string =>
  listOf(version['Components']).some((part) => /podman/i.test(String(part['Name']))) ? 'podman' : 'docker'

/** Those that there is no time left to look at are told as they are listed. */
async function inspectAll(engine: Engine, listed: readonly Json[], until: number): Promise<DockerContainer[]> {
  if (listed.length > MOST)
    throw new Unavailable('TOO_MANY', `there are ${listed.length} containers, more than ${MOST}`)
  const rest = [...listed]
  const found: DockerContainer[] = []
  const work = async (): Promise<void> => {
    for (let next = rest.pop(); next; next = rest.pop()) {
      const id = textOf(next['Id'])
      if (id === null || !/^[0-9a-f]{12,64}$/.test(id)) continue
      const left = until - REGISTRIES_MS - Date.now()
      const told = await (
        left > 0 ? engine.get(`/containers/${id}/json`, Math.min(left, INSPECT_MS)) : Promise.resolve({})
      ).catch((error: unknown) => {
        // It has gone since it was listed; or the engine fails at this one, or hangs: what the list tells is known.
        return error instanceof EngineError && error.status === 404 ? null : {}
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
    imageId: digitsOf(listed['ImageID']),
    state: clean(textOf(listed['State']) ?? 'unknown'),
    health: healthOf(state),
    exitCode: isRunning ? null : integerOf(state['ExitCode']),
    oomKilled: typeof state['OOMKilled'] === 'boolean' ? state['OOMKilled'] : null,
    restarts: countOf(told['RestartCount']),
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
  id: digitsOf(told['Id']),
  tags: referencesOf(told['RepoTags']),
  digests: referencesOf(told['RepoDigests']),
  sizeBytes: countOf(told['Size']),
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
/** Nothing is written as null; what is no list says nothing of what there is. */
function listIn(value: unknown, what: string): Json[] {
  if (value !== null && !Array.isArray(value))
    throw new Unavailable('UNPARSABLE', `the container engine told no list of ${what}`)
  return listOf(value)
}
const listOfTexts = (value: unknown): string[] =>
  Array.isArray(value) ? value.filter((each): each is string => typeof each === 'string') : []
const textOf = (value: unknown): string | null => (typeof value === 'string' ? value : null)
const integerOf = (value: unknown): number | null =>
  typeof value === 'number' && Number.isSafeInteger(value) ? value : null
const countOf = (value: unknown): number | null => {
  const whole = integerOf(value)
  return whole !== null && whole >= 0 ? whole : null
}

/** Engines write ids with and without their algorithm; some in two lists in two ways. */
const digitsOf = (value: unknown): string => (textOf(value) ?? '').replace(/^sha256:/, '').slice(0, 512)

/** What never happened is the year 1; what is beyond the years of ISO 8601 is no time. */
function timeOf(value: unknown): string | null {
  const at = typeof value === 'string' ? new Date(value) : null
  return at && at.getTime() > 0 && at.getUTCFullYear() <= 9999 ? at.toISOString() : null
}

/** One line, as long as a report takes. */
const clean = (word: string): string => word.replace(/\p{Cc}/gu, ' ').slice(0, 255)
const cleanOrNull = (value: unknown): string | null => {
  const word = textOf(value)
  return word === null ? null : clean(word)
}
