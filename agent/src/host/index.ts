// What agent and API both do with the system that they run on. No process is started here, and nothing is logged.

export { makeFolder } from './make-folder.ts'
export { isElsewhere, leadsElsewhere, type Mount, mountOf, parseMountinfo, readMounts } from './mounts.ts'
