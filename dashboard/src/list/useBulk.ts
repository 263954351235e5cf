import type { OperationVariables, TypedDocumentNode } from '@apollo/client/core'
import { useLanguage } from '../i18n.ts'
import { useAction } from '../live/useAction.ts'
import { toast } from '../live/useToasts.ts'
import { focusPage } from '../ui/focus-page.ts'

/** Does one thing with all that is chosen, then says so and lets the choice go. False = refused, which is told above the page. */
export function useBulk<Result, Variables extends OperationVariables>(
  document: TypedDocumentNode<Result, Variables>,
  clear: () => void,
): (variables: Variables, said: { key: string; n: number }) => Promise<boolean> {
  const { t } = useLanguage()
  const { run } = useAction(document)
  return async (variables, { key, n }) => {
    if (!(await run(variables))) return false
    toast(t(key, { n }, n))
    focusPage()
    clear()
    return true
  }
}
