import js from '@eslint/js'
import regexp from 'eslint-plugin-regexp'
import vue from 'eslint-plugin-vue'
import accessibility from 'eslint-plugin-vuejs-accessibility'
import globals from 'globals'
import ts from 'typescript-eslint'

/** `{ ...{ a, b } }` switches off the check for properties that do not exist: written out it is the same, and checked. */
const noLiteralSpread = {
  meta: { type: 'problem', fixable: 'code', messages: { out: 'Write out what is in the literal.' } },
  create: ({ report, sourceCode }) => {
    const check = (node) => {
      const inner = node.argument.properties ?? node.argument.elements
      const fix = (fixer) => {
        const [open, close] = [sourceCode.getFirstToken(node.argument), sourceCode.getLastToken(node.argument)]
        const before = sourceCode.getTokenBefore(close)
        const end = before.value === ',' ? before.range[0] : close.range[0]
        return fixer.replaceText(node, sourceCode.text.slice(open.range[1], end))
      }
      report({ node, messageId: 'out', fix: inner.length > 0 ? fix : null })
    }
    return {
      'ObjectExpression > SpreadElement[argument.type="ObjectExpression"]': check,
      'ArrayExpression > SpreadElement[argument.type="ArrayExpression"]': check,
    }
  },
}

export default ts.config(
  {
    ignores: [
      '**/dist/**',
      '**/gql/**',
      '**/node_modules/**',
      '.cache/**',
      'data/**',
      'api/src/database/*/migrations/**',
    ],
  },
  js.configs.recommended,
  ...ts.configs.strict,
  ...vue.configs['flat/recommended'],
  ...accessibility.configs['flat/recommended'],
  { languageOptions: { globals: { ...globals.node } } },
  {
    plugins: { vigie: { rules: { 'no-literal-spread': noLiteralSpread } } },
    rules: { 'vigie/no-literal-spread': 'error' },
  },
  {
    files: ['api/**/*.ts', 'agent/**/*.ts'],
    languageOptions: {
      parserOptions: {
        project: ['./api/tsconfig.json', './agent/tsconfig.json'],
        tsconfigRootDir: import.meta.dirname,
      },
    },
    rules: { '@typescript-eslint/no-floating-promises': 'error', '@typescript-eslint/no-misused-promises': 'error' },
  },
  {
    // Answers of the API as tests and benchmark look into them.
    files: ['**/test/**/*.ts', 'api/bench/**/*.ts'],
    rules: { '@typescript-eslint/no-explicit-any': 'off' },
  },
  {
    files: ['dashboard/**/*.{ts,vue}'],
    languageOptions: { globals: { ...globals.browser }, parserOptions: { parser: ts.parser } },
    rules: {
      // The compiler and vue-tsc know better what exists.
      'no-undef': 'off',
      'vue/multi-word-component-names': 'off',
      'vuejs-accessibility/form-control-has-label': ['error', { labelComponents: ['FormField'] }],
      'vuejs-accessibility/label-has-for': ['error', { required: { some: ['nesting', 'id'] } }],
      // Regions that scroll must be reached by keyboard (WCAG 2.1.1).
      'vuejs-accessibility/no-static-element-interactions': 'off',
    },
  },
  {
    // Pages, too, leave no promise to itself.
    files: ['dashboard/src/**/*.{ts,vue}'],
    languageOptions: {
      parserOptions: {
        parser: ts.parser,
        project: ['./dashboard/tsconfig.json'],
        extraFileExtensions: ['.vue'],
        tsconfigRootDir: import.meta.dirname,
      },
    },
    rules: {
      '@typescript-eslint/no-floating-promises': 'error',
      '@typescript-eslint/no-misused-promises': 'error',
      '@typescript-eslint/await-thenable': 'error',
    },
  },
  {
    // What is matched comes from outside: no pattern may take more than its length.
    plugins: { regexp },
    rules: {
      'regexp/no-super-linear-backtracking': ['error', { report: 'potential' }],
      'regexp/no-super-linear-move': ['error', { report: 'potential', ignoreSticky: false }],
    },
  },
  {
    files: ['api/src/**/*.ts', 'agent/src/**/*.ts'],
    ignores: ['**/*.test.ts'],
    rules: {
      'no-restricted-syntax': [
        'error',
        {
          selector:
            'VariableDeclarator[init.type="ObjectExpression"][init.properties.length>0] > Identifier > TSTypeAnnotation > TSTypeReference[typeName.name="Record"] > TSTypeParameterInstantiation > TSStringKeyword:first-child',
          message: 'A table that is looked up by any text is a Map: an object also knows "constructor".',
        },
      ],
    },
  },
  {
    rules: {
      '@typescript-eslint/no-unused-vars': [
        'error',
        { argsIgnorePattern: '^_', varsIgnorePattern: '^_', ignoreRestSiblings: true },
      ],
      '@typescript-eslint/no-extraneous-class': 'off',
      // An unknown id, a raw value: Vigie reads what others wrote, and says so by name.
      '@typescript-eslint/no-dynamic-delete': 'off',
      'no-control-regex': 'off',
      // TypeScript says which properties are optional.
      'vue/require-default-prop': 'off',
      // Prettier's business.
      'vue/max-attributes-per-line': 'off',
      'vue/singleline-html-element-content-newline': 'off',
      'vue/html-self-closing': 'off',
      'vue/html-indent': 'off',
      'vue/html-closing-bracket-newline': 'off',
      'vue/first-attribute-linebreak': 'off',
      'vue/multiline-html-element-content-newline': 'off',
    },
  },
)
