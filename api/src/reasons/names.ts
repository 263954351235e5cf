// What things are called in sentences and lists.

interface NamedMachine {
  name?: string | null
  hostname?: string | null
  ip?: string | null
}

/** How people call a machine: as somebody named it, else as it is known. */
export const machineName = (machine: NamedMachine | null | undefined): string =>
  machine?.name ?? machine?.hostname ?? machine?.ip ?? '?'

interface NamedDisk {
  label: string | null
  serial: string | null
  model: string | null
  device: string | null
}

/** What stands on its sticker, else what is known of it. */
export const diskName = (disk: NamedDisk | null | undefined): string =>
  disk?.label ?? disk?.serial ?? disk?.model ?? disk?.device ?? '?'

/** A native elides before a vowel, in names too: “d’atlas”, “de vega”. */
export const de = (name: string): string => (/^[aeiouyàâäéèêëîïôöûü]/i.test(name) ? `d’${name}` : `de ${name}`)
