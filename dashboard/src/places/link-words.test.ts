import { expect, test } from 'vitest'
import { factsOf, type LinkFact, type LinkPreview } from './link-words.ts'

const preview = (over: Partial<LinkPreview> = {}): LinkPreview => ({
  fileSystem: { id: 'place', mountpoint: '/srv' },
  elsewhere: 'OTHER_MACHINE',
  copyBytes: '250',
  heldBytes: '1000',
  isLinked: false,
  lastProven: { expectedAt: '2026-11-21T02:00:00Z' },
  ...over,
})
const GOOD: LinkFact['key'][] = ['here', 'proven']

test.each<[string, Partial<LinkPreview>, LinkFact['key'][]]>([
  ['all that is wanted', {}, GOOD],
  ['a copy that is a byte smaller than a quarter of what lies there', { copyBytes: '249' }, [...GOOD, 'small']],
  ['a copy of unknown size', { copyBytes: null }, GOOD],
  ['a path that is a part of the place', { heldBytes: null, copyBytes: '1' }, GOOD],
  ['a backup that was never proven', { lastProven: null, copyBytes: null }, ['here', 'never']],
  ['a path of another place', { fileSystem: { id: 'other', mountpoint: '/' }, copyBytes: '1' }, ['other', 'proven']],
  ['a path that lies nowhere', { fileSystem: null, elsewhere: null }, ['nowhere', 'proven']],
  ['copies on the same disk', { elsewhere: 'SAME_DISK' }, [...GOOD, 'sameDisk']],
  ['copies that lie one does not know where', { elsewhere: null }, [...GOOD, 'vaultUnknown']],
  ['what is said already', { isLinked: true }, ['said', ...GOOD]],
])('A link tells of %s', (_, over, keys) => {
  const facts = factsOf(preview(over), 'place')
  expect(facts.map(({ key }) => key)).toEqual(keys)
  expect(facts.filter(({ isGood }) => isGood).every(({ key }) => ['said', 'here', 'proven'].includes(key))).toBe(true)
  expect(facts.filter(({ isGood }) => !isGood).some(({ key }) => ['said', 'here', 'proven'].includes(key))).toBe(false)
})
