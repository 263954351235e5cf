import { mkdtempSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { readConfig } from './config.ts'
import { ROOT } from '../platform/root.ts'

test('Nothing set means this machine alone, and paths below the repository', () => {
  expect(readConfig({})).toMatchObject({
    host: '127.0.0.1',
    port: 8088,
    dataDir: join(ROOT, 'data'),
    ingestOpenFrom: [],
    localAgent: true,
  })
})

test.each([
  [{ VIGIE_PORT: '80 80' }, 'VIGIE_PORT: "80 80" is no port'],
  [{ VIGIE_PORT: '65536' }, 'VIGIE_PORT'],
  [{ VIGIE_PUBLIC_URL: 'vigie.example' }, 'VIGIE_PUBLIC_URL'],
  [{ VIGIE_LANGUAGE: 'de' }, 'VIGIE_LANGUAGE: "de" is none of en, fr'],
  [{ VIGIE_TIME_ZONE: 'Mars' }, 'VIGIE_TIME_ZONE'],
  [{ VIGIE_INGEST_OPEN_FROM: '10.0.0.0/8, everyone' }, 'VIGIE_INGEST_OPEN_FROM: "everyone"'],
  [{ VIGIE_LOCAL_AGENT: 'yes' }, 'VIGIE_LOCAL_AGENT'],
  [{ DATABASE_URL: 'mysql://user:secret@host/db' }, 'DATABASE_URL: must be sqlite:PATH, or like postgresql://'],
  [{ DATABASE_URL: 'postgresql://vigie@host/db?password=secret' }, 'DATABASE_URL: must hold its password before the @'],
  [{ DATABASE_URL: 'postgresql://vigie:50%secret@host/db' }, 'DATABASE_URL: must be like postgresql://'],
  [{ DATABASE_URL: 'postgresql://host' }, 'DATABASE_URL: must be like postgresql://'],
  [{ DATABASE_PASSWORD: 'secret' }, 'DATABASE_URL: names no PostgreSQL'],
  [
    { DATABASE_URL: 'postgresql://vigie:one@host/db', DATABASE_PASSWORD: 'secret' },
    'DATABASE_URL: must name a user and no password',
  ],
  [{ DATABASE_URL_FILE: '/nowhere' }, 'DATABASE_URL_FILE: /nowhere cannot be read (ENOENT)'],
])('%j stops the start with its name and reason', (env, message) => {
  expect(() => readConfig(env)).toThrow(message)
})

test('A secret is never shown in a message', () => {
  let message = ''
  try {
    readConfig({ DATABASE_URL: 'mysql://user:secret@host/db' })
  } catch (error) {
    message = (error as Error).message
  }
  expect(message).toMatch(/^DATABASE_URL/)
  expect(message).not.toContain('secret')
})

test('The password of MongoDB may come apart from its address, whatever signs are in it', () => {
  const url = (MONGODB_URL: string | undefined, MONGODB_PASSWORD: string) =>
    readConfig({ MONGODB_URL, MONGODB_PASSWORD }).mongoUrl
  expect(url('mongodb://vigie@a:27017,b:27017/vigie?authSource=admin', 'p@ss/w:rd %')).toBe(
    'mongodb://vigie:p%40ss%2Fw%3Ard%20%25@a:27017,b:27017/vigie?authSource=admin',
  )
  expect(() => url('mongodb://a:27017/vigie', 'x')).toThrow(/MONGODB_URL: must name a user/)
  expect(() => url('mongodb://vigie:old@a:27017/vigie', 'x')).toThrow(
    /^MONGODB_URL: must name a user and no password(?!.*old)/,
  )
  expect(() => url(undefined, 'x')).toThrow('MONGODB_PASSWORD: is set, but MONGODB_URL is not')
})

test('A secret may come from a file', () => {
  const file = join(mkdtempSync(join(tmpdir(), 'vigie-')), 'url')
  writeFileSync(file, 'sqlite:/tmp/other.sqlite\n')
  expect(readConfig({ DATABASE_URL_FILE: file }).database).toEqual({ file: '/tmp/other.sqlite' })
})
