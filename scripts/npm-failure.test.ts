import { describe, expect, test } from 'vitest'
import { npmFailure } from './npm-failure.mjs'

const place = { registry: 'https://npm.example/', folder: '/srv/vigie' }

// Each as npm 9, 10 or 11 writes it to stderr.
describe('What npm could not do is said in one sentence with its cure', () => {
  test.each([
    [
      'npm error code ENOSPC\nnpm error syscall write\nnpm error errno -28\n',
      /no room left \(\/srv\/vigie\)\. Free some space/,
    ],
    ['npm ERR! code ENOSPC\nnpm ERR! path /home/ann/.npm/_cacache\n', /no room left \(\/home\/ann\/\.npm\/_cacache\)/],
    ['npm warn tar TAR_ENTRY_ERROR ENOSPC: no space left on device, write\nnpm error code 1\n', /no room left/],
    ['npm error code EDQUOT\n', /no room left/],
    [
      'npm error code ENOTFOUND\nnpm error errno ENOTFOUND\n',
      /^https:\/\/npm\.example\/ cannot be reached \(ENOTFOUND\).*proxy/,
    ],
    ['npm ERR! code EAI_AGAIN\n', /cannot be reached \(EAI_AGAIN\)/],
    ['npm error code ECONNREFUSED\n', /cannot be reached/],
    ['npm error code ERR_SOCKET_TIMEOUT\n', /cannot be reached/],
    [
      'npm error code EACCES\nnpm error path /srv/vigie/node_modules\n',
      /^\/srv\/vigie\/node_modules may not be written by this user\..*chown/,
    ],
    ['npm error code EROFS\nnpm error path /srv/vigie/node_modules\n', /read-only file system/],
    ['npm error code E401\n', /refuses to serve \(E401\).*npm login/],
    ['npm error code E403\n', /refuses to serve \(E403\)/],
    [
      "npm error code E404\nnpm error 404 Not Found - GET https://npm.example/rolldown - Not found\nnpm error 404  'rolldown@1.2.19' is not in this registry.\n",
      /does not have rolldown@1\.2\.19\. Use a registry/,
    ],
    [
      'npm error code ETARGET\nnpm error notarget No matching version found for @types/node@24.19.2.\n',
      /does not have @types\/node@24\.19\.2/,
    ],
    ['npm error code E503\n', /is in trouble \(E503\)\. Try again/],
    ['npm error code E429\n', /is in trouble/],
    ['npm error code EINTEGRITY\n', /not what package-lock\.json names\..*cache clean/],
    ['npm error code SELF_SIGNED_CERT_IN_CHAIN\n', /certificate of https:\/\/npm\.example\/ is not trusted.*cafile/],
    ['npm error code UNABLE_TO_VERIFY_LEAF_SIGNATURE\n', /cafile/],
    ['npm error code EMFILE\n', /ulimit -n/],
    ['npm error code EUSAGE\nnpm error The `npm ci` command …\n', /npm failed \(EUSAGE\); the lines above say why/],
    ['', /npm failed; the lines above say why/],
  ])('%j', (output, sentence) => {
    expect(npmFailure(output, place)).toMatch(sentence)
  })

  test('whatever a registry writes, the sentence is found at once', () => {
    const began = performance.now()
    npmFailure(`npm error code E404\nnpm error 404 ${'a@'.repeat(50_000)} ${'@'.repeat(50_000)}`, place)
    expect(performance.now() - began).toBeLessThan(500)
  })
})
