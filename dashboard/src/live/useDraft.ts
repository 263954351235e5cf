import { ref, type Ref, watch } from 'vue'

/** A text field that begins with what is known and follows it, until somebody types: what is being typed is theirs. */
export function useDraft(known: () => string): Ref<string> {
  const draft = ref(known())
  watch(known, (now, before) => {
    if (draft.value === before) draft.value = now
  })
  return draft
}
