import { expect, test } from 'vitest'
import { Redactor } from './redact.ts'

const redact = (text: string): string => new Redactor().line(text)

test.each([
  ['https://user:s3cret@host/path', 'https://user:[redacted]@host/path'],
  ['postgresql://vigie:p%40ss@db:5432/vigie?x=1', 'postgresql://vigie:[redacted]@db:5432/vigie?x=1'],
  ['Authorization: Bearer abcdefgh.ijk-l', 'Authorization: Bearer [redacted]'],
  ['authorization: "Basic dXNlcjpwYXNz"', 'authorization: "Basic [redacted]"'],
  ['got bearer abcdefghijkl back', 'got bearer [redacted] back'],
  ['redis://:s3cretpw@host', 'redis://:[redacted]@host'],
  ['postgres://user:p/w@ss@host/db', 'postgres://user:[redacted]@host/db'],
  ['DB_PASS=hunter22 next', 'DB_PASS=[redacted] next'],
  ['MYSQL_PWD=hunter22', 'MYSQL_PWD=[redacted]'],
  ['password = "correct horse battery"', 'password = "[redacted]"'],
  ['password=abc,defghi', 'password=[redacted]'],
  [`github_pat_${'a1'.repeat(20)}`, '[redacted]'],
  ['PASSWORD=hunter2', 'PASSWORD=[redacted]'],
  ['"api_key": "0123456789"', '"api_key": "[redacted]"'],
  ["db_password: 'hunter2'", "db_password: '[redacted]'"],
  ['mysqldump --password hunter2 db', 'mysqldump --password [redacted] db'],
  ['curl --token abc123def', 'curl --token [redacted]'],
  [`vigie_${'a'.repeat(43)}`, '[redacted]'],
  ['AKIAABCDEFGHIJKLMNOP', '[redacted]'],
  [`ghp_${'A1'.repeat(18)}`, '[redacted]'],
  [`glpat-${'x'.repeat(20)}`, '[redacted]'],
  ['xoxb-1234567890-abc', '[redacted]'],
])('Of %s the secret goes', (line, expected) => expect(redact(line)).toBe(expected))

test.each([
  'Setting up passwd (1:4.13+dfsg1-1+b1) ...',
  'Unpacking libsecret-1-0:amd64 (0.20.5-3) ...',
  'Inst openssl [3.0.11] (3.0.15 Debian-Security:12/oldstable-security [amd64])',
  'Get:1 http://deb.debian.org/debian bookworm InRelease [151 kB]',
  'The token has expired.',
])('%s stays as it is', (line) => expect(redact(line)).toBe(line))

test('Of a private key every line goes, and what follows it stays', () => {
  const redactor = new Redactor()
  const lines = [
    'before',
    '-----BEGIN OPENSSH PRIVATE KEY-----',
    'b3BlbnNzaC1r',
    '-----END OPENSSH PRIVATE KEY-----',
    'after',
  ]
  expect(lines.map((line) => redactor.line(line))).toEqual([
    'before',
    '[redacted]',
    '[redacted]',
    '[redacted]',
    'after',
  ])
})

test('A line that looks like many secrets is read in no time', () => {
  const began = performance.now()
  redact('password='.repeat(1800))
  redact(`https://${'a'.repeat(16_000)}`)
  redact('token '.repeat(2500))
  expect(performance.now() - began).toBeLessThan(1000)
})
