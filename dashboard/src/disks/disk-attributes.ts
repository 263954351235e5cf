/**
 * Attributes that announce a failure though the disk calls few of them so: reallocated, reported uncorrectable,
 * command timeout, pending, offline uncorrectable (the five of Backblaze's study), and the retries of the spindle.
 */
const ANNOUNCING = new Set(['5', '10', '187', '188', '197', '198'])

interface Attribute {
  code: string
  whenFailed: string | null
  prefailure: boolean
}

/**
 * Parts the attributes into those that are shown and those that are folded: those that a finding speaks of first, then
 * those that failed or announce a failure. Of NVMe and SCSI disks, which have few and all of them telling, all are shown.
 */
export function partAttributes<A extends Attribute>(
  attributes: readonly A[],
  found: ReadonlySet<string>,
): { shown: A[]; folded: A[] } {
  const isShown = ({ code, whenFailed, prefailure }: A): boolean =>
    found.has(code) || Boolean(whenFailed) || prefailure || ANNOUNCING.has(code) || !/^\d+$/.test(code)
  const shown = attributes.filter(isShown)
  return {
    shown: [...shown.filter(({ code }) => found.has(code)), ...shown.filter(({ code }) => !found.has(code))],
    folded: attributes.filter((attribute) => !isShown(attribute)),
  }
}
