import { expect, test } from 'vitest'
import { reportLine, serviceLines } from './add-machine.ts'

test('The line fetches, checks, asks for the token without showing it, and reports', () => {
  const line = reportLine({ server: 'https://vigie.example', sha256: 'a'.repeat(64) })
  expect(line).toMatch(
    /^export VIGIE_SERVER=.* && curl .* && .*sha256sum -c - && .*read -r VIGIE_TOKEN.* && .* report$/,
  )
  expect(line.indexOf('stty -echo')).toBeLessThan(line.indexOf('read -r'))
})

test('A quote in an address ends nothing', () => {
  expect(reportLine({ server: "https://x/'; rm -rf /; '", sha256: '' })).toContain(`'https://x/'\\''; rm -rf /; '\\'''`)
})

test('The service reads its token from a file of root', () => {
  expect(serviceLines('https://vigie.example')).toMatch(/VIGIE_TOKEN_FILE=\/etc\/vigie\/token[^]*ExecStart=.* run/)
})
