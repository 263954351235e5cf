/** What a package manager would do with a package. */
export enum PackageChange {
  INSTALL = 'INSTALL',
  UPGRADE = 'UPGRADE',
  DOWNGRADE = 'DOWNGRADE',
  REMOVE = 'REMOVE',
  /** There is something newer, and it would not be installed. */
  KEEP = 'KEEP',
}

/** Why something newer would not be installed. */
export enum KeptBack {
  /** Its owner holds it: apt-mark(8) hold. */
  HELD = 'HELD',
  /** Its distribution gives it to some machines first (Phased-Update-Percentage). */
  PHASED = 'PHASED',
  /** What it needs cannot be had. */
  DEPENDENCY = 'DEPENDENCY',
  /** Its owner pins it (apt_preferences(5)). */
  PINNED = 'PINNED',
}
