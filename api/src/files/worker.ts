// A thread that reads files. It runs on the sources as they are (types are stripped), so it and what it imports hold no
// enums, decorators or parameter properties, and never open the database.
import { serveTasks } from '../platform/serve-tasks.ts'
import { fileTasks } from './file-tasks.ts'

serveTasks(fileTasks)
