/** So many are called by their names before something is done with them. */
const NAMED = 5

/** Who is meant, for a question: the first by their names, and how many more there are. */
export function namesOfChosen(names: readonly string[], andMore: (n: number) => string): string {
  const rest = names.length - NAMED
  const named = names.slice(0, NAMED).join(', ')
  return rest > 0 ? `${named} ${andMore(rest)}` : named
}
