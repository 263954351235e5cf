import { execFileSync } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { postgresqlBin, startPostgresql } from '../dev/postgresql-server.ts'
import { type Call, type Figures, load } from './load.ts'
import { startServer } from './server.ts'

type Note = (what: string, measured: string, target: string, met?: boolean | null) => void

/** Disks that people have take 5 to 20 ms for what the page cache of a virtual machine answers at once. */
const FSYNC_MS = 10

const SLOW_DISK = `#define _GNU_SOURCE
#include <dlfcn.h>
#include <unistd.h>
static int slowly(const char *name, int file) {
  int (*real)(int) = (int (*)(int))dlsym(RTLD_NEXT, name);
  usleep(${FSYNC_MS * 1000});
  return real(file);
}
int fsync(int file) { return slowly("fsync", file); }
int fdatasync(int file) { return slowly("fdatasync", file); }
`

/** Reports to a server whose disk takes its time to keep something, and to one on PostgreSQL; each is left out where its tool is absent. */
export async function ingestElsewhere(
  folder: string,
  calls: { agent: Call[]; script: Call[] },
  { note, seconds }: { note: Note; seconds: number },
): Promise<void> {
  const measure = async (where: string, more: Record<string, string>): Promise<void> => {
    const server = await startServer(join(folder, where.replace(/\W+/g, '-')), 18_089, more)
    try {
      for (const [door, kind] of [
        ['GraphQL', 'agent'],
        ['/api/ingest', 'script'],
      ] as const) {
        await load(server.url, server.token, 8, 2, inTurn(calls[kind].slice(0, 400)))
        const figures = await load(server.url, server.token, 8, seconds, inTurn(calls[kind].slice(400)))
        note(`(a) ${door}, ${where}, 8 clients`, inWords(figures), 'none refused', figures.failed === 0)
      }
    } finally {
      await server.stop()
    }
  }
  const shim = slowDisk(folder)
  if (shim) await measure(`fsync takes ${FSYNC_MS} ms`, { LD_PRELOAD: shim })
  else console.error('  no C compiler (cc): a slow disk is not measured')
  if (!postgresqlBin()) return console.error('  no PostgreSQL: it is not measured')
  const postgresql = await startPostgresql({})
  try {
    await measure('PostgreSQL', { DATABASE_URL: postgresql.url('postgres') })
  } finally {
    await postgresql.stop()
  }
}

function slowDisk(folder: string): string | null {
  const [source, library] = [join(folder, 'slow-disk.c'), join(folder, 'slow-disk.so')]
  writeFileSync(source, SLOW_DISK)
  try {
    execFileSync('cc', ['-shared', '-fPIC', '-O2', '-o', library, source, '-ldl'], { stdio: 'ignore' })
    return library
  } catch {
    return null
  }
}

function inTurn(calls: Call[]): () => Call {
  let next = 0
  return () => calls[next++ % calls.length] as Call
}

const inWords = ({ perSecond, p99, failed }: Figures): string =>
  `${perSecond.toFixed(0)} reports/s, p99 ${p99.toFixed(0)} ms, ${failed} failed`
