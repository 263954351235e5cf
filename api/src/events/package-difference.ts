import { Field, ObjectType } from 'type-graphql'

@ObjectType({
  simpleResolvers: true,
  description: 'A package that came to a machine, went, or is there in another version',
})
export class PackageDifference {
  @Field(() => String)
  name!: string

  @Field(() => String, { nullable: true, description: 'Version before; null = it was not there' })
  from!: string | null

  @Field(() => String, { nullable: true, description: 'Version now; null = it is gone' })
  to!: string | null
}

/** So many are named in one line, and so much of a version. */
const FEW = 8
const LONGEST_VERSION = 64
/** Characters of JSON: an event stays for ever, and is loaded with every list that it is in. */
const MOST_TEXT = 32 * 1024

/** As many of them, from the first on, as an event keeps. */
export function keptIn(differences: readonly PackageDifference[]): PackageDifference[] {
  let left = MOST_TEXT
  const end = differences.findIndex((each) => (left -= JSON.stringify(each).length) < 0)
  return end < 0 ? [...differences] : differences.slice(0, end)
}

/** In one line of any language: "openssl 3.0.15 → 3.0.16, + curl 8.5, − nano 7.2 …". */
export function inOneLine(differences: readonly PackageDifference[], count: number): string {
  const short = (version: string): string => version.slice(0, LONGEST_VERSION)
  const told = differences.slice(0, FEW).map(({ name, from, to }) => {
    if (from === null) return `+ ${name} ${short(to ?? '')}`
    return to === null ? `− ${name} ${short(from)}` : `${name} ${short(from)} → ${short(to)}`
  })
  const rest = count - told.length
  return rest > 0 ? `${told.join(', ')} … (+${rest})` : told.join(', ')
}
