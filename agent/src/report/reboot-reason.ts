/** Why a machine should be restarted. */
export enum RebootReason {
  /** A package asked for it: /run/reboot-required. */
  ASKED = 'ASKED',
  /** A newer kernel of the same flavour is installed, or another one is pinned. */
  KERNEL_NEWER = 'KERNEL_NEWER',
  /** The running kernel was built anew under the same name. */
  KERNEL_REBUILT = 'KERNEL_REBUILT',
}
