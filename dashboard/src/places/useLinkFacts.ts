import { machineName } from '../format/names.ts'
import { useFormat } from '../format/useFormat.ts'
import type { PlaceRowFragment } from '../gql/graphql.ts'
import { useLanguage } from '../i18n.ts'
import { factsOf, type LinkFact, type LinkPreview } from './link-words.ts'

/** What a link to a place would mean, in words. */
export function useLinkFacts(): (
  told: LinkPreview | undefined,
  place: PlaceRowFragment,
) => (LinkFact & { words: string })[] {
  const { t } = useLanguage()
  const { ago, bytes } = useFormat()
  return (told, place) => {
    if (!told) return []
    const values = {
      path: told.fileSystem?.mountpoint ?? '',
      machine: machineName(place.machine),
      when: told.lastProven ? ago(told.lastProven.expectedAt) : '',
      copy: bytes(told.copyBytes),
      held: bytes(told.heldBytes),
    }
    return factsOf(told, place.fileSystem.id).map((fact) => ({
      ...fact,
      words: t(`places.link.fact.${fact.key}`, values),
    }))
  }
}
