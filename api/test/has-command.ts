import { execFileSync } from 'node:child_process'

/** Whether a tool is installed here: tests that need another are left out with a word. */
export function hasCommand(command: string): boolean {
  try {
    execFileSync('which', [command], { stdio: 'ignore' })
    return true
  } catch {
    return false
  }
}
