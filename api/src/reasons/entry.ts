/** A reason as its sentence sees it: what it does not tell stands as a question mark. */
export interface ToldReason {
  value: number | '?'
  limit: number | '?'
  /** The subject, or a question mark. */
  name: string
  subject: string | null
}
type Sentence = (told: ToldReason) => string
export type Entry = { en: Sentence; fr: Sentence }

export const count = (n: number | '?', one: string, many: string): string => `${n} ${n === 1 ? one : many}`
export const compte = (n: number | '?', un: string, plusieurs: string): string =>
  `${n} ${n !== '?' && n < 2 ? un : plusieurs}`

const scaled = (bytes: number): [string, number] => {
  const unit = Math.min(5, bytes < 1000 ? 0 : Math.floor(Math.log10(bytes) / 3))
  return [(bytes / 1000 ** unit).toFixed(unit === 0 ? 0 : 1), unit]
}
/** Bytes for a sentence, in powers of 1000. */
export const bytesInWords = (bytes: number | '?'): string => {
  if (bytes === '?') return '?'
  const [number, unit] = scaled(bytes)
  return `${number} ${['bytes', 'kB', 'MB', 'GB', 'TB', 'PB'][unit]}`
}
export const octetsEnMots = (bytes: number | '?'): string => {
  if (bytes === '?') return '?'
  const [number, unit] = scaled(bytes)
  return `${number.replace('.', ',')} ${['octets', 'ko', 'Mo', 'Go', 'To', 'Po'][unit]}`
}
