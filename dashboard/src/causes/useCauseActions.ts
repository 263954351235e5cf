import { AcknowledgeCauseDocument, type CauseRowFragment, MuteCauseDocument } from '../gql/graphql.ts'
import { useLanguage } from '../i18n.ts'
import { useAction } from '../live/useAction.ts'
import { toast } from '../live/useToasts.ts'

/** What somebody says about a cause; each can be taken back for a moment. It is said of what was seen, and of no more. */
export function useCauseActions() {
  const { t } = useLanguage()
  const { run: acknowledge } = useAction(AcknowledgeCauseDocument)
  const { run: mute } = useAction(MuteCauseDocument)
  /** Of what was changed alone it is taken back: what somebody had said before stays as it was. */
  const undoing = (
    id: string,
    changed: readonly { id: string }[] | undefined,
    undo: (seen: { id: string; alertIds: string[] }) => unknown,
  ) => (changed?.length ? () => void undo({ id, alertIds: changed.map((alert) => alert.id) }) : null)

  async function setKnown({ id, alertIds, sentence }: CauseRowFragment, known: boolean): Promise<void> {
    const done = await acknowledge({ id, alertIds, known })
    if (!done) return
    toast(
      t(known ? 'causes.isAcknowledged' : 'causes.isTakenBack', { cause: sentence }),
      undoing(id, done.acknowledgeCause, (seen) => acknowledge({ ...seen, known: !known })),
    )
  }
  async function muteFor({ id, alertIds, sentence }: CauseRowFragment, days: number | null): Promise<void> {
    const until = days === null ? null : new Date(Date.now() + days * 86_400_000).toISOString()
    const done = await mute({ id, alertIds, until })
    if (!done) return
    toast(
      t(until ? 'causes.isMuted' : 'causes.isAudible', { cause: sentence }),
      // A silence that ended cannot be given back as it was; a new one can be chosen.
      until ? undoing(id, done.muteCause, (seen) => mute({ ...seen, until: null })) : null,
    )
  }
  return { setKnown, muteFor }
}
