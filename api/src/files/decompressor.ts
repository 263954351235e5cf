import { Duplex } from 'node:stream'
import { createGunzip, createZstdDecompress, type ZstdDecompress } from 'node:zlib'
import type { Compression } from './dump-format.ts'
import { PrivateCopy } from './private-copy.ts'
import { CRASHES, lastLine, PATIENCE_MS, startTool, type ToolEnded } from './tool.ts'

const CHUNK = 1024 * 1024

/** Nothing can be said of the archive: the tool is absent, or wanted more than it gets. */
export class NotDecompressed extends Error {}

type External = Exclude<Compression, 'GZIP' | 'ZSTD' | null>

/** How each tool writes what is in an archive to its output; `file` = it must seek in a file of its own. */
const TOOLS: { [K in External]: { commands: string[]; args: string[]; file: boolean; package: string } } = {
  XZ: { commands: ['xz'], args: ['-d', '-c', '--memlimit=768MiB'], file: false, package: 'xz-utils' },
  BZIP2: { commands: ['bzip2'], args: ['-d', '-c'], file: false, package: 'bzip2' },
  LZ4: { commands: ['lz4'], args: ['-d', '-c', '-q'], file: false, package: 'lz4' },
  // An empty password: without one they would ask for it.
  ZIP: { commands: ['unzip'], args: ['-P', '', '-p'], file: true, package: 'unzip' },
  SEVEN_ZIP: { commands: ['7z', '7zz', '7za'], args: ['x', '-so', '-bd', '-y', '-p'], file: true, package: '7zip' },
}

export const nameOfCompression = (compression: Exclude<Compression, null>): string =>
  compression === 'SEVEN_ZIP' ? '7z' : compression.toLowerCase()

/** What decompresses an archive as it streams by; each fails where the archive is broken or cut. */
export function decompressorOf(compression: Exclude<Compression, null>, temporaryFolder: string): Duplex {
  if (compression === 'GZIP') return createGunzip({ chunkSize: CHUNK })
  if (compression === 'ZSTD') return new ZstdFrames()
  return new ToolDecompressor(compression, temporaryFolder)
}

/**
 * All frames of a zstd archive (RFC 8878 §3: they may be many, as pzstd and `cat a.zst b.zst` make them). Node's own stream
 * ends without a word after the first where more follows in the same piece, and what follows would never be looked at.
 */
class ZstdFrames extends Duplex {
  private frame: ZstdDecompress | null = null

  constructor() {
    super({ readableHighWaterMark: CHUNK, writableHighWaterMark: CHUNK })
  }

  override _write(chunk: Buffer, _encoding: string, done: () => void): void {
    const frame = this.frame ?? this.begin()
    const before = frame.bytesWritten
    frame.write(chunk, () => {
      const rest = chunk.subarray(frame.bytesWritten - before)
      if (this.destroyed || rest.length === 0) return done()
      // It has pushed its end: once all of it was read, the next one begins.
      const next = (): void => {
        this.frame = null
        this._write(rest, _encoding, done)
      }
      if (frame.readableEnded) next()
      else frame.once('end', next)
    })
  }

  override _final(done: () => void): void {
    const { frame } = this
    const end = (): void => {
      this.push(null)
      done()
    }
    if (!frame) return end()
    frame.once('end', end)
    frame.end()
  }

  override _read(): void {
    this.frame?.resume()
  }

  override _destroy(error: Error | null, done: (error: Error | null) => void): void {
    this.frame?.destroy()
    done(error)
  }

  private begin(): ZstdDecompress {
    const frame = createZstdDecompress({ chunkSize: CHUNK })
    this.frame = frame
    frame.on('data', (chunk: Buffer) => {
      if (!this.push(chunk)) frame.pause()
    })
    frame.on('error', (error) => this.destroy(error))
    return frame
  }
}

/** xz, bzip2, lz4, unzip and 7z as children: their own checks of what they read are what proves an archive. */
class ToolDecompressor extends Duplex {
  private readonly compression: External
  private readonly copy: PrivateCopy | null
  private running: ReturnType<typeof startTool> | null = null
  private guard: NodeJS.Timeout | null = null

  constructor(compression: External, temporaryFolder: string) {
    super({ readableHighWaterMark: 1024 * 1024, writableHighWaterMark: 1024 * 1024 })
    this.compression = compression
    this.copy = TOOLS[compression].file ? new PrivateCopy(temporaryFolder) : null
    if (!this.copy) this.run(0)
  }

  override _write(chunk: Buffer, _encoding: string, done: () => void): void {
    if (this.copy) {
      this.copy.write(chunk)
      done()
      return
    }
    const stdin = this.running?.child.stdin
    // A tool that has ended takes no more; how it ended says why.
    if (!stdin?.writable) done()
    else {
      this.watch()
      stdin.write(chunk, () => done())
    }
  }

  override _final(done: () => void): void {
    if (!this.copy) this.running?.child.stdin?.end()
    else {
      const failure = this.copy.close()
      if (failure) this.destroy(new NotDecompressed(`no private copy could be made (${failure})`))
      else this.run(0)
    }
    done()
  }

  override _read(): void {
    this.running?.child.stdout?.resume()
  }

  override _destroy(error: Error | null, done: (error: Error | null) => void): void {
    if (this.guard) clearTimeout(this.guard)
    this.running?.child.kill('SIGKILL')
    this.copy?.remove()
    done(error)
  }

  private run(attempt: number): void {
    const { commands, args } = TOOLS[this.compression]
    const running = startTool(commands[attempt] as string, this.copy ? [...args, this.copy.path] : args)
    this.running = running
    this.watch()
    if (this.copy) running.child.stdin?.end()
    running.child.stdout?.on('data', (chunk: Buffer) => {
      this.watch()
      if (!this.push(chunk)) running.child.stdout?.pause()
    })
    void running.ended.then((ended) => {
      if (this.destroyed) return
      if (ended.absent && this.copy && attempt + 1 < commands.length) return this.run(attempt + 1)
      const trouble = this.troubleOf(ended)
      if (trouble) this.destroy(trouble)
      else this.push(null)
    })
  }

  /** A tool that takes nothing and gives nothing for so long is hung, and would hold the scan. */
  private watch(): void {
    if (this.guard) clearTimeout(this.guard)
    this.guard = setTimeout(() => {
      this.destroy(new NotDecompressed(`${TOOLS[this.compression].commands[0]} stood still for ten minutes`))
    }, PATIENCE_MS)
    this.guard.unref()
  }

  private troubleOf({ code, signal, absent, output }: ToolEnded): Error | null {
    const { commands, package: from } = TOOLS[this.compression]
    const name = commands[0] as string
    if (absent) return new NotDecompressed(`${name} is not installed here (apt install ${from})`)
    if (signal && CRASHES.has(signal)) return new Error(`${name} crashed on it (${signal})`)
    if (signal) return new NotDecompressed(`${name} was ended by ${signal}: it wanted more time or memory than it gets`)
    const said = lastLine(output)
    if (code === 0) return null
    if (/memory|password|encrypted|unsupported/i.test(output)) return new NotDecompressed(said)
    return new Error(said || `${name} ended with ${code}`)
  }
}
