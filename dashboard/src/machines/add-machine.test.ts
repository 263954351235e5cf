import { expect, test } from 'vitest'
import { reportLine, serviceLines } from './add-machine.ts'

test('The line fetches, checks and reports; its token stands in no argument of a program', () => {
  const line = reportLine({ server: 'https://vigie.example', sha256: 'a'.repeat(64), token: 'vigie_secret' })
  const [exported, ...programs] = line.split(' && ')
  expect(exported).toContain("VIGIE_TOKEN='vigie_secret'")
  expect(programs.join(' ')).not.toContain('secret')
  expect(line).toContain('sha256sum -c')
})

test('A quote in an address ends nothing', () => {
  expect(reportLine({ server: "https://x/'; rm -rf /; '", sha256: '', token: 't' })).toContain(
    `'https://x/'\\''; rm -rf /; '\\'''`,
  )
})

test('The service reads its token from a file of root', () => {
  expect(serviceLines('https://vigie.example')).toMatch(/VIGIE_TOKEN_FILE=\/etc\/vigie\/token[^]*ExecStart=.* run/)
})
