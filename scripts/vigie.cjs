// The door of every command (`npm start`, `npm test`, …). Any Node must understand this file, however old it is, for only
// then can it say which one is needed: no modern syntax here.
'use strict'

var OLDEST = 18
if (parseInt(process.versions.node, 10) < OLDEST) {
  process.stderr.write(
    'vigie: Node ' +
      process.versions.node +
      ' is too old to install Vigie; install Node ' +
      OLDEST +
      ' or newer, or take the archive that brings its own (docs/install.md).\n',
  )
  process.exit(1)
}

import('./run.mjs')
  .then(function (commands) {
    return commands.run(process.argv.slice(2))
  })
  .catch(function (error) {
    // What has a cure is said in a sentence; anything else is a bug and shows where.
    process.stderr.write('vigie: ' + (error.name === 'SetupError' ? error.message : error.stack) + '\n')
    process.exit(1)
  })
