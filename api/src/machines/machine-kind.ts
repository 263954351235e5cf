import { MachineKind } from '@vigie/agent/report'
import { registerEnumType } from 'type-graphql'

registerEnumType(MachineKind, {
  name: 'MachineKind',
  description: 'What a machine is, as its agent sees it; UNKNOWN where it could not be told',
})

export { MachineKind }
