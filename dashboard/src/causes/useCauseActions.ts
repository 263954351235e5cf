import { AcknowledgeCauseDocument, type CauseRowFragment, MuteCauseDocument } from '../gql/graphql.ts'
import { useLanguage } from '../i18n.ts'
import { useAction } from '../live/useAction.ts'
import { toast } from '../live/useToasts.ts'

/** What somebody says about a cause; each can be taken back for a moment. It is said of what was seen, and of no more. */
export function useCauseActions() {
  const { t } = useLanguage()
  const { run: acknowledge } = useAction(AcknowledgeCauseDocument)
  const { run: mute } = useAction(MuteCauseDocument)
  const seen = ({ id, alertIds, alertCount }: CauseRowFragment) => ({
    id,
    // More than are listed: all are meant.
    alertIds: alertIds.length === alertCount ? alertIds.map((alert) => alert.id) : null,
  })

  async function setKnown(cause: CauseRowFragment, known: boolean): Promise<void> {
    if (!(await acknowledge({ ...seen(cause), known }))) return
    const words = t(known ? 'causes.isAcknowledged' : 'causes.isTakenBack', { cause: cause.sentence })
    toast(words, () => void acknowledge({ ...seen(cause), known: !known }))
  }
  async function muteFor(cause: CauseRowFragment, days: number | null): Promise<void> {
    const until = days === null ? null : new Date(Date.now() + days * 86_400_000).toISOString()
    const before = cause.worst[0]?.mutedUntil ?? null
    if (!(await mute({ ...seen(cause), until }))) return
    const stillAhead = before !== null && Date.parse(before) > Date.now() ? before : null
    const words = t(until ? 'causes.isMuted' : 'causes.isAudible', { cause: cause.sentence })
    toast(words, () => void mute({ ...seen(cause), until: stillAhead }))
  }
  return { setKnown, muteFor }
}
