// The worker thread of the deposit: it reads files and folders, and never opens the database. It runs on the sources as
// they are (types are stripped), so it and what it imports hold no enums, decorators or parameter properties.
import { parentPort } from 'node:worker_threads'
import { readFolders, readReports } from './read-folders.ts'
import { readBackupFile, statFiles } from './read-file.ts'
import { endTools } from './tool.ts'
import { walkFiles } from './walk-files.ts'

const tasks = { readFolders, readReports, readBackupFile, statFiles, walkFiles, endTools }
export type DepositTasks = typeof tasks

interface Question {
  id: number
  task: keyof DepositTasks
  order: never
}

async function answer({ id, task, order }: Question): Promise<void> {
  try {
    parentPort?.postMessage({ id, result: await tasks[task](order) })
  } catch (cause) {
    const { message, stack, code } = cause as NodeJS.ErrnoException
    parentPort?.postMessage({ id, error: { message, stack, code } })
  }
}
parentPort?.on('message', (question: Question) => void answer(question))
