import {
  defaultFieldResolver,
  type DocumentNode,
  getNamedType,
  GraphQLError,
  type GraphQLField,
  type GraphQLSchema,
  isLeafType,
  isObjectType,
  visit,
} from 'graphql'
import { InvalidInputError } from '../platform/errors.ts'
import { type ComplexityEstimator, fieldExtensionsEstimator, getComplexity } from 'graphql-query-complexity/cjs'

/** How many objects one operation may ask for. A first page with all scalars and a nested page of 100 is within it. */
export const COST_LIMIT = 60_000
export const MAX_TOKENS = 4_000
/** How long a list without a page is taken to be. Disks lead back to their machine, and so to themselves. */
const EXPECTED_LIST = 5
const EXPECTED_DISKS = 30
/** How many objects in lists one answer may hold: each with its fields and promises takes some kilobytes. */
export const MOST_MADE = 20_000
/** How many characters of large texts one answer may hold. */
export const MOST_TEXT = 32 * 1024 * 1024

/** Of a field that costs a query of its own: a hundred in one operation. */
export const COSTLY = 500
/** Of a text of many kilobytes: two hundred in one operation. */
export const LARGE = 300
/** An operation asks for the schema once; under other names it would be made again and again. */
const MOST_SCHEMAS = 3

declare module 'graphql' {
  interface GraphQLFieldExtensions<_TSource, _TContext, _TArgs> {
    /** Its text may be large: it is counted. */
    largeText?: boolean
    /** What it makes is counted. */
    isCounted?: boolean
  }
}

/** Counts objects: a page counts as many as it asks for, another list a few, a scalar next to nothing. */
const objects: ComplexityEstimator = ({ args, childComplexity, field }) => {
  if (isLeafType(getNamedType(field.type))) return 0.01
  if (typeof args['first'] === 'number') return 1 + Math.max(0, args['first']) * childComplexity
  if (field.name === 'nodes' || field.name === 'changed') return 1 + childComplexity
  const expected = getNamedType(field.type).name === 'Disk' ? EXPECTED_DISKS : EXPECTED_LIST
  return 1 + (String(field.type).includes('[') ? expected : 1) * childComplexity
}

/** Refuses an operation that asks for too much, before anything of it is done. */
export function checkCost(
  schema: GraphQLSchema,
  query: DocumentNode,
  variables: Record<string, unknown>,
  operationName?: string,
): void {
  const cost = costOf({ schema, query, variables, ...(operationName ? { operationName } : {}) })
  if (cost > COST_LIMIT)
    throw tooExpensive(
      `This asks for ${cost === Infinity ? 'more objects than can be counted' : `about ${Math.round(cost)} objects`}; the limit is ${COST_LIMIT}`,
    )
}

function costOf(operation: Omit<Parameters<typeof getComplexity>[0], 'estimators'>): number {
  try {
    return getComplexity({ ...operation, estimators: [fieldExtensionsEstimator(), objects] })
  } catch (error) {
    // Variables that do not fit their types: the execution refuses them, and names the field. What cannot be counted for
    // any other reason, such as more than 10,000 fields, is too much.
    return (error as Error).message.startsWith('Variable "$') ? 0 : Infinity
  }
}

const tooExpensive = (what: string): GraphQLError =>
  new GraphQLError(`${what}. Ask for fewer with "first", and follow endCursor.`, {
    extensions: { code: 'TOO_EXPENSIVE', http: { status: 400 } },
  })

/** Names, filters and notes are shorter; each field says its own limit. */
const LONGEST_TEXT = 16 * 1024
/** What programs printed may be long. */
const LONG_FIELDS = new Set(['payload', 'content', 'logsSummary', 'error', 'text', 'policy', 'plan', 'result'])

/** Values in one list, such as ids: a database takes some 30,000 in one statement. */
const LONGEST_LIST = 10_000

/** Refuses texts that are longer than any name, before a field looks at them. */
export function checkTexts(query: DocumentNode, variables: Record<string, unknown>): void {
  const check = (name: string, text: unknown): void => {
    if (typeof text === 'string' && text.length > LONGEST_TEXT && !LONG_FIELDS.has(name))
      throw new InvalidInputError(name, `must be at most ${LONGEST_TEXT} characters`, 'Shorten it.')
  }
  let schemas = 0
  // A variable may be called anything: what it is given to says how long it may be.
  const long = new Set<string>()
  visit(query, {
    Field: ({ name }) => {
      if (name.value === '__schema' || name.value === '__type') schemas += 1
    },
    Argument: ({ name, value }) => {
      if (value.kind === 'Variable' && LONG_FIELDS.has(name.value)) long.add(value.name.value)
      check(name.value, 'value' in value ? value.value : null)
    },
    ObjectField: ({ name, value }) => check(name.value, 'value' in value ? value.value : null),
    ListValue: ({ values }) => values.forEach((value) => check('list', 'value' in value ? value.value : null)),
  })
  for (const [name, text] of Object.entries(variables)) if (!long.has(name)) check(`$${name}`, text)
  const waiting: unknown[] = Object.values(variables).filter((value) => typeof value === 'object' && value !== null)
  for (let value = waiting.pop(); value !== undefined; value = waiting.pop()) {
    if (Array.isArray(value) && value.length > LONGEST_LIST && typeof value[0] !== 'object')
      throw new InvalidInputError('list', `must hold at most ${LONGEST_LIST} values`, 'Ask several times.')
    for (const [name, part] of Object.entries(value as object)) {
      if (typeof part === 'object' && part !== null) waiting.push(part)
      else check(name, part)
    }
  }
  if (schemas > MOST_SCHEMAS)
    throw new InvalidInputError('query', `must ask for the schema at most ${MOST_SCHEMAS} times`, 'Ask for it once.')
}

/**
 * What one operation has made so far. Past the limit lists are empty and texts too: the work ends soon, and the answer
 * is thrown away. An error for each of 100,000 fields would cost more than they do.
 */
export class Spending {
  private objects = 0
  private text = 0

  /** What was made, or an empty one of its kind where there is more than one operation may hold. */
  note(value: unknown): unknown {
    if (typeof value === 'string') {
      this.text += value.length
      return this.text > MOST_TEXT ? '' : value
    }
    if (!Array.isArray(value)) return value
    this.objects += value.length
    return this.objects > MOST_MADE ? [] : value
  }

  /** Null = within the limits. */
  get exceeded(): GraphQLError | null {
    if (this.objects > MOST_MADE) return tooExpensive(`The answer would hold more than ${MOST_MADE} objects in lists`)
    if (this.text > MOST_TEXT)
      return tooExpensive(`The answer would hold more than ${MOST_TEXT / 1024 ** 2} MiB of text`)
    return null
  }
}

/**
 * Lets each list of objects and each large text be counted, in the operation's `spending`: lists without a page are as
 * long as they are, whatever was asked for.
 */
export function countWhatIsMade(schema: GraphQLSchema): GraphQLSchema {
  for (const type of Object.values(schema.getTypeMap())) {
    if (!isObjectType(type)) continue
    for (const field of Object.values(type.getFields())) {
      // Those of the schema itself are one set for every schema of this process.
      if (field.extensions['isCounted']) continue
      const isList = String(field.type).includes('[') && !isLeafType(getNamedType(field.type))
      if (isList || field.extensions['largeText']) count(field)
    }
  }
  return schema
}

/** Whoever looks at the schema itself may bring no context. */
function count(field: GraphQLField<unknown, { spending?: Spending } | undefined>): void {
  field.extensions = { ...field.extensions, isCounted: true }
  const resolve = field.resolve ?? defaultFieldResolver
  field.resolve = (source, args, context, info) => {
    const made: unknown = resolve(source, args, context, info)
    const noted = (value: unknown): unknown => (context?.spending ? context.spending.note(value) : value)
    return made instanceof Promise ? made.then(noted) : noted(made)
  }
}
