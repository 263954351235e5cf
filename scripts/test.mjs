// `npm test`: checks everything. Its last line is "N passed, N failed, N skipped".
import { existsSync, readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { CACHE, tell } from './root.mjs'
import { runTool } from './tool.mjs'

const CHECKS = [
  ['formatting', 'prettier', 'prettier', ['--check', '--log-level', 'warn', '.']],
  ['lint', 'eslint', 'eslint', ['--max-warnings', '0', '.']],
  ['imports', 'dependency-cruiser', 'depcruise', ['api/src', 'agent/src']],
  ['types of the API', 'typescript', 'tsc', ['-p', 'api']],
  ['types of the agent', 'typescript', 'tsc', ['-p', 'agent']],
  ['types of the bundle', 'typescript', 'tsc', ['-p', 'bundle']],
  ['types of the browser tests', 'typescript', 'tsc', ['-p', 'dashboard/test']],
  ['types of the dashboard', 'vue-tsc', 'vue-tsc', ['--noEmit', '-p', 'dashboard/tsconfig.json']],
]

/** All checks, or the tests of some files or names alone. 0 = nothing failed. */
export async function runAllChecks(only) {
  const counts = { passed: 0, failed: 0, skipped: 0 }
  for (const [name, from, command, args] of only.length ? [] : CHECKS) {
    const ok = runTool({ from, command, args }) === 0
    counts[ok ? 'passed' : 'failed'] += 1
    tell(`${ok ? '✓' : '✗'} ${name}`)
  }
  const report = join(CACHE, 'vitest.json')
  rmSync(report, { force: true })
  const reporters = ['--reporter', 'default', '--reporter', 'json', '--outputFile.json', report]
  const status = runTool({ from: 'vitest', command: 'vitest', args: ['run', ...reporters, ...only] })
  if (existsSync(report)) {
    const result = JSON.parse(readFileSync(report, 'utf8'))
    counts.passed += result.numPassedTests
    counts.failed += result.numFailedTests
    counts.skipped += result.numPendingTests + (result.numTodoTests ?? 0)
    // A file that could not be loaded holds no test that failed, and is a failure all the same.
    const broken = result.testResults.filter(
      ({ status, assertionResults }) =>
        status === 'failed' && assertionResults.every((test) => test.status !== 'failed'),
    )
    counts.failed += broken.length
  } else counts.failed += 1
  if (status !== 0 && counts.failed === 0) counts.failed = 1
  console.log(`${counts.passed} passed, ${counts.failed} failed${counts.skipped ? `, ${counts.skipped} skipped` : ''}`)
  return counts.failed === 0 ? 0 : 1
}
