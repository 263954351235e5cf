import type { OperationVariables, TypedDocumentNode } from '@apollo/client/core'
import { useMutation } from '@vue/apollo-composable'
import { ref, type Ref } from 'vue'

/** Why the last thing that was asked for was not done, told above every page until somebody closes it; null = nothing failed. */
export const notDone = ref<Error | null>(null)

/** A button's mutation: a refusal, or no answer, is told and never lost. Forms that show their own errors use useMutation. */
export function useAction<Result, Variables extends OperationVariables>(
  document: TypedDocumentNode<Result, Variables>,
): { run: (variables: Variables) => Promise<Result | null>; loading: Ref<boolean> } {
  const { mutate, loading, onError } = useMutation(document, { throws: 'never' })
  onError((error) => (notDone.value = error))
  return {
    loading,
    run: async (variables) => {
      notDone.value = null
      return ((await mutate(variables)) as { data?: Result | null } | null)?.data ?? null
    },
  }
}
