import { parentPort } from 'node:worker_threads'

interface Question {
  id: number
  task: string
  order: never
}

/** The other end of worker-thread.ts: answers each question by the task of its name. Called once, in the thread. */
export function serveTasks(tasks: Record<string, (order: never) => unknown>): void {
  const answer = async ({ id, task, order }: Question): Promise<void> => {
    try {
      parentPort?.postMessage({ id, result: await tasks[task]?.(order) })
    } catch (cause) {
      const { message, stack, code } = cause as NodeJS.ErrnoException
      parentPort?.postMessage({ id, error: { message, stack, code } })
    }
  }
  parentPort?.on('message', (question: Question) => void answer(question))
}
