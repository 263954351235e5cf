import { AcknowledgeMessagesDocument, type LogMessageRowFragment } from '../gql/graphql.ts'
import { useAction } from '../live/useAction.ts'

/** As many as the server takes at once. */
const AT_ONCE = 500

/** Takes note of messages as they stand on the page: what was said since, nobody has read. */
export function useNoting(again: () => Promise<void>): (messages: readonly LogMessageRowFragment[]) => Promise<void> {
  const { run } = useAction(AcknowledgeMessagesDocument)
  return async (messages) => {
    const some = messages.slice(0, AT_ONCE)
    const until = some.map(({ lastSeenAt }) => lastSeenAt).reduce((last, each) => (each > last ? each : last), '')
    if (await run({ ids: some.map(({ id }) => id), until })) await again()
  }
}
