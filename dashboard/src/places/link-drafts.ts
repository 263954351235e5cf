import { reactive } from 'vue'
import type { PlaceRowFragment } from '../gql/graphql.ts'
import { type Group, groupOf } from './places.ts'

/** What somebody is saying of which backup holds a place. */
export interface LinkDraft {
  jobId: string | null
  path: string
  search: string
  /** Where the place stood then: it does not jump away from under who writes. */
  group: Group
}

// By file system: no change takes anything of what was typed, wherever the place stands after it.
const drafts = reactive(new Map<string, LinkDraft>())

export const draftOf = ({ fileSystem }: Pick<PlaceRowFragment, 'fileSystem'>): LinkDraft | undefined =>
  drafts.get(fileSystem.id)

export const beginLink = ({ fileSystem, verdict }: PlaceRowFragment): void =>
  void drafts.set(fileSystem.id, {
    jobId: null,
    path: fileSystem.mountpoint ?? '',
    search: '',
    group: groupOf(verdict),
  })

export const endLink = ({ fileSystem }: Pick<PlaceRowFragment, 'fileSystem'>): void => void drafts.delete(fileSystem.id)
