import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { findTool } from './platform/command.ts'
import { readDeviceSettings } from './settings.ts'

const folder = mkdtempSync(join(tmpdir(), 'vigie-settings-'))
afterAll(() => rmSync(folder, { recursive: true }))

const read = (device: unknown) => {
  const file = join(folder, 'agent.json')
  writeFileSync(file, JSON.stringify({ devices: [{ device, types: ['megaraid,0'] }] }))
  return readDeviceSettings({ VIGIE_AGENT_CONFIG: file })
}

test.each([
  'sda',
  '/dev/sda',
  '/dev/bus/0',
  '/dev/disk/by-id/usb-WD_Elements_25A3_575832-0:0',
  '/dev/disk/by-path/pci-0000:00:1f.2-ata-1.0',
])('A device may be named %s', (device) => {
  expect(read(device)).toEqual([{ device, types: ['megaraid,0'] }])
})

test.each(['', '-x', '/dev/../etc/shadow', 'a b', 7, null])('A device may not be named %j', (device) => {
  expect(() => read(device)).toThrow(/each entry needs a device, such as \/dev\/sda/)
})

test('A folder that bears the name of a tool is none', () => {
  const tools = join(folder, 'tools')
  mkdirSync(join(folder, 'folder', 'smartctl'), { recursive: true })
  mkdirSync(tools)
  writeFileSync(join(tools, 'smartctl'), '')
  chmodSync(join(tools, 'smartctl'), 0o755)
  expect(findTool('smartctl', `${join(folder, 'folder')}:${tools}`)).toBe(join(tools, 'smartctl'))
})
