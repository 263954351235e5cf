import { createHash } from 'node:crypto'
import { join } from 'node:path'
import { keepInFile, readKept } from '../host/kept-file.ts'
import { Unavailable } from '../inventory/section.ts'
import type { DockerContainer, DockerImage, DockerRemote } from '../report/docker.ts'
import { type Engine, EngineError } from './engine.ts'

const HOUR = 3_600_000
/** Docker Hub counts each question as a pull, and allows some a hundred in six hours to those without an account. */
const MOST_AT_ONCE = 20
const TIMEOUT_MS = 10_000
/** What went wrong for a moment is asked again sooner; what is refused will be refused again. */
const RETRY_AFTER = 2 * HOUR
const REFUSED_AFTER = 24 * HOUR
/** After too many questions nobody is asked for so long. */
const PAUSE = 6 * HOUR

interface Images {
  /** docker or podman. */
  name: string
  containers: readonly DockerContainer[]
  images: readonly DockerImage[]
  stateDir: string
  /** When the report goes on without those that were not asked by then. */
  until: number
}

interface Kept {
  pausedUntil?: number
  answers?: Record<string, DockerRemote & { askedAt: number }>
}

/**
 * What registries give now for the images that containers ask for, asked through the engine, without credentials: those lie
 * with its users. Each is asked once in six to twelve hours; what is pinned, was built here or is not here is not asked at
 * all. Where what they said cannot be kept, none is asked: they would be asked with each report.
 */
export async function askRegistries(
  engine: Engine,
  { name, containers, images, stateDir, until }: Images,
  now: () => number = Date.now,
): Promise<DockerRemote[]> {
  const file = join(stateDir, 'registries.json')
  const kept = ((await readKept(file)) ?? {}) as Kept
  const answers = new Map(Object.entries(kept.answers ?? {}))
  const wanted = [...new Set(containers.filter((each) => isAskable(each, images)).map(({ image }) => image))].sort()
  const due = wanted.filter((reference) => isDue(reference, answers.get(reference), now()))
  const isPaused = kept.pausedUntil !== undefined && now() < kept.pausedUntil && kept.pausedUntil <= now() + PAUSE
  if (due.length > 0 && !isPaused && (await keepInFile(file, kept))) {
    for (const reference of due.slice(0, MOST_AT_ONCE)) {
      if (Date.now() + TIMEOUT_MS > until) break
      const { digest, problem } = await ask(engine, reference, name)
      // What was known stays beside why it could not be asked anew.
      answers.set(reference, {
        reference,
        digest: digest ?? answers.get(reference)?.digest ?? null,
        problem,
        askedAt: now(),
      })
      if (problem !== null && IS_TOO_MANY.test(problem)) kept.pausedUntil = now() + PAUSE
      // The others would be refused as this one was.
      if (problem !== null && (IS_TOO_MANY.test(problem) || problem === NO_SUCH_QUESTION)) break
    }
    await keepInFile(file, {
      ...kept,
      answers: Object.fromEntries([...answers].filter(([reference]) => wanted.includes(reference))),
    })
  }
  return wanted.flatMap((wish) => {
    const known = answers.get(wish)
    return known ? { reference: wish, digest: known.digest, problem: known.problem } : []
  })
}

const IS_TOO_MANY = /toomanyrequests|rate limit/i
const IS_REFUSED = /denied|unauthorized|authentication required/i
const NO_SUCH_QUESTION = 'this Podman cannot ask registries; a newer one can'

/** A name with a tag or none, of an image that is here and that a registry has known. */
function isAskable({ image, imageId }: DockerContainer, images: readonly DockerImage[]): boolean {
  if (!/^[a-z0-9][\w./:-]{0,254}$/i.test(image) || image.includes('..') || image.startsWith('localhost/')) return false
  if (/^[0-9a-f]{12,64}$/.test(image)) return false
  const run = images.find(({ id }) => id === imageId)
  return run !== undefined && run.digests.length > 0
}

/** Spread out: a fleet that is started at once does not ask at once. */
function isDue(
  reference: string,
  known: { problem: string | null; askedAt: number } | undefined,
  now: number,
): boolean {
  if (!known) return true
  const age = now - known.askedAt
  const spread = createHash('sha256').update(reference).digest()[0] as number
  const { problem } = known
  const after =
    problem === null
      ? 6 * HOUR + (spread / 255) * 6 * HOUR
      : IS_REFUSED.test(problem) || problem === NO_SUCH_QUESTION
        ? REFUSED_AFTER
        : RETRY_AFTER
  // A negative age is a clock that was set back: it proves nothing.
  return !(age >= 0 && age < after)
}

async function ask(engine: Engine, reference: string, name: string): Promise<Omit<DockerRemote, 'reference'>> {
  try {
    const told = (await engine.get(`/distribution/${reference}/json`, TIMEOUT_MS)) as {
      Descriptor?: { digest?: unknown }
    } | null
    const digest = told?.Descriptor?.digest
    if (typeof digest === 'string' && /^sha256:[0-9a-f]{64}$/.test(digest)) return { digest, problem: null }
    return { digest: null, problem: 'its registry names no digest' }
  } catch (error) {
    return { digest: null, problem: problemOf(error as Error, name) }
  }
}

/** In the words of the engine, without what differs each time, such as its own port. */
function problemOf(error: Error, name: string): string {
  const isUnknown =
    (error instanceof EngineError && [404, 405, 501].includes(error.status) && !IS_REFUSED.test(error.message)) ||
    (error instanceof Unavailable && error.code === 'UNPARSABLE')
  if (name === 'podman' && isUnknown) return NO_SUCH_QUESTION
  return error.message.slice(0, 500).replace(/\b\d{1,3}(?:\.\d{1,3}){3}:\d{1,5}->/g, '') || 'no answer'
}
