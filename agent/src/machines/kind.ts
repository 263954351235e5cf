import { MachineKind } from '../report/machine-kind.ts'

export interface KindSigns {
  /** systemd-detect-virt -c: none, lxc, docker …; null = could not be asked. */
  container: string | null
  /** systemd-detect-virt -v: none, kvm, vmware …; null = could not be asked. */
  vm: string | null
  proxmox: boolean
  /** /proc/device-tree/model; null on machines without a device tree. */
  boardModel: string | null
  /** SMBIOS chassis type (DSP0134, 7.4.1); null = not told. */
  chassis: number | null
  graphical: boolean
}

const DESKTOPS = [3, 4, 6, 7, 13]
const PORTABLES = [8, 9, 10, 14, 30, 31, 32]

/** A container first, for it sees much of its host; then the hosts, then what the chassis tells. */
export function kindOf({ container, vm, proxmox, boardModel, chassis, graphical }: KindSigns): {
  kind: MachineKind
  virtualization: string | null
} {
  const inside = container !== null && container !== 'none'
  if (inside)
    return { kind: container.startsWith('lxc') ? MachineKind.LXC : MachineKind.CONTAINER, virtualization: container }
  const virtualization = vm ?? container
  if (proxmox) return { kind: MachineKind.PROXMOX_HOST, virtualization }
  if (boardModel?.startsWith('Raspberry Pi')) return { kind: MachineKind.RASPBERRY_PI, virtualization }
  if (vm === null) return { kind: MachineKind.UNKNOWN, virtualization }
  if (vm !== 'none') return { kind: MachineKind.VM, virtualization }
  const personal = chassis !== null && (DESKTOPS.includes(chassis) || PORTABLES.includes(chassis))
  return { kind: personal && graphical ? MachineKind.WORKSTATION : MachineKind.PHYSICAL, virtualization }
}
