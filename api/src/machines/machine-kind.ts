import { registerEnumType } from 'type-graphql'

export enum MachineKind {
  PHYSICAL = 'PHYSICAL',
  VM = 'VM',
  PROXMOX_HOST = 'PROXMOX_HOST',
  LXC = 'LXC',
  CONTAINER = 'CONTAINER',
  RASPBERRY_PI = 'RASPBERRY_PI',
  WORKSTATION = 'WORKSTATION',
  UNKNOWN = 'UNKNOWN',
}

registerEnumType(MachineKind, {
  name: 'MachineKind',
  description: 'What a machine is, as its agent sees it; UNKNOWN where it could not be told',
})
