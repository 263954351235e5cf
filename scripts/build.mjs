import { build, install } from './workshop.mjs'

install()
build()
