import { registerEnumType } from 'type-graphql'

/** Which of the updates that wait. */
export enum UpdateScope {
  ALL = 'all',
  SECURITY = 'security',
}
registerEnumType(UpdateScope, {
  name: 'UpdateScope',
  valuesConfig: {
    ALL: { description: 'All that waits, with what it needs' },
    SECURITY: { description: 'What is known to mend a security hole' },
  },
})
