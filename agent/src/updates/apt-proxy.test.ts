import { expect, test } from 'vitest'
import type { Run } from '../platform/command.ts'
import { parseAptProxy, readAptProxy } from './apt-proxy.ts'

test.each<[string, string[], string, string | null]>([
  ['none', ['Acquire::http\t', 'Acquire::https\t'], 'DIRECT', null],
  [
    'one, without who may use it',
    ['Acquire::http::Proxy\thttp://me:secret@proxy.lan:3142/'],
    'PROXY',
    'http://proxy.lan:3142',
  ],
  ['one for HTTPS alone', ['Acquire::https::Proxy\thttps://proxy.lan'], 'PROXY', 'https://proxy.lan'],
  ['that there is none', ['Acquire::http::Proxy\tDIRECT'], 'DIRECT', null],
  ['one for another host alone', ['Acquire::http::Proxy::ppa.lan\thttp://x:1'], 'DIRECT', null],
  [
    'a program that finds one',
    ['Acquire::http::Proxy\thttp://x', 'Acquire::http::Proxy-Auto-Detect\t/usr/bin/auto-apt-proxy'],
    'AUTO',
    null,
  ],
  ['it by its older name', ['Acquire::http::ProxyAutoDetect\t/usr/bin/auto-apt-proxy'], 'AUTO', null],
  ['what is no address', ['Acquire::http::Proxy\t:::'], 'PROXY', null],
])('Where apt is set to %s, that is told', (_, lines, mode, url) => {
  expect(parseAptProxy(lines.join('\n'))).toEqual({ mode, url })
})

test('An apt-config that fails says nothing, and not that there is no proxy', async () => {
  const failing: Run = async () => ({ stdout: '', stderr: 'E:', status: 100 })
  const absent: Run = () => Promise.reject(new Error('ENOENT'))
  expect([await readAptProxy(failing), await readAptProxy(absent)]).toEqual([null, null])
})
