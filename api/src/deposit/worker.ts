// The thread of scans, which reads folders and reports; of files/worker.ts it has the rules too.
import { fileTasks } from '../files/file-tasks.ts'
import { serveTasks } from '../platform/serve-tasks.ts'
import { readFolders, readReports } from './read-folders.ts'

const tasks = { ...fileTasks, readFolders, readReports }
export type DepositTasks = typeof tasks

serveTasks(tasks)
