import { describe, expect, test } from 'vitest'
import { startTrouble } from './start-trouble.ts'

const facts = { host: '127.0.0.1', port: 8088, dataDir: '/data', database: { file: '/data/vigie.sqlite' } }
const error = (code: string, more: object = {}): Error => Object.assign(new Error(code), { code, ...more })

describe('What keeps Vigie from starting is said with the setting and its cure', () => {
  test.each([
    ['EADDRINUSE', { syscall: 'listen' }, /^VIGIE_PORT: another program listens on 127\.0\.0\.1:8088\./],
    ['EACCES', { syscall: 'listen' }, /^VIGIE_PORT: this user may not listen on port 8088\./],
    ['EADDRNOTAVAIL', { syscall: 'listen' }, /^VIGIE_HOST: .*\(EADDRNOTAVAIL\)/],
    ['ENOTFOUND', { syscall: 'getaddrinfo' }, /^VIGIE_HOST: .*\(ENOTFOUND\)/],
    ['EACCES', { syscall: 'mkdir', path: '/data/x' }, /^VIGIE_DATA_DIR: \/data\/x cannot be written \(EACCES\)/],
    ['ENOENT', { syscall: 'mkdir', path: '/proc/x' }, /^VIGIE_DATA_DIR: \/proc\/x cannot be made \(ENOENT\)/],
    [
      'EROFS',
      { path: '/srv/vault' },
      /^\/srv\/vault is on a file system that Vigie may not write .*ReadWritePaths=\/srv\/vault$/,
    ],
    ['ENOSPC', { syscall: 'write' }, /no room is left in \/data/],
    ['ERR_SQLITE_ERROR', { errcode: 13 }, /no room is left/],
    ['ERR_SQLITE_ERROR', { errcode: 14 }, /^VIGIE_DATA_DIR: the database .* cannot be opened/],
    ['ERR_SQLITE_ERROR', { errcode: 1544 }, /cannot be opened and written/],
    ['ERR_SQLITE_ERROR', { errcode: 26 }, /is damaged .* restore/],
    ['ERR_SQLITE_ERROR', { errcode: 779 }, /is damaged/],
    ['ERR_SQLITE_ERROR', { errcode: 517 }, /held by another program/],
  ])('%s %j', (code, more, sentence) => {
    expect(startTrouble(error(code, more), facts)).toMatch(sentence)
  })

  test.each([[new TypeError('x is undefined')], [error('ERR_SQLITE_ERROR', { errcode: 1 })], ['thrown text']])(
    'and what is a bug is not dressed up: %s',
    (bug) => {
      expect(startTrouble(bug, facts)).toBeNull()
    },
  )
})
