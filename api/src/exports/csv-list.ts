import { stringify } from 'csv-stringify/sync'
import type { z } from 'zod'
import type { DisksService } from '../disks/disks.service.ts'
import type { JobsService } from '../backups/jobs.service.ts'
import type { MachinesService } from '../machines/machines.service.ts'
import type { PlacesService } from '../places/places.service.ts'
import type { StateService } from '../state/state.service.ts'
import { LARGEST_PAGE, type Page, type PageArgs } from '../platform/page.ts'

/** What one page of an export is made with. */
export interface Sources {
  disks: DisksService
  machines: MachinesService
  jobs: JobsService
  places: PlacesService
  state: StateService
  clock: () => Date
}

/** A list that is taken away as CSV: how it is asked for, and what one of its lines holds. */
export interface CsvList<Query, Node> {
  /** `/export/NAME.csv`. */
  name: string
  /** What the address may ask. */
  shape: z.ZodObject & z.ZodType<Query>
  /** Machine-readable names, the same in every language; a blank cell is what nobody knows. */
  columns: readonly string[]
  page: (sources: Sources, query: Query, args: PageArgs) => Promise<Page<Node>>
  row: (node: Node, sources: Sources, query: Query) => Promise<Record<string, unknown>>
}

/**
 * Everything that a list shows, page by page: no more than one page is held, however many there are, and each takes its
 * turn among the other readers. `sourcesOf` makes new ones for each page, for their loaders keep what they loaded.
 */
export async function* csvOf<Query, Node>(
  list: CsvList<Query, Node>,
  query: Query,
  { sourcesOf, turn }: { sourcesOf: () => Sources; turn: () => Promise<() => void> },
): AsyncGenerator<string> {
  const columns = [...list.columns]
  // The mark tells spreadsheets that this is UTF-8; a text that begins like a formula is kept from being one.
  // No is told as false: a blank cell is what nobody knows.
  const write = (rows: Record<string, unknown>[], isFirst: boolean): string =>
    stringify(rows, { columns, header: isFirst, bom: isFirst, escape_formulas: true, cast: { boolean: String } })
  let after: string | null = null
  let isFirst = true
  do {
    const { rows, next }: Part = await inTurn(turn, () =>
      partOf(list, query, { first: LARGEST_PAGE, after }, sourcesOf()),
    )
    yield write(rows, isFirst)
    isFirst = false
    after = next
  } while (after !== null)
}

interface Part {
  rows: Record<string, unknown>[]
  /** Null = this is the last. */
  next: string | null
}

async function partOf<Query, Node>(
  { page, row }: CsvList<Query, Node>,
  query: Query,
  args: PageArgs,
  sources: Sources,
): Promise<Part> {
  const { nodes, pageInfo } = await page(sources, query, args)
  const rows = await Promise.all(nodes.map((node) => row(node, sources, query)))
  return { rows, next: pageInfo.hasNextPage ? pageInfo.endCursor : null }
}

async function inTurn<T>(turn: () => Promise<() => void>, work: () => Promise<T>): Promise<T> {
  const done = await turn()
  try {
    return await work()
  } finally {
    done()
  }
}
