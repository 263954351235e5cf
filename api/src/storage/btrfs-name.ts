/** A label may stand on two file systems; the first letters of the uuid tell them apart. */
export const btrfsName = ({ uuid, label }: { uuid: string; label: string | null }): string =>
  label ? `${label} (${uuid.slice(0, LETTERS)})` : uuid

/** What stays of its name when it gets another label. */
export const btrfsKey = (name: string): string => /\(([^()]*)\)$/.exec(name)?.[1] ?? name.slice(0, LETTERS)

const LETTERS = 8
