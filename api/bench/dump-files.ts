import { execFileSync } from 'node:child_process'
import { closeSync, openSync, statSync, writeFileSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import { randomBytes } from 'node:crypto'

const BLOCK = 64 * 1024 ** 2

/**
 * A dump of so many bytes, plain, as gzip and as zstd, made within seconds: one block of rows, compressed once, stands
 * again and again between head and tail (members and frames may follow each other: RFC 1952 §2.2, RFC 8878 §3).
 */
export function makeDumps(folder: string, bytes: number): { plain: string; gzip: string; zstd: string } {
  const parts = {
    head: Buffer.from('-- MariaDB dump 10.19  Distrib 10.11.14-MariaDB\n--\n'),
    block: rows(),
    tail: Buffer.from('\n-- Dump completed on 2026-11-21  2:00:05\n'),
  }
  const files = {
    plain: join(folder, 'dump.sql'),
    gzip: join(folder, 'dump.sql.gz'),
    zstd: join(folder, 'dump.sql.zst'),
  }
  const compressed = (command: string, args: string[]) => {
    const made: Record<string, Buffer> = {}
    for (const [name, content] of Object.entries(parts)) {
      const file = join(folder, 'part')
      writeFileSync(file, content)
      made[name] = execFileSync(command, [...args, file], { maxBuffer: 2 * BLOCK })
    }
    return made as typeof parts
  }
  const write = (file: string, { head, block, tail }: typeof parts): void => {
    const fd = openSync(file, 'w')
    writeSync(fd, head)
    for (let written = 0; written < bytes; written += BLOCK) writeSync(fd, block)
    writeSync(fd, tail)
    closeSync(fd)
  }
  write(files.plain, parts)
  write(files.gzip, compressed('gzip', ['-n1c']))
  write(files.zstd, compressed('zstd', ['-q1c']))
  return files
}

/** Rows as databases have them: half words that repeat, half digits that do not. */
function rows(): Buffer {
  const lines: string[] = []
  let size = 0
  for (let id = 0; size < BLOCK; id += 1) {
    const line = `INSERT INTO client VALUES (${id},'${randomBytes(12).toString('hex')}','rue de la République, Lyon','2026-11-21 02:00:00',0);\n`
    lines.push(line)
    size += line.length
  }
  return Buffer.from(lines.join('')).subarray(0, BLOCK)
}

/** In the page cache, so that every reader finds it alike. */
export const warm = (file: string): number => {
  execFileSync('cat', [file], { stdio: ['ignore', 'ignore', 'ignore'] })
  return statSync(file).size
}
