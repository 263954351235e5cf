import { z } from 'zod'
import { SECTIONS } from '../src/report/index.ts'

interface Schema {
  /** A list where null may stand, too. */
  type?: string | string[]
  format?: string
  unit?: string
  enum?: string[]
  description?: string
  default?: unknown
  anyOf?: Schema[]
  items?: Schema
  properties?: Record<string, Schema>
  required?: string[]
}

/** The shapes of all sections in Markdown: a line for each field, with what it is and what its null means. */
export const writeShapes = (): string =>
  Object.entries(SECTIONS)
    .map(([kind, { about, shape }]) =>
      [
        `### \`${kind}\``,
        '',
        about,
        ...(shape ? ['', ...fields(z.toJSONSchema(shape, { io: 'input' }) as Schema)] : []),
      ].join('\n'),
    )
    .join('\n\n')

function fields(object: Schema, depth = 0): string[] {
  return Object.entries(object.properties ?? {}).flatMap(([name, field]) => {
    const { isNullable, value } = withoutNull(field)
    const isList = value.type === 'array'
    const inner = isList ? (value.items ?? {}) : value
    const words = [
      inner.properties ? (isNullable ? 'object' : null) : `${isList ? 'list of ' : ''}${typeOf(inner, field.unit)}`,
      isNullable ? 'or null' : null,
    ].filter(Boolean)
    const notes = [field.description, object.required?.includes(name) ? null : 'may be left out'].filter(Boolean)
    const line = `${'  '.repeat(depth)}- \`${name}${isList && inner.properties ? '[]' : ''}\`${words.length ? ` (${words.join(' ')})` : ''}`
    return [notes.length ? `${line}: ${notes.join('; ')}` : line, ...fields(inner, depth + 1)]
  })
}

function withoutNull(field: Schema): { isNullable: boolean; value: Schema } {
  if (Array.isArray(field.type)) return { isNullable: true, value: { ...field, type: field.type[0] ?? '' } }
  const value = field.anyOf?.find(({ type }) => type !== 'null')
  return { isNullable: value !== undefined, value: value ?? field }
}

function typeOf({ type, format, enum: words }: Schema, unit: string | undefined): string {
  if (words) return `one of ${words.join(', ')}`
  if (format === 'date-time') return 'time (ISO 8601)'
  const names: Record<string, string> = {
    string: 'text',
    integer: 'whole number',
    number: 'number',
    boolean: 'true or false',
  }
  return unit ?? names[String(type)] ?? 'anything'
}
