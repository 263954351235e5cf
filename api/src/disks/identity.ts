/** What a report tells about which disk it is. Null = not told. */
export interface ToldIdentity {
  /** Its own, read from it; of a USB disk the kernel's may be that of its bridge. */
  serial: string | null
  /** As the kernel tells it (lsblk); null = not told. */
  kernelSerial: string | null
  model: string | null
  wwn: string | null
  aliases: string[]
}

/** What was told, and as what it is compared. A key is null where what was told tells no disk from another. */
export interface IdentityEvidence extends ToldIdentity {
  serialKey: string | null
  kernelKey: string | null
  wwnKey: string | null
}

export const evidenceOf = (told: ToldIdentity): IdentityEvidence => ({
  ...told,
  serialKey: serialKey(told.serial),
  kernelKey: serialKey(told.kernelSerial),
  wwnKey: wwnKey(told.wwn),
})

export interface KnownDisk {
  id: string
  serialKey: string | null
  model: string | null
  wwn: string | null
}

const PLACEHOLDERS = new Set([
  'UNKNOWN',
  'INCONNU',
  'N/A',
  'NA',
  'NONE',
  'NULL',
  'NO SERIAL',
  'NOT AVAILABLE',
  'UNSET',
  'EMPTY',
  'DEFAULT-SERIAL',
  'DEFAULT STRING',
  'TO BE FILLED BY O.E.M.',
  '0123456789',
  '123456789',
  '1234567890',
  '0123456789ABCDEF',
  'DEADBEEF',
])

/** What hypervisors number their disks by (QEMU: QM00001; Proxmox: drive-scsi0): the same in each of their machines. */
const OF_HYPERVISORS = /^(QM\d{5}|DRIVE-[A-Z]+\d+(-\d+)*)$/

/** A serial as it is compared: trimmed, blanks collapsed, upper case. Null for what tells no disk from another. */
export function serialKey(serial: string | null): string | null {
  const key = serial?.trim().replace(/\s+/g, ' ').toUpperCase() ?? ''
  if (key.length < 2 || PLACEHOLDERS.has(key) || OF_HYPERVISORS.test(key) || /^(.)\1*$/.test(key.replace(/[\s-]/g, '')))
    return null
  return key
}

/** A WWN or EUI as it is compared; null where it is all zeros or all ones, which devices write that have none. */
export function wwnKey(wwn: string | null): string | null {
  const key =
    wwn
      ?.trim()
      .toLowerCase()
      .replace(/^(0x|naa\.|wwn-0x)/, '') ?? ''
  const digits = key.replace(/^(eui|nguid|uuid)\./, '')
  return digits.length < 8 || /^(.)\1*$/.test(digits) ? null : key
}

/** lsblk and smartctl write models differently: blanks as `_`, `ATA ` before, cut at the end. Of SAS disks smartctl tells the vendor too. One unknown contradicts nothing. */
export function sameModel(one: string | null, other: string | null): boolean {
  const [a, b] = [modelKey(one), modelKey(other)]
  return !a || !b || a.startsWith(b) || b.startsWith(a) || a.endsWith(` ${b}`) || b.endsWith(` ${a}`)
}

const modelKey = (model: string | null): string =>
  (model ?? '').replace(/_/g, ' ').replace(/\s+/g, ' ').trim().toUpperCase().replace(/^ATA /, '')

/**
 * Which known disk the evidence means: serial with model, else WWN without a contradicting serial, else none of them.
 * A serial that differs beats an equal WWN (whole batches share one); an equal serial with another WWN is the same disk
 * in another enclosure.
 */
export function identify<K extends KnownDisk>(evidence: IdentityEvidence, known: readonly K[]): K | null {
  const { serialKey: serial, wwnKey: wwn } = evidence
  if (serial) {
    const same = known.filter((disk) => disk.serialKey === serial && sameModel(disk.model, evidence.model))
    const found = same.find((disk) => wwn && disk.wwn === wwn) ?? same[0]
    if (found) return found
  }
  if (!wwn) return null
  const agrees = (disk: KnownDisk): boolean =>
    serial && disk.serialKey ? serial === disk.serialKey : sameModel(disk.model, evidence.model)
  return known.find((disk) => disk.wwn === wwn && agrees(disk)) ?? null
}
