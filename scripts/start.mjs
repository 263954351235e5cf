// `npm start`: installs and builds what is missing, then runs Vigie. Its last line on stdout is a sign-in link.
import { build, install } from './workshop.mjs'

install()
build()
await import('./serve.mjs')
