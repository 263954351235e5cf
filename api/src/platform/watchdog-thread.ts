// The thread of watchdog.ts. It runs on the source as it is (types are stripped), and imports nothing of the project.
import { writeSync } from 'node:fs'
import { workerData } from 'node:worker_threads'

const { beats, limitSeconds } = workerData as { beats: Int32Array; limitSeconds: number }
let last = Atomics.load(beats, 0)
let still = 0
// By its own turns, not by the clock: while the whole process is stopped or the machine sleeps, nothing counts.
setInterval(() => {
  const now = Atomics.load(beats, 0)
  still = now === last ? still + 1 : 0
  last = now
  if (still < limitSeconds) return
  const msg = `The main loop has stood still for ${limitSeconds} seconds: Vigie ends; what started it starts it anew`
  writeSync(2, `${JSON.stringify({ level: 'fatal', time: new Date().toISOString(), msg })}\n`)
  // A loop that stands still hears no other signal.
  process.kill(process.pid, 'SIGKILL')
}, 1000)
