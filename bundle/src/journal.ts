import { readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { RELEASES } from './places.ts'

/** An update that is under way: what the next one needs where this one is cut off. */
export interface Journal {
  /** Folders of the release before and of the new one. */
  old: string
  next: string
  /** The copy of the database; null = it is not whole yet, and nothing was switched. */
  copy: string | null
}

const FILE = `${RELEASES}/.update.json`

export function readJournal(): Journal | null {
  try {
    return JSON.parse(readFileSync(FILE, 'utf8')) as Journal
  } catch {
    return null
  }
}

/** Whole or not at all: a new file takes the place of the one before. */
export function writeJournal(journal: Journal): void {
  writeFileSync(`${FILE}.new`, JSON.stringify(journal), { mode: 0o600 })
  renameSync(`${FILE}.new`, FILE)
}

export const endJournal = (): void => rmSync(FILE, { force: true })
