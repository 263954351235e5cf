import { readBackupFile, statFiles } from './read-file.ts'
import { endTools } from './tool.ts'
import { walkFiles } from './walk-files.ts'

/** What is done with files in threads of their own. */
export const fileTasks = { readBackupFile, statFiles, walkFiles, endTools }
export type FileTasks = typeof fileTasks
