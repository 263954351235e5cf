// `npm test`: installs what is missing and checks everything. Its last line is "N passed, N failed, N skipped".
import { existsSync, readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { build, install, ROOT, run, tell } from './workshop.mjs'

install()
build()
const only = process.argv.slice(2)
const counts = { passed: 0, failed: 0, skipped: 0 }

const CHECKS = [
  ['formatting', 'prettier', ['--check', '--log-level', 'warn', '.']],
  ['lint', 'eslint', ['--max-warnings', '0', '.']],
  ['types of the API', 'tsc', ['-p', 'api']],
  ['types of the agent', 'tsc', ['-p', 'agent']],
  ['types of the browser tests', 'tsc', ['-p', 'dashboard/test']],
  ['types of the dashboard', 'vue-tsc', ['--noEmit', '-p', 'dashboard/tsconfig.json']],
]
for (const [name, command, args] of only.length ? [] : CHECKS) {
  const ok = run(command, args) === 0
  counts[ok ? 'passed' : 'failed'] += 1
  tell(`${ok ? '✓' : '✗'} ${name}`)
}

const report = join(ROOT, '.cache', 'vitest.json')
rmSync(report, { force: true })
const status = run(
  'vitest',
  ['run', '--reporter', 'default', '--reporter', 'json', '--outputFile.json', report, ...only],
  { stdio: ['ignore', 2, 2] },
)
if (existsSync(report)) {
  const result = JSON.parse(readFileSync(report, 'utf8'))
  counts.passed += result.numPassedTests
  counts.failed += result.numFailedTests
  counts.skipped += result.numPendingTests + (result.numTodoTests ?? 0)
  // A file that could not be loaded holds no test that failed, and is a failure all the same.
  const broken = result.testResults.filter(
    ({ status, assertionResults }) => status === 'failed' && assertionResults.every((test) => test.status !== 'failed'),
  )
  counts.failed += broken.length
} else counts.failed += 1
if (status !== 0 && counts.failed === 0) counts.failed = 1
console.log(`${counts.passed} passed, ${counts.failed} failed${counts.skipped ? `, ${counts.skipped} skipped` : ''}`)
process.exit(counts.failed === 0 ? 0 : 1)
