interface NamedMachine {
  name?: string | null
  hostname?: string | null
  ip?: string | null
}

export const machineName = (machine: NamedMachine | null | undefined): string =>
  machine?.name ?? machine?.hostname ?? machine?.ip ?? '?'

interface NamedDisk {
  label?: string | null
  serial?: string | null
  model?: string | null
  device?: string | null
}

/** What is on its sticker, else what is known of it. */
export const diskName = (disk: NamedDisk | null | undefined): string =>
  disk?.label ?? disk?.serial ?? disk?.model ?? disk?.device ?? '?'
