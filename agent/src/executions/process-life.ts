import { readFile } from 'node:fs/promises'
import type { Beginning } from './journal.ts'

/** random(4): one for each start of the kernel. */
export const readBootId = (): Promise<string> =>
  readFile('/proc/sys/kernel/random/boot_id', 'utf8').then(
    (text) => text.trim(),
    (error: NodeJS.ErrnoException) => {
      // That it cannot be read just now is no other start.
      if (error.code === 'ENOENT') return 'unknown'
      throw error
    },
  )

/** When a process began, in ticks after the boot (proc(5), field 22 of stat); null = there is none of this number. */
export async function startTicksOf(pid: number): Promise<string | null> {
  const stat = await readFile(`/proc/${pid}/stat`, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT' || error.code === 'ESRCH') return ''
    throw error
  })
  // Its name stands in parentheses and may hold any character.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
  // One that ended and was not asked for is a name without a process.
  return fields[0] === 'Z' || fields[0] === 'X' ? null : (fields[19] ?? null)
}

export const beginningOfThis = async (): Promise<Beginning> => ({
  at: new Date().toISOString(),
  bootId: await readBootId(),
  pid: process.pid,
  startTicks: (await startTicksOf(process.pid)) ?? '',
})

/** Whether the process that began it still runs: the very same one, in the same start of the kernel. */
export async function isAlive({ bootId, pid, startTicks }: Partial<Beginning>): Promise<boolean> {
  if (pid === undefined || !startTicks || bootId !== (await readBootId())) return false
  return (await startTicksOf(pid)) === startTicks
}
