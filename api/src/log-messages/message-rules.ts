import { registerEnumType } from 'type-graphql'
import { Severity } from '../reasons/reason.ts'

// Which lines of a log somebody should read, by what apt, dpkg, the kernel's hooks, systemd and Docker print with LC_ALL=C.
// Pure. The first rule that matches counts; what is noise is dropped before any of them.

export enum MessageCategory {
  LOCK = 'LOCK',
  DEPENDENCY = 'DEPENDENCY',
  SPACE = 'SPACE',
  REPOSITORY = 'REPOSITORY',
  FUTURE = 'FUTURE',
  PACKAGES = 'PACKAGES',
  CONFIGURATION = 'CONFIGURATION',
  SCRIPT = 'SCRIPT',
  KERNEL = 'KERNEL',
  SERVICE = 'SERVICE',
  RESTART = 'RESTART',
  CONTAINER = 'CONTAINER',
  OTHER = 'OTHER',
}
registerEnumType(MessageCategory, {
  name: 'MessageCategory',
  valuesConfig: {
    LOCK: { description: 'Somebody else changed packages at that moment, or was interrupted doing so' },
    DEPENDENCY: { description: 'What a package needs cannot be had' },
    SPACE: { description: 'There was no room' },
    REPOSITORY: { description: 'A source of packages cannot be reached, is too old, or cannot be trusted' },
    FUTURE: { description: 'What works today will not work with a coming version' },
    PACKAGES: { description: 'Packages were removed, went back, or stayed behind' },
    CONFIGURATION: { description: 'A configuration file was changed here and by the package' },
    SCRIPT: { description: 'A package could not be installed, or its script failed' },
    KERNEL: { description: 'The next start may fail: kernel, its modules, or the boot loader' },
    SERVICE: { description: 'A service did not come up again' },
    RESTART: { description: 'Something runs that is older than what is installed' },
    CONTAINER: { description: 'An image could not be had, or a container did not start' },
    OTHER: { description: 'Any other word of apt or of a program that broke' },
  },
})

export interface MessageRule {
  id: string
  category: MessageCategory
  severity: Severity
  is: RegExp
  /** Whether the indented lines below it belong to it. */
  isBlock?: true
}

const { WARNING, AT_RISK, FAILED } = Severity
const of = MessageCategory

/** What is printed where all is well, and what is known to be harmless. */
const NOISE = [
  /^(?:\(Reading database|Reading (?:package lists|state information)|Building dependency tree|Calculating upgrade|Extracting templates|Get:\d|Hit:\d|Ign:\d|Fetched |Selecting previously|Preparing to unpack|Unpacking |Setting up |Processing triggers)/,
  // Said of each firmware of a driver, needed or not; and of folders that somebody put files into.
  /^W: Possible missing firmware |^dpkg: warning: while removing .{1,300} not empty so not removed/,
  /^(?:debconf: (?:unable to initialize|falling back|\()|dpkg-preconfigure: unable to re-open|WARNING: apt does not have a stable CLI)/,
]

export const MESSAGE_RULES: readonly MessageRule[] = [
  {
    id: 'apt.lock',
    category: of.LOCK,
    severity: AT_RISK,
    is: /^E: (?:Could not get lock|Unable to (?:acquire the dpkg frontend lock|lock the administration directory))/,
  },
  { id: 'apt.interrupted', category: of.LOCK, severity: AT_RISK, is: /dpkg was interrupted, you must manually run/ },
  {
    id: 'apt.unmet',
    category: of.DEPENDENCY,
    severity: AT_RISK,
    isBlock: true,
    is: /have unmet dependencies:|^Unsatisfied dependencies:|Unmet dependencies\.|held broken packages|Resolve generated breaks/,
  },
  {
    id: 'apt.space',
    category: of.SPACE,
    severity: FAILED,
    is: /don't have enough free space in|No space left on device|More space needed in/,
  },
  {
    id: 'apt.trust',
    category: of.REPOSITORY,
    severity: AT_RISK,
    is: /NO_PUBKEY|EXPKEYSIG|REVKEYSIG|BADSIG|OpenPGP signature verification failed|No good signature|is not signed|could not be authenticated|Hash Sum mismatch/,
  },
  { id: 'apt.relinfo', category: of.REPOSITORY, severity: WARNING, is: /changed its '\w+' value from '/ },
  {
    id: 'apt.expired',
    category: of.REPOSITORY,
    severity: AT_RISK,
    is: /Release file for \S+ is (?:expired|not valid yet)/,
  },
  { id: 'apt.fetch', category: of.REPOSITORY, severity: AT_RISK, is: /^E: Failed to fetch / },
  { id: 'apt.fetch-warning', category: of.REPOSITORY, severity: WARNING, is: /^W: Failed to fetch / },
  { id: 'apt.stale', category: of.REPOSITORY, severity: WARNING, is: /Some index files failed to download/ },
  {
    id: 'apt.future',
    category: of.FUTURE,
    severity: WARNING,
    is: /Policy will reject signature within|will be deprecated in a future|legacy trusted\.gpg|Missing Signed-By in|sources can be modernized|weak security information|no longer supported|is deprecated/,
  },
  {
    id: 'apt.sources',
    category: of.REPOSITORY,
    severity: WARNING,
    is: /is configured multiple times in|Skipping acquire of configured file/,
  },
  {
    id: 'apt.essential',
    category: of.PACKAGES,
    severity: FAILED,
    isBlock: true,
    is: /following essential packages will be removed/i,
  },
  {
    id: 'pve.guard',
    category: of.PACKAGES,
    severity: FAILED,
    is: /attempting to remove the meta-package 'proxmox-ve'/,
  },
  {
    id: 'apt.downgrade',
    category: of.PACKAGES,
    severity: WARNING,
    isBlock: true,
    is: /will be DOWNGRADED:|^DOWNGRADING:/,
  },
  {
    id: 'apt.kept',
    category: of.PACKAGES,
    severity: WARNING,
    isBlock: true,
    is: /^(?:The following packages have been kept back:|Not upgrading:)/,
  },
  { id: 'apt.halfdone', category: of.PACKAGES, severity: AT_RISK, is: /\b[1-9]\d* not fully installed or removed/ },
  {
    id: 'dpkg.overwrite',
    category: of.SCRIPT,
    severity: AT_RISK,
    is: /trying to overwrite '.{1,500}', which is also in package \S/,
  },
  {
    id: 'dpkg.script',
    category: of.SCRIPT,
    severity: AT_RISK,
    is: /subprocess (?:returned error exit status|failed with exit status|was killed by signal|was interrupted)/,
  },
  {
    id: 'dpkg.depend',
    category: of.DEPENDENCY,
    severity: AT_RISK,
    isBlock: true,
    is: /dependency problems(?: prevent| - leaving| - not removing)/,
  },
  {
    id: 'dpkg.error',
    category: of.SCRIPT,
    severity: AT_RISK,
    isBlock: true,
    is: /^(?:dpkg: error|dpkg-deb: error|Errors were encountered while processing:)/,
  },
  {
    id: 'dpkg.conffile',
    category: of.CONFIGURATION,
    severity: WARNING,
    isBlock: true,
    is: /^Configuration file '[^']+'/,
  },
  {
    id: 'dpkg.prompt',
    category: of.CONFIGURATION,
    severity: AT_RISK,
    is: /at conffile prompt|\*\*\* \S+ \(Y\/I\/N\/O\/D\/Z\)/,
  },
  { id: 'dpkg.warning', category: of.SCRIPT, severity: WARNING, is: /^dpkg: warning: / },
  {
    id: 'kernel.hook',
    category: of.KERNEL,
    severity: AT_RISK,
    is: /^run-parts: \/etc\/(?:kernel|initramfs)\S+ exited with return code \d/,
  },
  {
    id: 'kernel.dkms',
    category: of.KERNEL,
    severity: AT_RISK,
    is: /Bad return status for module build|Error! .{0,200}(?:module|dkms)|dkms autoinstall .{0,200}failed/,
  },
  {
    id: 'kernel.boot',
    category: of.KERNEL,
    severity: AT_RISK,
    is: /grub-(?:install|probe): error|update-initramfs: failed|ESP .{0,200}(?:full|not mounted)/,
  },
  {
    id: 'restart.needed',
    category: of.RESTART,
    severity: WARNING,
    is: /Pending (?:kernel|processor microcode) upgrade!|System restart required|NEEDRESTART-KSTA: [23]/,
  },
  {
    id: 'service.deferred',
    category: of.RESTART,
    severity: WARNING,
    isBlock: true,
    is: /^(?:Service restarts being (?:deferred|refused)|User sessions running outdated|VM guests are running outdated)/,
  },
  {
    id: 'service.failed',
    category: of.SERVICE,
    severity: AT_RISK,
    is: /Job for \S+ failed|Failed to (?:start|restart|reload) |invoke-rc\.d: .{0,200}failed|A dependency job for/,
  },
  { id: 'docker.rate', category: of.CONTAINER, severity: WARNING, is: /toomanyrequests|pull rate limit/ },
  {
    id: 'docker.error',
    category: of.CONTAINER,
    severity: AT_RISK,
    is: /manifest unknown|pull access denied|port is already allocated|Error response from daemon/,
  },
  {
    id: 'program.broken',
    category: of.OTHER,
    severity: AT_RISK,
    is: /^(?:Traceback \(most recent|Segmentation fault|Killed$|Out of memory: Killed)/,
  },
  { id: 'apt.error', category: of.OTHER, severity: AT_RISK, is: /^E: / },
  { id: 'apt.warning', category: of.OTHER, severity: WARNING, is: /^W: / },
]

/** A longer line is looked at as far as this. */
const LONGEST = 4000

/** Which rule a line falls under; null = it says nothing that somebody should read. */
export function ruleOf(line: string): MessageRule | null {
  const looked = line.slice(0, LONGEST)
  if (NOISE.some((noise) => noise.test(looked))) return null
  return MESSAGE_RULES.find(({ is }) => is.test(looked)) ?? null
}
