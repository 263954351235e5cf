import { GraphQLError, type GraphQLSchema, isLeafType, getNamedType, type DocumentNode } from 'graphql'
import { type ComplexityEstimator, getComplexity } from 'graphql-query-complexity/cjs'

/** How many objects one operation may ask for. A first page with all scalars and a nested page of 100 is within it. */
export const COST_LIMIT = 60_000
export const MAX_TOKENS = 4_000
const EXPECTED_LIST = 5

/** Counts objects: a page counts as many as it asks for, another list a few, a scalar next to nothing. */
const objects: ComplexityEstimator = ({ args, childComplexity, field }) => {
  if (isLeafType(getNamedType(field.type))) return 0.01
  if (typeof args['first'] === 'number') return 1 + Math.max(0, args['first']) * childComplexity
  if (field.name === 'nodes' || field.name === 'changed') return 1 + childComplexity
  return 1 + (String(field.type).includes('[') ? EXPECTED_LIST : 1) * childComplexity
}

/** Refuses an operation that asks for too much, before anything of it is done. */
export function checkCost(
  schema: GraphQLSchema,
  query: DocumentNode,
  variables: Record<string, unknown>,
  operationName?: string,
): void {
  const cost = costOf({ schema, query, variables, ...(operationName ? { operationName } : {}) })
  if (cost > COST_LIMIT) {
    throw new GraphQLError(
      `This asks for about ${Math.round(cost)} objects; the limit is ${COST_LIMIT}. Ask for fewer with "first", and follow endCursor.`,
      { extensions: { code: 'TOO_EXPENSIVE' } },
    )
  }
}

function costOf(operation: Omit<Parameters<typeof getComplexity>[0], 'estimators'>): number {
  try {
    return getComplexity({ ...operation, estimators: [objects] })
  } catch {
    // Variables that do not fit their types: the execution refuses them, and names the field.
    return 0
  }
}
