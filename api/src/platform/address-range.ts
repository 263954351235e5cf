import { BlockList, isIP, isIPv4 } from 'node:net'

/** An IPv4 address in the clothes of IPv6 (RFC 4291 §2.5.5.2) is the IPv4 address; the zone of a link says nothing of who it is. */
const bare = (address: string): string =>
  (address.split('%', 1)[0] ?? '').replace(/^::ffff:(?=\d{1,3}(?:\.\d{1,3}){3}$)/i, '')

const familyOf = (address: string): 'ipv4' | 'ipv6' => (isIPv4(address) ? 'ipv4' : 'ipv6')

/** Whether a text is an address or a CIDR (RFC 4632), such as 192.168.1.0/24. */
export function isAddressRange(text: string): boolean {
  const [address = '', bits, ...more] = text.split('/')
  if (more.length > 0 || address.includes('%') || !isIP(bare(address))) return false
  return bits === undefined || (/^\d{1,3}$/.test(bits) && Number(bits) <= (isIPv4(bare(address)) ? 32 : 128))
}

/** The addresses of ranges that `isAddressRange` found good. */
export function addressList(ranges: readonly string[]): BlockList {
  const list = new BlockList()
  for (const range of ranges) {
    const [address = '', bits] = range.split('/')
    const own = bare(address)
    if (bits === undefined) list.addAddress(own, familyOf(own))
    else list.addSubnet(own, Number(bits), familyOf(own))
  }
  return list
}

/** `address` undefined = that of a socket that is gone. */
export function isListed(list: BlockList, address: string | undefined): boolean {
  const own = bare(address ?? '')
  return isIP(own) !== 0 && list.check(own, familyOf(own))
}
