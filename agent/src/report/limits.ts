/** Of every section's shape; another one is refused. */
export const SECTION_VERSION = 1

/** Bytes of a request's body, after decompression. */
export const LARGEST_BODY = 8 * 1024 * 1024
/** A machine of 1,000 disks has some 1,010. */
export const MOST_SECTIONS = 2000
/** Block devices of one machine; more than any has. */
export const MOST_DEVICES = 20_000

// Characters.
export const LONGEST_HOSTNAME = 253 // RFC 1035
export const LONGEST_VERSION = 64
export const LONGEST_SUBJECT = 255
/** Why a section is unavailable; what is longer is cut. */
export const LONGEST_WHY = 500

/** A report's id: made for each, so that one that comes again is known. */
export const REPORT_ID = /^[\w.:-]{8,128}$/
/** A machine's key: made once, at the agent's first run, and kept. */
export const MACHINE_KEY = /^[\w.:-]{16,128}$/

/** A clock that is off by less is right. Milliseconds. */
export const CLOCK_TOLERANCE = 5 * 60_000
