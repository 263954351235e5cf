/** What lsblk calls a disk and is none: memory, loops, network images, volumes, optical drives, boot areas of eMMC. */
const NO_DISK = /^(zram|loop|ram|rbd|nbd|zd|dm-|mapper\/|md|mtdblock|sr|fd|drbd|nullb|bcache)|^mmcblk\d+(boot\d|rpmb)/

/** Whether a kernel name is that of something else than a disk. */
export const isNoDisk = (kname: string): boolean => NO_DISK.test(kname)

/** Whether a block device is a disk of its own. One of 0 bytes is an empty card reader; null = its size is not told. */
export const isPhysicalDisk = (device: { kname: string; type: string | null; sizeBytes: number | null }): boolean =>
  device.type === 'disk' && !isNoDisk(device.kname) && device.sizeBytes !== 0
