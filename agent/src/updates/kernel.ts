// Kernels by the names of their files: 6.1.0-28-amd64, 6.12.48+deb13-cloud-amd64, 5.15.0-91-generic, 6.8.12-4-pve,
// 6.6.31+rpt-rpi-v8. A newer one counts only where it is of the same flavour: a cloud image that also has the general
// kernel, or a Raspberry Pi with those of all its models, would need a restart for ever.

/** What stays the same from one version to the next: amd64, cloud-amd64, generic, pve, rpi-v8; '' = none. */
export function flavourOf(release: string): string {
  const [, ...parts] = release.split('-')
  // Numbers of the binary interface stand before it: 28, 0.deb12.4, rpi7, rc3.
  const from = parts.findIndex((part) => /^[3-6]86$/.test(part) || !/^(\d|rc\d|rpi\d+$)/.test(part))
  return from < 0 ? '' : parts.slice(from).join('-')
}

/** What `uname -v` tells of the package that the running kernel is of; null = it does not tell. */
export function buildOf(version: string): string | null {
  // "#1 SMP PREEMPT_DYNAMIC Debian 6.1.119-1 (2024-11-22)", "… PMX 6.8.12-4 (2024-11-06T15:04Z)"
  return / (?:Debian|PMX) (\S+) \(/.exec(version)?.[1] ?? null
}
