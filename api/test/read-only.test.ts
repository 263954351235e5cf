import { expect, test } from 'vitest'
import { minutes, report, section } from './builders.ts'
import { apiForThisTest, type TestApi } from './start-api.ts'

/** A file system of 100 GB, as lsblk and df tell it; mountpoint null = it is there, and mounted nowhere. */
const told = (mountpoint: string | null, wentReadOnly: boolean | null | undefined, used = 20) => ({
  disks: [],
  lsblk: [{ device: 'vda', size: 100e9, fstype: 'ext4', uuid: 'uuid-of-data', mountpoints: [mountpoint] }],
  sections: [
    section('df', {
      fileSystems:
        mountpoint === null
          ? []
          : [
              {
                source: '/dev/vda',
                fstype: 'ext4',
                sizeBytes: 100e9,
                usedBytes: used * 1e9,
                availableBytes: (100 - used) * 1e9,
                mountpoint,
                ...(wentReadOnly === undefined ? {} : { readOnly: wentReadOnly, wentReadOnly }),
              },
            ],
    }),
  ],
})
const since = async (api: TestApi) =>
  (await api.ask('{ machine(hostname: "atlas") { fileSystems { wentReadOnlyAt } } }')).data.machine.fileSystems.map(
    ({ wentReadOnlyAt }: { wentReadOnlyAt: string | null }) => wentReadOnlyAt,
  )
const causes = async (api: TestApi, language = 'EN') => {
  await api.app.opener.run()
  const { data } = await api.ask(
    'query ($language: Language!) { causes { nodes { sentence(language: $language) } } }',
    {
      language,
    },
  )
  return data.causes.nodes.map(({ sentence }: { sentence: string }) => sentence)
}
const sentences = async (api: TestApi) =>
  (
    await api.ask(
      '{ events(filter: { type: [FILE_SYSTEM_READ_ONLY, FILE_SYSTEM_WRITABLE, FILE_SYSTEM_UNMOUNTED, FILE_SYSTEM_LEFT] }) { nodes { sentence } } }',
    )
  ).data.events.nodes
    .map(({ sentence }: { sentence: string }) => sentence)
    .reverse()

test('A file system that its kernel made read-only is told once, and again when it can be written to', async () => {
  const api = await apiForThisTest()
  let at = 0
  const tell = (...how: Parameters<typeof told>) => report(api, { collectedAt: minutes((at += 15)), ...told(...how) })
  await tell('/srv', false)
  expect([await since(api), await causes(api)]).toEqual([[null], []])
  await tell('/srv', true)
  await tell('/srv', true)
  expect(await since(api)).toEqual([minutes(30).toISOString()])
  expect(await causes(api)).toEqual(['/srv of atlas became read-only after errors'])
  expect(await causes(api, 'FR')).toEqual(['/srv d’atlas est passé en lecture seule après des erreurs'])
  // Not told is no recovery: by an agent of before, or where it cannot be seen.
  await tell('/srv', undefined)
  await tell('/srv', null)
  expect(await since(api)).toEqual([minutes(30).toISOString()])
  await tell('/srv', false)
  expect([await since(api), await causes(api)]).toEqual([[null], []])
  expect(await sentences(api)).toEqual([
    '/srv of atlas became read-only after errors',
    '/srv of atlas can be written to again',
  ])
})

test('One that is unmounted is known no more, and is told again when it is mounted so', async () => {
  const api = await apiForThisTest()
  await report(api, { collectedAt: minutes(0), ...told('/srv', true) })
  expect(await causes(api)).toHaveLength(1)
  await report(api, { collectedAt: minutes(15), ...told(null, null) })
  expect([await since(api), await causes(api)]).toEqual([[null], []])
  await report(api, { collectedAt: minutes(30), ...told('/srv', true) })
  expect(await causes(api)).toHaveLength(1)
  const other = { device: 'vdb', size: 100e9, fstype: 'ext4', uuid: 'uuid-of-another', mountpoints: ['/other'] }
  await report(api, {
    collectedAt: minutes(45),
    disks: [],
    lsblk: [other],
    sections: [section('df', { fileSystems: [] })],
  })
  expect(await causes(api)).toEqual(['The disk vda is not in atlas any more'])
})

test('One that was almost full and goes read-only is told as that, and its room is nobody’s concern meanwhile', async () => {
  const api = await apiForThisTest()
  await report(api, { collectedAt: minutes(0), ...told('/srv', false, 96) })
  expect(await causes(api)).toEqual(['/srv of atlas is almost full'])
  await report(api, { collectedAt: minutes(15), ...told('/srv', true, 96) })
  expect(await causes(api)).toEqual(['/srv of atlas became read-only after errors'])
})

test('It is an alert of its machine, as grave as a disk at risk', async () => {
  const api = await apiForThisTest()
  await report(api, { collectedAt: minutes(0), ...told('/srv', true) })
  await api.app.opener.run()
  const { data } = await api.ask('{ alerts { nodes { type severity status machine { hostname } } } }')
  expect(data.alerts.nodes).toEqual([
    { type: 'FILE_SYSTEM', severity: 'AT_RISK', status: 'READ_ONLY', machine: { hostname: 'atlas' } },
  ])
})
