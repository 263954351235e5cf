import { createHash } from 'node:crypto'
import { join } from 'node:path'
import { keepInFile, readKept } from '../host/kept-file.ts'
import type { DockerContainer, DockerImage, DockerRemote } from '../report/docker.ts'
import { type Engine, EngineError } from './engine.ts'

const HOUR = 3_600_000
/** Docker Hub counts each question as a pull, and allows some a hundred in six hours to those without an account. */
const MOST_AT_ONCE = 20
const TIMEOUT_MS = 10_000
/** The report waits for no registry: those that were not asked in time are asked for the next one. */
const ALL_TOGETHER_MS = 20_000
/** What went wrong is asked again sooner. */
const RETRY_AFTER = 2 * HOUR

interface Images {
  containers: readonly DockerContainer[]
  images: readonly DockerImage[]
  stateDir: string
}

/**
 * What registries give now for the images that containers ask for, asked through the engine, which knows their credentials
 * and proxies. Each is asked once in six to twelve hours; what is pinned, or was built here, is not asked at all.
 */
export async function askRegistries(
  engine: Engine,
  { containers, images, stateDir }: Images,
  now: () => number = Date.now,
): Promise<DockerRemote[]> {
  const file = join(stateDir, 'registries.json')
  const kept = new Map(Object.entries(((await readKept(file)) ?? {}) as Record<string, DockerRemote>))
  const wanted = [...new Set(containers.map(({ image }) => image))].filter((image) => isAskable(image, images)).sort()
  const due = wanted.filter((reference) => isDue(reference, kept.get(reference), now()))
  const begun = Date.now()
  for (const reference of due.slice(0, MOST_AT_ONCE)) {
    if (Date.now() - begun > ALL_TOGETHER_MS) break
    const answer = await ask(engine, reference, now())
    kept.set(reference, answer)
    // The others would be refused as this one was.
    if (answer.problem !== null && /toomanyrequests|rate limit/i.test(answer.problem)) break
  }
  const told = wanted.map((reference) => kept.get(reference)).filter((each): each is DockerRemote => each !== undefined)
  if (due.length > 0) await keepInFile(file, Object.fromEntries(told.map((each) => [each.reference, each])))
  return told
}

/** A name with a tag or none; what a registry never knew has no digest. */
function isAskable(reference: string, images: readonly DockerImage[]): boolean {
  if (!/^[a-z0-9][\w./:-]{0,254}$/i.test(reference) || reference.includes('..')) return false
  if (/^[0-9a-f]{12,64}$/.test(reference)) return false
  const used = images.find(({ tags }) => tags.includes(withTag(reference)))
  return used === undefined || used.digests.length > 0
}

/** The colon of a port stands before a slash. */
const withTag = (reference: string): string =>
  reference.lastIndexOf(':') > reference.lastIndexOf('/') ? reference : `${reference}:latest`

/** Spread out: a fleet that is started at once does not ask at once. */
function isDue(reference: string, known: DockerRemote | undefined, now: number): boolean {
  if (!known?.askedAt) return true
  const age = now - Date.parse(known.askedAt)
  const spread = createHash('sha256').update(reference).digest()[0] as number
  const after = known.problem === null ? 6 * HOUR + (spread / 255) * 6 * HOUR : RETRY_AFTER
  // A negative age is a clock that was set back: it proves nothing.
  return !(age >= 0 && age < after)
}

async function ask(engine: Engine, reference: string, now: number): Promise<DockerRemote> {
  const askedAt = new Date(now).toISOString()
  try {
    const told = (await engine.get(`/distribution/${reference}/json`, TIMEOUT_MS)) as {
      Descriptor?: { digest?: unknown }
    } | null
    const digest = told?.Descriptor?.digest
    if (typeof digest === 'string' && /^sha256:[0-9a-f]{64}$/.test(digest))
      return { reference, digest, problem: null, askedAt }
    return { reference, digest: null, problem: 'its registry names no digest', askedAt }
  } catch (error) {
    const said = error instanceof EngineError ? error.message : (error as Error).message
    return { reference, digest: null, problem: said.slice(0, 500) || 'no answer', askedAt }
  }
}
