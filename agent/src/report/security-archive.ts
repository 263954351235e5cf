/** What the Release file of an archive calls it. */
interface Archive {
  origin: string | null
  label: string | null
  archive: string | null
  codename: string | null
}

/**
 * Whether an archive is one for security alone: Debian's by its label, Ubuntu's and others by the name of the archive,
 * Ubuntu's extended maintenance by its origin. Never by what stands in a package's name.
 */
export const isSecurityArchive = ({ origin, label, archive, codename }: Archive): boolean =>
  label === 'Debian-Security' ||
  [archive, codename].some((name) => name?.endsWith('-security')) ||
  (origin?.startsWith('UbuntuESM') ?? false)
