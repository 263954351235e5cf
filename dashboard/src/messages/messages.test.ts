import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { en } from './en.ts'
import { enPages } from './en-pages.ts'
import { fr } from './fr.ts'
import { frPages } from './fr-pages.ts'

const SOURCES = join(import.meta.dirname, '..')
const sources = readdirSync(SOURCES, { recursive: true, encoding: 'utf8' }).filter(
  (file) => /\.(vue|ts)$/.test(file) && !/\.test\.ts$|^gql\/|^messages\//.test(file),
)

/** What stands under a key, in either part of a language; undefined = nothing does. */
const found = (parts: readonly object[], key: string): unknown =>
  parts
    .map((part) =>
      key.split('.').reduce<unknown>((at, name) => (at as Record<string, unknown> | undefined)?.[name], part),
    )
    .find((value) => value !== undefined)

/** Keys that are asked for by name, and the beginnings of those that are put together: `backup.${status}`. */
const asked = sources.flatMap((file) => {
  const text = readFileSync(join(SOURCES, file), 'utf8')
  const named = [...text.matchAll(/\bt\(\s*'([\w.]+)'/g)].map(([, key]) => ({
    file,
    key: key as string,
    isWhole: true,
  }))
  const begun = [...text.matchAll(/\bt\(\s*`([\w.]+)\.\$\{/g)].map(([, key]) => ({
    file,
    key: key as string,
    isWhole: false,
  }))
  const labels = [...text.matchAll(/\blabel: '(\w+\.[\w.]+)'/g)].map(([, key]) => ({
    file,
    key: key as string,
    isWhole: true,
  }))
  return [...named, ...begun, ...labels]
})

test('Words are asked for in many places', () => {
  expect(asked.length).toBeGreaterThan(500)
})

test.each([
  ['English', [en, enPages]],
  ['French', [fr, frPages]],
])('Every word that a page asks for is there in %s', (_language, parts) => {
  const missing = asked.filter(({ key, isWhole }) => typeof found(parts, key) !== (isWhole ? 'string' : 'object'))
  expect(missing).toEqual([])
})
