// Packages that hold next to nothing, and unsigned repositories that offer them.
import { execFile } from 'node:child_process'
import { createHash } from 'node:crypto'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { gzipSync } from 'node:zlib'

const execute = promisify(execFile)
const ARCHITECTURE = 'amd64'
const DAY_MS = 24 * 60 * 60 * 1000

export type Fields = Record<string, string>

export interface Deb {
  name: string
  version: string
  /** More of the control file: Depends, Conflicts, Source … */
  fields?: Fields
  /** What the repository alone says of it, as Phased-Update-Percentage. */
  indexFields?: Fields
  /** A file below /etc that stays when the package is removed. */
  conffile?: string
  postinst?: string
}

const stanza = (fields: Fields): string =>
  Object.entries(fields)
    .map(([name, value]) => `${name}: ${value}\n`)
    .join('')

const control = ({ name, version, fields }: Deb): Fields => ({
  Package: name,
  Version: version,
  Architecture: ARCHITECTURE,
  Maintainer: 'Tests of Vigie <tests@example.org>',
  'Installed-Size': '12',
  ...fields,
  Section: 'misc',
  Priority: 'optional',
  Description: `${name} of the tests of Vigie`,
})

/** Builds a package into a folder; returns its path. */
export async function buildDeb(deb: Deb, into: string): Promise<string> {
  const content = mkdtempSync(join(tmpdir(), 'vigie-deb-'))
  try {
    mkdirSync(join(content, 'DEBIAN'), { mode: 0o755 })
    writeFileSync(join(content, 'DEBIAN/control'), stanza(control(deb)))
    if (deb.postinst !== undefined) writeFileSync(join(content, 'DEBIAN/postinst'), deb.postinst, { mode: 0o755 })
    if (deb.conffile !== undefined) {
      mkdirSync(join(content, 'etc'), { mode: 0o755 })
      writeFileSync(join(content, 'etc', deb.conffile), 'kept = yes\n')
      writeFileSync(join(content, 'DEBIAN/conffiles'), `/etc/${deb.conffile}\n`)
    }
    mkdirSync(into, { recursive: true })
    const file = join(into, `${deb.name}_${deb.version}.deb`)
    // The same package in two repositories must be the same file, so no time of building goes into it.
    const env = { ...process.env, SOURCE_DATE_EPOCH: '1700000000' }
    // gzip: what dpkg of Ubuntu compresses with, dpkg of Debian 11 cannot read.
    await execute('dpkg-deb', ['--root-owner-group', '-Zgzip', '--build', content, file], { env })
    return file
  } finally {
    rmSync(content, { recursive: true, force: true })
  }
}

/** What a Release file says of itself. */
export interface Release {
  Origin: string
  Label: string
  Suite: string
  Version?: string
  Codename: string
  Components: string
}

/** One suite of an unsigned repository below a folder: pool, Packages and Release. */
export class AptSuite {
  #stanzas: string[] = []

  /** `name` is the folder below dists, as sources.list names it. */
  constructor(
    readonly repository: string,
    readonly name: string,
    readonly release: Release,
    /** For how many days its lists hold; null = for ever, as those of releases do. */
    readonly validDays: number | null,
  ) {}

  async add(deb: Deb): Promise<void> {
    const file = await buildDeb(deb, join(this.repository, 'pool', this.name))
    const bytes = readFileSync(file)
    this.#stanzas.push(
      stanza({
        ...control(deb),
        ...deb.indexFields,
        Filename: file.slice(this.repository.length + 1),
        Size: String(bytes.length),
        SHA256: sha256(bytes),
      }),
    )
  }

  /** Writes the indexes. */
  write({ validUntil = this.#validUntil() }: { validUntil?: Date | null } = {}): void {
    const folder = join(this.repository, 'dists', this.name)
    const index = `main/binary-${ARCHITECTURE}/Packages`
    const packages = Buffer.from(this.#stanzas.join('\n'))
    // Compressed alone, as the archives offer it.
    const compressed = gzipSync(packages)
    mkdirSync(join(folder, `main/binary-${ARCHITECTURE}`), { recursive: true })
    writeFileSync(join(folder, `${index}.gz`), compressed)
    const sums = [
      ` ${sha256(packages)} ${packages.length} ${index}`,
      ` ${sha256(compressed)} ${compressed.length} ${index}.gz`,
    ]
    const { Components, ...origin } = this.release
    const fields = {
      ...origin,
      Date: inWords(new Date()),
      ...(validUntil && { 'Valid-Until': inWords(validUntil) }),
      'Acquire-By-Hash': 'no',
      Architectures: ARCHITECTURE,
      Components,
      SHA256: `\n${sums.join('\n')}`,
    }
    writeFileSync(join(folder, 'Release'), stanza(fields))
  }

  #validUntil(): Date | null {
    return this.validDays === null ? null : new Date(Date.now() + this.validDays * DAY_MS)
  }
}

const sha256 = (bytes: Buffer): string => createHash('sha256').update(bytes).digest('hex')
const inWords = (time: Date): string => time.toUTCString().replace('GMT', 'UTC')
