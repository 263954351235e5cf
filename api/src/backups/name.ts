// Names of databases and files. The worker thread reads this as it is: nothing else may stand here.

/** What the names of companies, places and databases may hold, in NFC, as people write them: no control, no { } < > \\. */
const PLAIN = /^(?!\p{M})[^\p{C}\p{Zl}\p{Zp}{}\\<>]+$/u
const SAYS_SOMETHING = /[\p{L}\p{N}]/u

/** A name as people write it, in NFC and without blanks around it; null = it is none, or longer than `most` characters. */
export function plainName(value: string, most: number): string | null {
  // Before it is worked on: putting 100,000 marks in their order takes seconds. Each letter may come with its own.
  const name = value.length <= 4 * most ? value.normalize('NFC').trim() : ''
  return name.length <= most && PLAIN.test(name) && SAYS_SOMETHING.test(name) ? name : null
}

export const LONGEST_DATABASE = 128

/** What a name in a path may hold; it neither begins with a dot, nor begins or ends with a blank. */
export const IN_PATH = /^(?!\.)[\p{L}\p{M}\p{N} ._'’+,@=()&#%!~$;[\]-]+$/u

/** Behind the name of a file of the vault: what Vigie knows of it. No other file is called so. */
export const MANIFEST = '.vigie.json'

/** Of a file: versions/ puts 15 signs before it, and a name has at most 255 bytes. */
export const LONGEST_FILE = 200

export const isManifest = (name: string): boolean => name.toLowerCase().endsWith(MANIFEST)

/** The name of a file as it may stand in the deposit, in NFC; null = it may not. */
export function fileName(value: string): string | null {
  const name = value.length <= LONGEST_FILE ? value.normalize('NFC') : ''
  const fits = name.length > 0 && new TextEncoder().encode(name).length <= LONGEST_FILE
  return fits && name === name.trim() && IN_PATH.test(name) && !isManifest(name) ? name : null
}
