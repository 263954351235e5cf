// `npm run bundle [-- linux-x64 linux-arm64]`: one archive that needs no npm, for each target; both where none is named.
// `npm run bundle -- --unpacked FOLDER` leaves what the archive for this machine would hold in FOLDER, for the image.
// The same sources make the same bytes: times are those of the commit, or of SOURCE_DATE_EPOCH.
import { execFileSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { createReadStream, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { cp, mkdir, rm } from 'node:fs/promises'
import { basename, join, resolve } from 'node:path'
import { pipeline } from 'node:stream/promises'
import { parseArgs } from 'node:util'
import { create } from 'tar'
import { ROOT, tell } from '../scripts/root.mjs'
import { SetupError } from '../scripts/setup-error.mjs'
import { filesIn } from './files.ts'
import { assemble } from './assemble.ts'

const TARGETS = ['linux-x64', 'linux-arm64']
const OUT = join(ROOT, 'dist')

const { values, positionals } = parseArgs({ allowPositionals: true, options: { unpacked: { type: 'string' } } })
const wrong = positionals.find((target) => !TARGETS.includes(target))
try {
  if (wrong) throw new SetupError(`"${wrong}" is none of ${TARGETS.join(', ')}.`)
  if (values.unpacked) await unpacked(resolve(process.env['INIT_CWD'] ?? ROOT, values.unpacked))
  else for (const target of positionals.length ? positionals : TARGETS) await archive(target)
} catch (error) {
  if (!(error instanceof SetupError)) throw error
  tell(`vigie: ${error.message}`)
  process.exitCode = 1
}

async function unpacked(folder: string): Promise<void> {
  const staged = await assemble(`${process.platform}-${process.arch}`)
  await mkdir(folder, { recursive: true })
  await cp(staged, folder, { recursive: true, verbatimSymlinks: true })
  console.log(folder)
}

async function archive(target: string): Promise<void> {
  tell(`vigie: making the bundle for ${target} …`)
  const mtime = new Date(sourceDate() * 1000)
  const staged = await assemble(target)
  const { version } = JSON.parse(readFileSync(join(staged, 'bundle.json'), 'utf8')) as { version: string }
  const name = `vigie-${version}-${target}`
  await mkdir(OUT, { recursive: true })
  const file = join(OUT, `${name}.tar.gz`)
  execFileSync('chmod', ['-R', 'u=rwX,go=rX', staged])
  await create(
    {
      cwd: staged,
      file: `${file}.new`,
      prefix: name,
      gzip: { level: 9 },
      // Nothing of this machine: no owner, no time, no order of its directories; its umask went with chmod.
      portable: true,
      mtime,
      noDirRecurse: true,
    },
    await filesIn(staged),
  )
  renameSync(`${file}.new`, file)
  const sum = createHash('sha256')
  await pipeline(createReadStream(file), sum)
  writeFileSync(`${file}.sha256`, `${sum.digest('hex')}  ${basename(file)}\n`)
  await rm(staged, { recursive: true })
  console.log(file)
}

/** Seconds since 1970, as https://reproducible-builds.org/specs/source-date-epoch/ wants them. */
function sourceDate(): number {
  const given = process.env['SOURCE_DATE_EPOCH']
  if (given) return Number(given)
  try {
    return Number(
      execFileSync('git', ['log', '-1', '--format=%ct'], {
        cwd: ROOT,
        encoding: 'utf8',
        stdio: ['ignore', 'pipe', 'ignore'],
      }),
    )
  } catch {
    throw new SetupError(
      'this is no git checkout: set SOURCE_DATE_EPOCH to the seconds since 1970 that the files shall bear.',
    )
  }
}
