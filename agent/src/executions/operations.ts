import { createHash } from 'node:crypto'
import { chmod, copyFile, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { Action } from '../actions/action.ts'
import { PlannedStep } from '../actions/plan.ts'
import { RefusalCode, refuse } from '../actions/policy.ts'
import { Outcome, ResultCode } from '../actions/result.ts'
import { findTool } from '../platform/command.ts'
import { applyUpdates, refreshLists, removeUnneeded, repairPackages } from './apt-operations.ts'
import type { Operation } from './operation.ts'
import { mustBeRoots } from './policy.ts'
import { readBootId } from './process-life.ts'

const restartService: Operation = async ({ unit = '' }, { run }) => {
  if (!findTool('systemctl')) return refuse(RefusalCode.CANNOT_PLAN, 'systemd is not installed')
  // The unit and what its owner added to it (systemctl(1), cat).
  const { stdout, stderr, status } = await run('systemctl', ['cat', '--', unit])
  if (status !== 0) return refuse(RefusalCode.CANNOT_PLAN, (stderr.split('\n')[0] ?? '').slice(0, 300) || unit)
  return {
    content: stdout,
    changes: [{ step: PlannedStep.RESTART, subject: unit, from: null, to: null, security: null }],
    downloadBytes: null,
    steps: [{ command: 'systemctl', args: ['restart', '--', unit], canStop: false, warns: null }],
    check: async () => {
      const active = await run('systemctl', ['is-active', '--', unit])
      return active.status === 0
        ? null
        : { outcome: Outcome.FAILED, code: ResultCode.NOT_ACTIVE, detail: active.stdout.trim().slice(0, 100) || null }
    },
  }
}

/** What is carried out is the very copy whose content was compared: the file of that name may be another by then. */
const runHook: Operation = async ({ hook = '' }, { etc, folder }) => {
  const source = join(etc, 'hooks.d', hook)
  try {
    for (const path of [etc, join(etc, 'hooks.d')]) await mustBeRoots(path, 'folder')
    await mustBeRoots(source, 'file')
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException
    return refuse(RefusalCode.CANNOT_PLAN, code === 'ENOENT' ? `${source} is not there` : message.slice(0, 300))
  }
  const copy = folder === null ? source : join(folder, 'hook')
  if (folder !== null) {
    await copyFile(source, copy)
    await chmod(copy, 0o500)
  }
  return {
    content: createHash('sha256')
      .update(await readFile(copy))
      .digest('hex'),
    changes: [{ step: PlannedStep.RUN, subject: hook, from: null, to: null, security: null }],
    downloadBytes: null,
    steps: [{ command: copy, args: [], canStop: false, warns: null }],
    check: async () => null,
  }
}

/** How it ends is seen by the next start of the kernel alone: see `executor.ts`. */
const restartMachine: Operation = async (_params, { run }) => ({
  content: await readBootId(),
  changes: [
    {
      step: PlannedStep.RESTART,
      subject: (await run('uname', ['-n'])).stdout.trim().slice(0, 300),
      from: null,
      to: null,
      security: null,
    },
  ],
  downloadBytes: null,
  steps: [
    {
      command: 'shutdown',
      args: ['-r', 'now', 'Vigie was asked to restart this machine'],
      canStop: false,
      warns: null,
    },
  ],
  check: async () => null,
})

/** Looking is done by the agent itself, with its next report: nothing is started for it. */
const look: Operation = async () => ({
  content: null,
  changes: [],
  downloadBytes: null,
  steps: [],
  check: async () => null,
})

export const OPERATIONS: Readonly<Record<Action, Operation>> = {
  [Action.COLLECT]: look,
  [Action.APT_REFRESH]: refreshLists,
  [Action.APT_APPLY]: applyUpdates,
  [Action.APT_AUTOREMOVE]: removeUnneeded,
  [Action.APT_REPAIR]: repairPackages,
  [Action.SERVICE_RESTART]: restartService,
  [Action.HOOK_RUN]: runHook,
  [Action.REBOOT]: restartMachine,
}
