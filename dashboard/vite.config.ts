import tailwindcss from '@tailwindcss/vite'
import vue from '@vitejs/plugin-vue'
import { defineConfig } from 'vite'
import { documentsApart } from './documents-apart.ts'
import { precompress } from './precompress.ts'

const api = process.env['VIGIE_API'] ?? 'http://127.0.0.1:8088'

export default defineConfig({
  plugins: [vue(), tailwindcss(), documentsApart(), precompress()],
  define: {
    'globalThis.__DEV__': 'false',
    // What nothing here uses: Vue's options API, the old API of vue-i18n, and hooks for tools of developers.
    __VUE_OPTIONS_API__: 'false',
    __VUE_PROD_DEVTOOLS__: 'false',
    __VUE_PROD_HYDRATION_MISMATCH_DETAILS__: 'false',
    __VUE_I18N_LEGACY_API__: 'false',
    __VUE_I18N_FULL_INSTALL__: 'false',
    __INTLIFY_PROD_DEVTOOLS__: 'false',
  },
  build: {
    target: 'es2022',
    assetsInlineLimit: 0,
    chunkSizeWarningLimit: 600,
    // What of others runs in the browser, and under which licences: the page of settings leads there.
    license: { fileName: 'licences.txt' },
  },
  server: { proxy: { '/graphql': { target: api, ws: true }, '/api': api, '/export': api, '/agent.mjs': api } },
})
