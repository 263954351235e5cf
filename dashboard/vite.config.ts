import tailwindcss from '@tailwindcss/vite'
import vue from '@vitejs/plugin-vue'
import { defineConfig } from 'vite'
import { precompress } from './precompress.ts'

const api = process.env['VIGIE_API'] ?? 'http://127.0.0.1:8088'

export default defineConfig({
  plugins: [vue(), tailwindcss(), precompress()],
  define: { 'globalThis.__DEV__': 'false' },
  build: { target: 'es2022', assetsInlineLimit: 0, chunkSizeWarningLimit: 600 },
  server: { proxy: { '/graphql': { target: api, ws: true }, '/api': api, '/agent.mjs': api } },
})
