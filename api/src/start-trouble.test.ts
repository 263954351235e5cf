import { describe, expect, test } from 'vitest'
import { startTrouble } from './start-trouble.ts'

const facts = { host: '127.0.0.1', port: 8088, dataDir: '/data', databaseFile: '/data/vigie.sqlite' }
const error = (code: string, more: object = {}): Error => Object.assign(new Error(code), { code, ...more })

describe('What keeps Vigie from starting is said with the setting and its cure', () => {
  test.each([
    ['EADDRINUSE', { syscall: 'listen' }, /^VIGIE_PORT: another program listens on 127\.0\.0\.1:8088\./],
    ['EACCES', { syscall: 'listen' }, /^VIGIE_PORT: this user may not listen on port 8088\./],
    ['EADDRNOTAVAIL', { syscall: 'listen' }, /^VIGIE_HOST: .*\(EADDRNOTAVAIL\)/],
    ['ENOTFOUND', { syscall: 'getaddrinfo' }, /^VIGIE_HOST: .*\(ENOTFOUND\)/],
    ['EACCES', { syscall: 'mkdir', path: '/data/x' }, /^VIGIE_DATA_DIR: \/data\/x cannot be written \(EACCES\)/],
    [
      'EROFS',
      { path: '/srv/vault' },
      /^\/srv\/vault is on a file system that Vigie may not write .*ReadWritePaths=\/srv\/vault$/,
    ],
    ['ENOSPC', { syscall: 'write' }, /no room is left in \/data/],
    ['SQLITE_FULL', {}, /no room is left/],
    ['SQLITE_CANTOPEN', {}, /^VIGIE_DATA_DIR: the database .* cannot be opened/],
    ['SQLITE_READONLY_DIRECTORY', {}, /cannot be opened and written/],
    ['SQLITE_NOTADB', {}, /is damaged .* restore/],
    ['SQLITE_CORRUPT_INDEX', {}, /is damaged/],
    ['SQLITE_BUSY_SNAPSHOT', {}, /held by another program/],
  ])('%s %j', (code, more, sentence) => {
    expect(startTrouble(error(code, more), facts)).toMatch(sentence)
  })

  test.each([[new TypeError('x is undefined')], [error('SQLITE_ERROR')], ['thrown text']])(
    'and what is a bug is not dressed up: %s',
    (bug) => {
      expect(startTrouble(bug, facts)).toBeNull()
    },
  )
})
