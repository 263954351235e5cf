// The subject of a smartctl section: the kernel's name of a disk (sda), or a place behind a RAID controller
// (sda:megaraid,0), which smartctl(8) addresses by a device of the controller and a type with a number.

/** Controllers, and boxes on USB that hold several disks (JMicron): of each a number in the type tells which. */
const CONTROLLERS = 'megaraid|cciss|3ware|areca|aacraid|hpt|sssraid|jmb39x(?:-q2?)?|jms56x'
const TYPE = new RegExp(`(^|\\+)(${CONTROLLERS})(,|$)`)
const ADDRESS = new RegExp(`^(sat\\+)?(${CONTROLLERS}),`)

/** The code of a smartctl section without subject: disks behind controllers could not be looked for; others were asked. */
export const SCAN_FAILED = 'SCAN_FAILED'

/** Whether a type of smartctl reaches through a RAID controller, with or without a place: megaraid, sat+megaraid,0. */
export const isControllerType = (type: string): boolean => TYPE.test(type)

/** Whether a type names a place behind a RAID controller; the number in it is part of the address. */
export const isControllerAddress = (type: string): boolean => ADDRESS.test(type)

/** What a section on a disk is about: `type` null = as smartctl finds it. */
export const subjectOf = (kname: string, type: string | null): string =>
  type !== null && isControllerAddress(type) ? `${kname}:${type}` : kname

/** `address` null = a disk that the kernel sees itself. */
export function readSubject(subject: string): { kname: string; address: string | null } {
  const [kname = subject, address = null] = subject.split(':', 2)
  return { kname, address: address || null }
}
