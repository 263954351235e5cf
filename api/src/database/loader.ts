import DataLoader from 'dataloader'

/** Loads many by one query: `find` gets all keys that one tick asked for, and its rows are grouped by `keyOf`. */
export const groupLoader = <K, T>(
  find: (keys: readonly K[]) => Promise<T[]>,
  keyOf: (row: T) => K,
): DataLoader<K, T[]> =>
  new DataLoader<K, T[]>(async (keys) => {
    const groups = new Map<K, T[]>()
    for (const row of await find(keys)) {
      const group = groups.get(keyOf(row))
      if (group) group.push(row)
      else groups.set(keyOf(row), [row])
    }
    return keys.map((key) => groups.get(key) ?? [])
  })

/** One row for each key; null where there is none. */
export const rowLoader = <K, T>(
  find: (keys: readonly K[]) => Promise<T[]>,
  keyOf: (row: T) => K,
): DataLoader<K, T | null> =>
  new DataLoader<K, T | null>(async (keys) => {
    const rows = new Map((await find(keys)).map((row) => [keyOf(row), row]))
    return keys.map((key) => rows.get(key) ?? null)
  })
