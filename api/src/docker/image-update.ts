import type { DockerContainer, DockerFacts } from '@vigie/agent/report'
import { registerEnumType } from 'type-graphql'

/** Whether there is a newer image than the one that a container runs. */
export enum ImageUpdate {
  RECREATE = 'RECREATE',
  UPDATE = 'UPDATE',
  CURRENT = 'CURRENT',
  PINNED = 'PINNED',
  LOCAL = 'LOCAL',
  UNKNOWN = 'UNKNOWN',
}
registerEnumType(ImageUpdate, {
  name: 'ImageUpdate',
  valuesConfig: {
    RECREATE: { description: 'A newer image lies on the machine already: the container runs the one before it' },
    UPDATE: { description: 'Its registry has a newer one' },
    CURRENT: { description: 'It runs what its registry has' },
    PINNED: { description: 'It asks for one image by its digest: there is no newer one of it' },
    LOCAL: { description: 'It was built or loaded on the machine: no registry knows it' },
    UNKNOWN: { description: 'Its registry was not asked, or did not answer' },
  },
})

export interface UpdateTold {
  update: ImageUpdate
  /** Why it is not known, in the words of the engine; null = nobody asked, or it is known. */
  problem: string | null
}

/** What is asked for by an id alone is as its engine lists it where it could not be looked at. */
const PINNED = /@sha256:/
const IS_ID = /^(?:sha256:)?[0-9a-f]{12,64}$/

/** A name without a tag is that of the newest; Docker leaves out what Podman writes. */
export function normalised(reference: string): string {
  const short = reference.replace(/^docker\.io\/(?:library\/)?/, '')
  // The colon of a port stands before a slash.
  return short.lastIndexOf(':') > short.lastIndexOf('/') ? short : `${short}:latest`
}

/** Pure: what is here and what a registry gives are compared by digest, never by name or day. */
export function updateOf(
  { image, imageId }: Pick<DockerContainer, 'image' | 'imageId'>,
  { images, remote }: Pick<DockerFacts, 'images' | 'remote'>,
): UpdateTold {
  if (images === null) return { update: ImageUpdate.UNKNOWN, problem: 'its engine could not list its images' }
  if (PINNED.test(image)) return known(ImageUpdate.PINNED)
  if (IS_ID.test(image)) return known(ImageUpdate.UNKNOWN)
  const asked = normalised(image)
  const named = images.find(({ tags }) => tags.some((tag) => normalised(tag) === asked))
  if (named && imageId !== '' && named.id !== imageId) return known(ImageUpdate.RECREATE)
  const run = images.find(({ id }) => id === imageId) ?? named
  if (run && run.digests.length === 0) return known(ImageUpdate.LOCAL)
  const told = remote.find(({ reference }) => normalised(reference) === asked)
  if (!told || told.digest === null) return { update: ImageUpdate.UNKNOWN, problem: told?.problem ?? null }
  if (!run) return known(ImageUpdate.UNKNOWN)
  return known(
    run.digests.some((digest) => digest.endsWith(`@${told.digest}`)) ? ImageUpdate.CURRENT : ImageUpdate.UPDATE,
  )
}

const known = (update: ImageUpdate): UpdateTold => ({ update, problem: null })
