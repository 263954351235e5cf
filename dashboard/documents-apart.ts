import { readFile } from 'node:fs/promises'
import type { Plugin } from 'vite'

const GENERATED = /\/src\/gql\/graphql\.ts$/
const IMPORT = /^import \{([^}]*)\} from ["']([^"']*\/gql\/graphql\.ts)["'];?$/gm
const ONE = /^(.*\/src\/gql\/graphql\.ts)\?document=(\w+)$/

/**
 * codegen writes all documents of all pages into one module, which then comes with the first page. Here each is a module of
 * its own, so that a page brings what it asks and nothing else.
 */
export const documentsApart = (): Plugin => ({
  name: 'vigie:documents-apart',
  apply: 'build',
  // When types are gone and components are scripts.
  enforce: 'post',
  transform(code, id) {
    if (GENERATED.test(id) || ONE.test(id) || !code.includes('/gql/graphql.ts')) return null
    return code.replace(IMPORT, (_, names: string, from: string) => {
      const wanted = names.split(',').map((name) => name.trim())
      const own = wanted.filter((name) => /^\w+Document( as \w+)?$/.test(name))
      const rest = wanted.filter((name) => name && !own.includes(name))
      return [
        ...own.map((name) => `import { ${name} } from "${from}?document=${name.split(' ')[0]}";`),
        ...(rest.length ? [`import { ${rest.join(', ')} } from "${from}";`] : []),
      ].join('\n')
    })
  },
  async load(id) {
    const [, file, name] = ONE.exec(id) ?? []
    if (!file || !name) return null
    const text = await readFile(file, 'utf8')
    const line = new RegExp(`^export const ${name} = (\\{.*\\}) as unknown as .*$`, 'm').exec(text)
    if (!line) throw new Error(`${file} holds no ${name}: run npm run codegen`)
    return `export const ${name} = ${line[1]};`
  },
})
