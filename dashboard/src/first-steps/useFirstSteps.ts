import { useLocalStorage } from '@vueuse/core'
import { computed } from 'vue'
import {
  AlertsChangedDocument,
  FirstStepsDocument,
  JobsTouchedDocument,
  MachinesTouchedDocument,
} from '../gql/graphql.ts'
import { useChanges } from '../live/useChanges.ts'
import { useLiveQuery } from '../live/useLiveQuery.ts'
import { countDone, nextStep, stepsDone } from './first-steps.ts'

/** Whether somebody said in this browser that they do without the rest. */
const isHidden = useLocalStorage('vigie.first-steps.hidden', false)

/** What of the first steps is done, as it is done. `always`: also where somebody hid them. */
export function useFirstSteps({ always = false } = {}) {
  const query = useLiveQuery(
    FirstStepsDocument,
    () => ({}),
    [
      useChanges(MachinesTouchedDocument, () => ({})).any,
      useChanges(JobsTouchedDocument, () => ({})).any,
      useChanges(AlertsChangedDocument, () => ({})).any,
    ],
    { isWanted: () => always || !isHidden.value },
  )
  const done = computed(() => (query.result ? stepsDone(query.result) : null))
  return {
    query,
    done,
    isHidden,
    next: computed(() => (done.value ? nextStep(done.value) : null)),
    doneCount: computed(() => (done.value ? countDone(done.value) : 0)),
  }
}
