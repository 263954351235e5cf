/** Code points as ranges of a bracket expression of PostgreSQL's. */
function rangesOf(property: RegExp): string {
  const ranges: [number, number][] = []
  for (let point = 0; point <= 0x10_ff_ff; point += 1) {
    const isSurrogate = point >= 0xd8_00 && point <= 0xdf_ff
    if (isSurrogate || !property.test(String.fromCodePoint(point))) continue
    const last = ranges.at(-1)
    if (last && last[1] === point - 1) last[1] = point
    else ranges.push([point, point])
  }
  const escape = (point: number): string => `\\U${point.toString(16).padStart(8, '0')}`
  return ranges.map(([from, to]) => (from === to ? escape(from) : `${escape(from)}-${escape(to)}`)).join('')
}

/** The letters that have a small one of their own, and these, whatever the collation of the database. */
function capitals(): { large: string; small: string } {
  let [large, small] = ['', '']
  for (let point = 0x80; point <= 0xff_ff; point += 1) {
    const letter = String.fromCharCode(point)
    const lower = letter.toLowerCase()
    if (lower === letter || lower.length !== 1) continue
    large += letter
    small += lower
  }
  return { large, small }
}

/** `fold(text)`, the same as platform/fold.ts: what SQLite is given as a function of Node's. */
export function foldFunction(): string {
  const { large, small } = capitals()
  return `create or replace function fold(value text) returns text language sql immutable parallel safe as $$
    select translate(
      lower(regexp_replace(normalize(left(value, 1000), NFKD), '[${rangesOf(/\p{M}/u)}]', '', 'g') collate "C"),
      '${large}', '${small}') $$;`
}
