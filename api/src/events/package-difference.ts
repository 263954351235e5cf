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

/** So many are named in one line. */
const FEW = 8

/** In one line of any language: "openssl 3.0.15 → 3.0.16, + curl 8.5, − nano 7.2 …". */
export function inOneLine(differences: readonly PackageDifference[], count: number): string {
  const told = differences.slice(0, FEW).map(({ name, from, to }) => {
    if (from === null) return `+ ${name} ${to}`
    return to === null ? `− ${name} ${from}` : `${name} ${from} → ${to}`
  })
  const rest = count - told.length
  return rest > 0 ? `${told.join(', ')} … (+${rest})` : told.join(', ')
}
