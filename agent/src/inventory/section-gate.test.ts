import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { collectWhenChanged } from './keep-section.ts'
import type { InventoryReport } from './report.ts'
import { SectionGate } from './section-gate.ts'
import { type Section, Unavailable } from './section.ts'
import type { Receipt } from './send.ts'

let folder: string
beforeEach(() => (folder = mkdtempSync(join(tmpdir(), 'vigie-gate-'))))
afterEach(() => rmSync(folder, { recursive: true }))

const section = (payload: string, kind: Section['kind'] = 'apt'): Section => ({
  kind,
  version: 1,
  subject: null,
  collectedAt: '2026-11-30T12:00:00.000Z',
  unavailable: null,
  payload,
})
const report = (...sections: Section[]) => ({ sections }) as InventoryReport
const receipt = (outcome: string, kind = 'apt') => ({ sections: [{ kind, outcome }] }) as unknown as Receipt

test('what the server accepted is told by its hash while it stays the same, and whole when it is another', async () => {
  const gate = new SectionGate(folder)
  const [first] = await gate.hold([section('{"a":1}')])
  expect(first).toEqual(section('{"a":1}'))
  await gate.note(report(section('{"a":1}')), receipt('ACCEPTED'))
  const [again] = await new SectionGate(folder).hold([section('{"a":1}')])
  expect(again).toMatchObject({ payload: null, unavailable: null, unchanged: expect.stringMatching(/^[0-9a-f]{64}$/) })
  expect(await gate.hold([section('{"a":2}')])).toEqual([section('{"a":2}')])
})

test.each(['WANTED', 'REFUSED', 'UNAVAILABLE'])(
  'what the server answers %s to is told whole with the next report',
  async (outcome) => {
    const gate = new SectionGate(folder)
    await gate.note(report(section('{}')), receipt('ACCEPTED'))
    await gate.note(report({ ...section('{}'), payload: null, unchanged: 'x' }), receipt('UNCHANGED'))
    expect((await gate.hold([section('{}')]))[0]?.payload).toBeNull()
    await gate.note(report({ ...section('{}'), payload: null, unchanged: 'x' }), receipt(outcome))
    expect((await gate.hold([section('{}')]))[0]?.payload).toBe('{}')
  },
)

test('other kinds are always told whole, and a server that takes no report is told everything', async () => {
  const gate = new SectionGate(folder)
  await gate.note(report(section('{}', 'reboot')), receipt('ACCEPTED', 'reboot'))
  expect((await gate.hold([section('{}', 'reboot')]))[0]?.payload).toBe('{}')
  await gate.note(report(section('{}')), receipt('ACCEPTED'))
  await gate.forget()
  expect((await gate.hold([section('{}')]))[0]?.payload).toBe('{}')
})

test('a folder that takes nothing costs bandwidth, and no section', async () => {
  const gate = new SectionGate('/proc/vigie')
  await gate.note(report(section('{}')), receipt('ACCEPTED'))
  expect((await new SectionGate('/proc/vigie').hold([section('{}')]))[0]?.payload).toBe('{}')
  // In one run it is remembered, and forgotten where the server wants it.
  expect((await gate.hold([section('{}')]))[0]?.payload).toBeNull()
  await gate.note(report({ ...section('{}'), payload: null, unchanged: 'x' }), receipt('WANTED'))
  expect((await gate.hold([section('{}')]))[0]?.payload).toBe('{}')
})

const HOUR = 3_600_000

test.each([
  ['nothing changed', 'a', HOUR, 1],
  ['something changed', 'b', HOUR, 2],
  ['a day has gone by', 'a', 24 * HOUR, 2],
  ['the clock was set back', 'a', -1, 2],
])('what costs is collected anew where %s', async (_what, print, later, times) => {
  let collected = 0
  const costly = (fingerprint: string) => ({
    kind: 'apt' as const,
    fingerprint: async () => fingerprint,
    collect: async () => ({ times: ++collected }),
    longestMs: 1000,
  })
  await collectWhenChanged(costly('a'), folder, () => 0)
  const told = await collectWhenChanged(costly(print), folder, () => later)
  expect(collected).toBe(times)
  expect(told?.payload).toBe(`{"times":${times}}`)
})

test('what failed is tried again after an hour, and not at each report', async () => {
  let tried = 0
  const costly = {
    kind: 'apt' as const,
    fingerprint: async () => 'a',
    collect: async () => {
      tried += 1
      throw new Unavailable('FAILED', 'apt is broken')
    },
    longestMs: 1000,
  }
  for (const minutes of [0, 15, 59]) {
    const told = await collectWhenChanged(costly, folder, () => minutes * 60_000)
    expect(told?.unavailable?.text).toBe('apt is broken')
  }
  expect(tried).toBe(1)
  await collectWhenChanged(costly, folder, () => 60 * 60_000)
  expect(tried).toBe(2)
})
