import { readFileSync, readlinkSync, renameSync, rmSync, symlinkSync } from 'node:fs'
import { basename, join } from 'node:path'
import { type Bundle, CURRENT, HERE, RELEASES } from './places.ts'
import { Trouble } from './trouble.ts'

/** One bundle that lies under /opt/vigie. */
export interface Release extends Bundle {
  folder: string
}

export function readBundle(folder: string): Release {
  try {
    return { ...(JSON.parse(readFileSync(join(folder, 'bundle.json'), 'utf8')) as Bundle), folder }
  } catch (cause) {
    throw new Trouble(`${folder} holds no bundle of Vigie (${(cause as Error).message})`)
  }
}

export const thisBundle = (): Release => readBundle(HERE)
export const nameOf = ({ version, build }: Bundle): string => `${version}-${build}`
export const folderOf = (bundle: Bundle): string => join(RELEASES, nameOf(bundle))

/** The release that the service runs; null = Vigie is not installed here, or so broken that it is to be installed anew. */
export function currentRelease(): Release | null {
  try {
    return readBundle(join(RELEASES, basename(readlinkSync(CURRENT))))
  } catch {
    return null
  }
}

/** From one instant to the next: a link is replaced by renaming another over it. */
export function makeCurrent(release: Release): void {
  const link = `${CURRENT}.new`
  rmSync(link, { force: true })
  symlinkSync(basename(release.folder), link)
  renameSync(link, CURRENT)
}
