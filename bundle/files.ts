import { readdir } from 'node:fs/promises'
import { join } from 'node:path'

/** Every file and folder below a folder, relative to it, in an order that no file system changes. */
export async function filesIn(folder: string): Promise<string[]> {
  const found: string[] = []
  const visit = async (below: string): Promise<void> => {
    const entries = await readdir(join(folder, below), { withFileTypes: true })
    for (const entry of entries.sort((a, b) => (a.name < b.name ? -1 : 1))) {
      const path = below ? `${below}/${entry.name}` : entry.name
      found.push(path)
      if (entry.isDirectory()) await visit(path)
    }
  }
  await visit('')
  return found
}
