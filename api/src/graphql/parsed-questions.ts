import type { DocumentNode } from 'graphql'

/** Pages ask some thirty questions, over and over. */
const MOST = 50
/** Characters; a page's longest has half of it. */
const LONGEST = 5000

/**
 * The questions that were asked last, parsed and found valid, for Apollo: finding out anew costs more than many answers.
 * Apollo's own cache counts bytes of JSON, and a parsed question takes many times as much: 250 of them were 150 MB.
 */
export function parsedQuestions() {
  const kept = new Map<string, DocumentNode>()
  return {
    get: async (key: string): Promise<DocumentNode | undefined> => {
      const document = kept.get(key)
      if (!document) return undefined
      // The one that was not asked for longest goes first.
      kept.delete(key)
      kept.set(key, document)
      return document
    },
    set: async (key: string, document: DocumentNode): Promise<void> => {
      if ((document.loc?.source.body.length ?? Infinity) > LONGEST) return
      kept.set(key, document)
      const [oldest] = kept.keys()
      if (kept.size > MOST && oldest !== undefined) kept.delete(oldest)
    },
    delete: async (key: string): Promise<boolean> => kept.delete(key),
  }
}
