import { describe, expect, test } from 'vitest'
import { addressList, isAddressRange, isListed } from './address-range.ts'

test.each<[string, boolean]>([
  ['192.168.1.7', true],
  ['192.168.1.0/24', true],
  ['0.0.0.0/0', true],
  ['fe80::/10', true],
  ['::ffff:10.0.0.1', true],
  ['::1', true],
  ['', false],
  ['192.168.1', false],
  ['192.168.1.0/33', false],
  ['192.168.1.0/', false],
  ['192.168.1.0/8/8', false],
  ['192.168.1.0/-1', false],
  ['0x7f.0.0.1', false],
  ['fe80::/129', false],
  ['fe80::1%eth0', false],
  ['example.org', false],
])('%s is an address or a CIDR: %s', (text, is) => {
  expect(isAddressRange(text)).toBe(is)
})

describe('An address is in a list of ranges', () => {
  const list = addressList(['192.168.1.0/24', '10.0.0.5', 'fd00::/8', '::1', '::ffff:172.16.0.1'])
  test.each<[string, boolean]>([
    ['192.168.1.0', true],
    ['192.168.1.255', true],
    ['192.168.2.0', false],
    ['192.168.0.255', false],
    ['10.0.0.5', true],
    ['10.0.0.6', false],
    ['::ffff:192.168.1.9', true],
    ['::FFFF:10.0.0.5', true],
    ['172.16.0.1', true],
    ['fdff::1', true],
    ['fdff::1%eth0', true],
    ['fe00::1', false],
    ['::1', true],
    ['::2', false],
    ['', false],
    ['unknown', false],
    ['999.1.1.1', false],
  ])('%s: %s', (address, is) => {
    expect(isListed(list, address)).toBe(is)
  })

  test('and in an empty one none is', () => {
    for (const address of ['127.0.0.1', '::1', undefined])
      expect(isListed(addressList(['10.0.0.0/8']), address)).toBe(false)
  })
})
