import { type ChildProcess, execFile, spawn } from 'node:child_process'
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmdirSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { createServer, type Server } from 'node:http'
import { createServer as createTlsServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { gunzipSync } from 'node:zlib'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'

// The bundle that Vigie hands out, run as its users run it, against a server that answers as Vigie does.
const AGENT = resolve(import.meta.dirname, '../dist/agent.mjs')
const NODE_18 = resolve(import.meta.dirname, '../../.cache/node18/package/bin/node')
const TOKEN = `vigie_${'a'.repeat(43)}`

interface Run {
  status: number
  stdout: string
  stderr: string
}
interface Seen {
  authorization: string | undefined
  report: {
    id: string
    machineKey: string
    hostname: string
    sections: {
      kind: string
      subject: string | null
      payload: string | null
      unavailable: { code: string; text: string } | null
    }[]
  }
}

let folder: string
let seen: Seen[]
let server: Server
let answer: (body: Seen['report']) => { status?: number; json?: unknown; text?: string; date?: string }
const accepted = (report: Seen['report']) => ({
  json: {
    data: {
      reportInventory: {
        id: report.id,
        repeated: false,
        machine: { id: 'm' },
        sections: report.sections.map(({ kind, subject, unavailable }) => ({
          kind,
          subject,
          outcome: unavailable ? 'UNAVAILABLE' : 'ACCEPTED',
          refusals: [],
        })),
        notes: [],
      },
    },
  },
})

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'vigie-agent-'))
  mkdirSync(join(folder, 'bin'))
  seen = []
  answer = accepted
  server = createServer((request, response) => {
    const chunks: Buffer[] = []
    request.on('data', (chunk: Buffer) => chunks.push(chunk))
    request.on('end', () => {
      const body = JSON.parse(gunzipSync(Buffer.concat(chunks)).toString()) as {
        query: string
        variables: { report: Seen['report'] }
      }
      // A server of before: of actions it knows nothing.
      if (!body.query.includes('reportInventory')) {
        const error = { message: 'Cannot query field', extensions: { code: 'GRAPHQL_VALIDATION_FAILED' } }
        return void response.writeHead(400).end(JSON.stringify({ errors: [error] }))
      }
      seen.push({ authorization: request.headers.authorization, report: body.variables.report })
      const { status = 200, json, text, date } = answer(body.variables.report)
      if (date) response.setHeader('date', date)
      response.writeHead(status, { 'content-type': 'application/json' }).end(text ?? JSON.stringify(json))
    })
  })
  await new Promise<void>((ready) => server.listen(0, '127.0.0.1', ready))
})
afterEach(async () => {
  server.closeAllConnections()
  await new Promise((closed) => server.close(closed))
  rmSync(folder, { recursive: true, force: true })
})

const url = (): string => `http://127.0.0.1:${(server.address() as AddressInfo).port}`
/** A tool that prints what a test says; the system's own are found after it. */
function tool(name: string, script: string): void {
  writeFileSync(join(folder, 'bin', name), `#!/bin/sh\n${script}\n`)
  chmodSync(join(folder, 'bin', name), 0o755)
}
const prints = (text: string, status = 0): string => `cat <<'END'\n${text}\nEND\nexit ${status}`
const environment = (more: Record<string, string> = {}) => ({
  PATH: `${join(folder, 'bin')}:/usr/bin:/bin`,
  VIGIE_SERVER: url(),
  VIGIE_TOKEN: TOKEN,
  VIGIE_STATE_DIR: join(folder, 'state'),
  // A core works some seconds for it; apt.test.ts asks it.
  VIGIE_LEAVE_OUT: 'apt',
  ...more,
})
const agent = (args: string[], more: Record<string, string> = {}, node = process.execPath): Promise<Run> =>
  new Promise((done) => {
    execFile(
      node,
      [AGENT, ...args],
      { env: environment(more), maxBuffer: 64 * 1024 * 1024 },
      (error, stdout, stderr) => {
        done({ status: error ? Number(error.code ?? -1) : 0, stdout, stderr })
      },
    )
  })
const root = process.getuid?.() === 0
const DISK = {
  name: 'null',
  kname: 'null',
  path: '/dev/null',
  type: 'disk',
  size: 1000,
  rota: true,
  mountpoints: [null],
}
const lsblk = (...disks: object[]) => tool('lsblk', prints(JSON.stringify({ blockdevices: disks })))
const smart = (more: object = {}) =>
  JSON.stringify({ smartctl: { exit_status: 0 }, serial_number: 'S1', smart_status: { passed: true }, ...more })

describe('The command line', () => {
  test.each([
    [['--version'], 0, /^\d+\.\d+\.\d+/],
    [['--help'], 0, /Exit status/],
    [[], 2, /No command/],
    [['fly'], 2, /"fly" is no command/],
    [['report', '--token', 'x'], 2, /--help tells more/],
    [['run', '--every', '5s'], 2, /must be 10s to 24h/],
  ])('%j ends with %i', async (args, status, words) => {
    const run = await agent(args)
    expect(run.status).toBe(status)
    expect(run.stdout + run.stderr).toMatch(words)
  })

  test.each([
    [{ VIGIE_SERVER: '' }, /VIGIE_SERVER is not set/],
    [{ VIGIE_SERVER: 'vigie' }, /no address/],
    [{ VIGIE_TOKEN: '' }, /No token/],
    [{ VIGIE_TOKEN: 'short' }, /no token of Vigie/],
    [{ VIGIE_AGENT_CONFIG: '/nowhere.json' }, /cannot be read/],
  ])('with %j it says what to set', async (env, words) => {
    const run = await agent(['report'], env)
    expect([run.status, run.stderr]).toEqual([2, expect.stringMatching(words)])
  })

  test('a token file that others can read is refused, with the cure', async () => {
    const file = join(folder, 'token')
    writeFileSync(file, TOKEN, { mode: 0o644 })
    expect(await agent(['report'], { VIGIE_TOKEN: '', VIGIE_TOKEN_FILE: file })).toMatchObject({
      status: 2,
      stderr: expect.stringContaining(`chmod 600 ${file}`),
    })
    chmodSync(file, 0o600)
    expect((await agent(['report'], { VIGIE_TOKEN: '', VIGIE_TOKEN_FILE: file })).status).toBeLessThan(2)
  })
})

describe.skipIf(!root)('A report', () => {
  test('holds lsblk and smartctl as they printed them, whatever the exit status', async () => {
    lsblk(DISK)
    tool(
      'smartctl',
      `case "$*" in *--scan*) echo '{"devices":[]}';; *) echo '${smart({ pad: '  as printed ' })}'; exit 216;; esac`,
    )
    const run = await agent(['report'])
    expect(run).toMatchObject({ status: 0, stdout: 'Accepted, 1 disk read\n' })
    const section = seen[0]?.report.sections.find(({ kind }) => kind === 'smartctl')
    expect([section?.subject, section?.payload?.trim()]).toEqual(['null', smart({ pad: '  as printed ' })])
    expect(seen[0]?.authorization).toBe(`Bearer ${TOKEN}`)
  })

  test('printed is exactly the JSON value of the mutation, and sends nothing', async () => {
    lsblk()
    const { stdout } = await agent(['print'])
    expect(Object.keys(JSON.parse(stdout) as object)).toEqual([
      'id',
      'machineKey',
      'hostname',
      'collectedAt',
      'agentVersion',
      'sections',
    ])
    expect(seen).toEqual([])
  })

  test('asks a disk that turns whether it sleeps, and one that does not turn never', async () => {
    lsblk(DISK, { ...DISK, name: 'zero', kname: 'zero', path: '/dev/zero', rota: false })
    tool('smartctl', `echo "$*" >> ${folder}/asked; echo '${smart()}'`)
    await agent(['report'])
    const asked = readFileSync(join(folder, 'asked'), 'utf8').split('\n')
    expect(asked.find((line) => line.endsWith('/dev/null'))).toContain('--nocheck=standby,3')
    expect(asked.find((line) => line.endsWith('/dev/zero'))).not.toContain('nocheck')
  })

  test('reads disks behind a controller by the settings file, and never guesses their types', async () => {
    lsblk(DISK)
    const settings = join(folder, 'agent.json')
    writeFileSync(settings, JSON.stringify({ devices: [{ device: '/dev/null', types: ['megaraid,0', 'megaraid,1'] }] }))
    tool(
      'smartctl',
      `echo "$*" >> ${folder}/asked; case "$*" in *--scan*) echo '{"devices":[{"name":"/dev/bus/0","type":"megaraid,1"}]}';; *) echo '${smart()}';; esac`,
    )
    await agent(['report'], { VIGIE_AGENT_CONFIG: settings })
    const subjects = seen[0]?.report.sections.filter(({ kind }) => kind === 'smartctl').map(({ subject }) => subject)
    expect(subjects?.sort()).toEqual(['null', 'null:megaraid,0', 'null:megaraid,1'])
    expect(readFileSync(join(folder, 'asked'), 'utf8')).toContain('--device megaraid,1 /dev/null')
  })

  test('goes on without what cannot be had: exit 1, and the last line says how to get it', async () => {
    lsblk(DISK)
    tool('smartctl', 'echo not json')
    tool('df', 'exit 1')
    const run = await agent(['report'])
    expect(run.status).toBe(1)
    expect(run.stdout).toMatch(/^Accepted, 0 disks read, without .*smartctl null.*update smartmontools/)
    expect(
      seen[0]?.report.sections
        .filter(({ unavailable }) => unavailable)
        .map(({ kind, unavailable }) => [kind, unavailable?.code])
        .sort(),
    ).toEqual([
      ['df', 'FAILED'],
      ['smartctl', 'SCAN_FAILED'],
      ['smartctl', 'UNPARSABLE'],
    ])
  })

  test('retries lsblk with fewer columns where it is old', async () => {
    tool(
      'lsblk',
      `case "$*" in *MOUNTPOINTS*|*FSSIZE*) echo 'lsblk: unknown column: MOUNTPOINTS' >&2; exit 1;; *) echo '{"blockdevices":[]}';; esac`,
    )
    expect((await agent(['report'])).status).toBe(0)
    expect(seen[0]?.report.sections.find(({ kind }) => kind === 'lsblk')?.payload).toContain('blockdevices')
  })

  test('keeps its machine key, readable by its owner alone', async () => {
    lsblk()
    await Promise.all([agent(['report']), agent(['report']), agent(['report'])])
    await agent(['report'])
    expect(new Set(seen.map(({ report }) => report.machineKey)).size).toBe(1)
    expect(statSync(join(folder, 'state/machine-key')).mode & 0o777).toBe(0o600)
  })

  test.skipIf(!existsSync(NODE_18))('runs on Node 18', async () => {
    lsblk()
    expect(await agent(['report'], {}, NODE_18)).toMatchObject({ status: 0, stderr: '' })
  })
})

describe.skipIf(!root)('A server', () => {
  const waiting = (): string[] => readdirSync(join(folder, 'state/spool'))
  beforeEach(() => lsblk())

  test('that is away costs nothing: reports wait on disk and are sent in order, once', async () => {
    const away = { VIGIE_SERVER: 'http://127.0.0.1:9' }
    expect((await agent(['report'], away)).status).toBe(3)
    const second = await agent(['report'], away)
    expect([second.status, second.stderr]).toEqual([3, expect.stringMatching(/2 reports wait on disk/)])
    const ids = waiting().map(
      (name) => (JSON.parse(readFileSync(join(folder, 'state/spool', name), 'utf8')) as { id: string }).id,
    )
    expect((await agent(['report'])).status).toBe(0)
    expect(seen.map(({ report }) => report.id).slice(0, 2)).toEqual(ids)
    expect([seen.length, waiting()]).toEqual([3, []])
  })

  test.each([
    [
      'refuses the token',
      { status: 401, json: { errors: [{ message: 'Sign in', extensions: { code: 'UNAUTHENTICATED' } }] } },
      4,
      /refused the token/,
    ],
    [
      'does not know the mutation',
      {
        status: 400,
        json: { errors: [{ message: 'Cannot query field', extensions: { code: 'GRAPHQL_VALIDATION_FAILED' } }] },
      },
      5,
      /agent\.mjs/,
    ],
    [
      'knows another shape',
      {
        json: { errors: [{ message: 'Variable "$report" got invalid value', extensions: { code: 'BAD_USER_INPUT' } }] },
      },
      5,
      /do not understand each other/,
    ],
    ['is behind a proxy that finds it down', { status: 502, text: '<html>' }, 3, /waits on disk/],
    ['is no Vigie', { status: 200, text: '<html>' }, 2, /no Vigie/],
    [
      'fails',
      { status: 500, json: { errors: [{ message: 'Internal', extensions: { code: 'INTERNAL_SERVER_ERROR' } }] } },
      3,
      /away/,
    ],
  ])('that %s keeps the report', async (_, reply, status, words) => {
    answer = () => reply
    const run = await agent(['report'])
    expect([run.status, run.stderr]).toEqual([status, expect.stringMatching(words)])
    expect(waiting()).toHaveLength(1)
  })

  test('that refuses a report for a rule is not asked again', async () => {
    answer = () => ({
      json: {
        errors: [
          { message: 'report.hostname: must be …', extensions: { code: 'BAD_USER_INPUT', field: 'report.hostname' } },
        ],
      },
    })
    expect((await agent(['report'])).status).toBe(5)
    expect(waiting()).toEqual([])
  })

  test.each([
    ['nothing of a receipt', {}],
    ['an id and no sections', { id: 'x' }],
    ['sections of another shape', { id: 'x', sections: [{ kind: 'lsblk' }], notes: [] }],
    ['a list', []],
    ['the id of another report', { id: 'x', sections: [], notes: [] }],
    ['refusals that are none', { id: 'x', sections: [{ refusals: [null] }], notes: [5] }],
  ])('that answers with %s has accepted nothing: the report is kept', async (_, reportInventory) => {
    answer = () => ({ json: { data: { reportInventory } } })
    const run = await agent(['report'])
    expect([run.status, run.stderr]).toEqual([2, expect.stringMatching(/no Vigie/)])
    expect(waiting()).toHaveLength(1)
  })

  test('that fails at one report is sent those behind it; it is given up after a day', async () => {
    expect((await agent(['report'], { VIGIE_SERVER: 'http://127.0.0.1:9' })).status).toBe(3)
    const [poison = ''] = waiting()
    const file = join(folder, 'state/spool', poison)
    const { id } = JSON.parse(readFileSync(file, 'utf8')) as { id: string }
    const broken = {
      status: 500,
      json: { errors: [{ message: 'Internal', extensions: { code: 'INTERNAL_SERVER_ERROR' } }] },
    }
    answer = (report) => (report.id === id ? broken : accepted(report))
    expect((await agent(['report'])).status).toBe(0)
    expect(waiting()).toEqual([poison])
    const report = JSON.parse(readFileSync(file, 'utf8')) as object
    writeFileSync(file, JSON.stringify({ ...report, collectedAt: new Date(Date.now() - 25 * 3_600_000).toISOString() }))
    const run = await agent(['report'])
    expect([run.status, run.stderr]).toEqual([0, expect.stringMatching(/given up/)])
    expect(waiting()).toEqual([])
  })

  test.each([
    ['answers 502 by a proxy', { status: 502, text: '<html>' }],
    [
      'does not understand',
      { json: { errors: [{ message: 'Variable "$report" …', extensions: { code: 'BAD_USER_INPUT' } }] } },
    ],
  ])('that %s to one old report takes the new ones all the same', async (_, reply) => {
    await agent(['report'], { VIGIE_SERVER: 'http://127.0.0.1:9' })
    const [old = ''] = waiting()
    answer = (report) => (old.includes(report.id) ? reply : accepted(report))
    for (let round = 0; round < 2; round += 1) {
      expect((await agent(['report'])).status).toBe(0)
      expect(waiting()).toEqual([old])
    }
  })

  test('that switches protocols, or answers for another report, has accepted nothing', async () => {
    server.removeAllListeners('request')
    server.on('request', (request) =>
      request.socket.end('HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: x\r\n\r\n'),
    )
    const run = await agent(['report'])
    expect([run.status, run.stderr]).toEqual([3, expect.stringMatching(/away/)])
    expect(waiting()).toHaveLength(1)
  })

  test('cannot write to the terminal of who asks it', async () => {
    answer = () => ({
      json: {
        errors: [{ message: '\u001b[31mred\u001b[2J\u202e', extensions: { code: 'BAD_USER_INPUT', field: 'x' } }],
      },
    })
    const { stderr } = await agent(['report'])
    expect(stderr).toMatch(/red/)
    expect(stderr).not.toMatch(/[\u001b\u202e]/)
  })

  test('whose clock differs is told apart', async () => {
    answer = (report) => ({ ...accepted(report), date: new Date(Date.now() - 3_600_000).toUTCString() })
    const run = await agent(['report'])
    expect([run.status, run.stderr]).toEqual([7, expect.stringMatching(/60 minutes ahead of the server's/)])
  })

  test('with a certificate that nobody trusts is not spoken to', async ({ skip }) => {
    const made = await new Promise<boolean>((done) =>
      execFile(
        'openssl',
        [
          'req',
          '-x509',
          '-newkey',
          'ec',
          '-pkeyopt',
          'ec_paramgen_curve:P-256',
          '-nodes',
          '-keyout',
          join(folder, 'key.pem'),
          '-out',
          join(folder, 'cert.pem'),
          '-days',
          '1',
          '-subj',
          '/CN=localhost',
        ],
        (error) => done(!error),
      ),
    )
    if (!made) return skip('openssl is not installed')
    const tls = createTlsServer(
      { key: readFileSync(join(folder, 'key.pem')), cert: readFileSync(join(folder, 'cert.pem')) },
      () => undefined,
    )
    await new Promise<void>((ready) => tls.listen(0, '127.0.0.1', ready))
    const run = await agent(['report'], { VIGIE_SERVER: `https://127.0.0.1:${(tls.address() as AddressInfo).port}` })
    expect([run.status, run.stderr]).toEqual([6, expect.stringMatching(/NODE_EXTRA_CA_CERTS/)])
    await new Promise((closed) => tls.close(closed))
  })

  test('is reported to again and again by `run`, which stops at once when told to', async () => {
    const child: ChildProcess = spawn(process.execPath, [AGENT, 'run', '--every', '10s'], {
      env: environment(),
      stdio: 'ignore',
    })
    while (seen.length === 0) await new Promise((next) => setTimeout(next, 20))
    const ended = new Promise((done) => child.once('exit', (code) => done(code)))
    child.kill('SIGTERM')
    expect(await ended).toBe(0)
  })
})

test.skipIf(!root)('A token is never seen on a command line', async () => {
  lsblk(DISK)
  tool(
    'smartctl',
    `for pid in /proc/[0-9]*; do tr '\\0' ' ' < $pid/cmdline; done >> ${folder}/lines 2>/dev/null; echo '${smart()}'`,
  )
  await agent(['report'])
  const lines = readFileSync(join(folder, 'lines'), 'utf8')
  expect(lines).toContain('agent.mjs report')
  expect(lines).not.toContain(TOKEN)
})

// Real mounts in a name space of their own: the machine that runs the tests sees none of them.
describe.skipIf(!root || !existsSync('/dev/fuse'))('A mount that answers no more', () => {
  beforeEach(() => lsblk(DISK))
  /** Makes places, lets a mount hang at one of them, and runs the agent beside it. */
  const beside = (places: string, hung: string, settings: Record<string, string> = {}): Promise<Run> =>
    new Promise((done) => {
      const script = `${places} && mkdir -p ${hung} || exit 98
        python3 ${resolve(import.meta.dirname, 'hung-mount.py')} ${hung} > ${folder}/mounted & server=$!
        until grep -q mounted ${folder}/mounted; do kill -0 $server || exit 99; done
        ${process.execPath} ${AGENT} report; status=$?
        kill $server; exit $status`
      execFile(
        'unshare',
        ['--mount', 'sh', '-c', script],
        { env: { ...environment(), ...settings } },
        (error, stdout, stderr) => {
          done({ status: error ? Number(error.code ?? -1) : 0, stdout, stderr })
        },
      )
    })
  const kinds = () => seen[0]?.report.sections.filter(({ unavailable }) => !unavailable).map(({ kind }) => kind)

  const homes = () => seen[0]?.report.sections.find(({ kind }) => kind === 'homes')

  test('below /home costs nothing: the report goes out with the other homes', async () => {
    const run = await beside('mount -t ramfs none /mnt && mkdir -p /mnt/ann && mount --bind /mnt /home', '/home/ghost')
    expect(run.status, run.stderr).toBeLessThan(2)
    expect(run.stderr).not.toMatch(/no answer/)
    expect(kinds()).toEqual(expect.arrayContaining(['machine', 'df']))
  })

  test.each([
    ['VIGIE_STATE_DIR', '/state'],
    ['VIGIE_TOKEN_FILE', '/token'],
    ['VIGIE_AGENT_CONFIG', '/agent.json'],
  ])(
    'where %s lies ends with a word about it',
    async (setting, file) => {
      const run = await beside('true', `${folder}/hung`, { VIGIE_TOKEN: '', [setting]: `${folder}/hung${file}` })
      expect(run).toMatchObject({
        status: 2,
        stderr: expect.stringMatching(new RegExp(`${setting}: .* does not answer`)),
      })
    },
    60_000,
  )

  test('on PATH, behind a link, costs nothing', async () => {
    const places = `ln -s ${folder}/hung/bin ${folder}/tools`
    const run = await beside(places, `${folder}/hung`, { PATH: `${folder}/tools:${process.env['PATH']}` })
    expect(run.status, run.stderr).toBeLessThan(2)
  }, 60_000)

  test('behind links that hide it costs the homes alone, and says so', async () => {
    const places = `mkdir -p ${folder}/home && ln -s ${folder}/hung/x ${folder}/way && ln -s ${folder}/way ${folder}/home/bob
      mount --bind ${folder}/home /home`
    const run = await beside(places, `${folder}/hung`)
    expect([run.status, run.stdout]).toEqual([1, expect.stringMatching(/homes: .*could not be listed within 15 s/)])
    expect(kinds()).toEqual(expect.arrayContaining(['machine', 'df']))
    expect(homes()?.unavailable?.code).toBe('TIMEOUT')
  }, 60_000)
})

test.skipIf(!root || !existsSync('/dev/fuse') || existsSync('/etc/pve'))(
  'Proxmox’s own file system that answers no more holds nothing back',
  async () => {
    lsblk(DISK)
    const script = `mkdir -p /etc/pve && mount -t tmpfs none /etc/pve || exit 98
    python3 ${resolve(import.meta.dirname, 'hung-mount.py')} /etc/pve > ${folder}/mounted & server=$!
    until grep -q mounted ${folder}/mounted; do kill -0 $server || exit 99; done
    ${process.execPath} ${AGENT} report; status=$?
    kill $server; exit $status`
    const status = await new Promise<number>((done) =>
      execFile('unshare', ['--mount', 'sh', '-c', script], { env: environment() }, (error) =>
        done(error ? Number(error.code ?? -1) : 0),
      ),
    )
    rmdirSync('/etc/pve')
    expect(status).toBeLessThan(2)
    expect(seen).toHaveLength(1)
  },
)

describe.skipIf(!root)('A state folder that takes nothing', () => {
  beforeEach(() => lsblk(DISK))
  test('keeps no report back: read-only after errors of its disk, it reports and says so', async () => {
    expect((await agent(['report'])).status).toBeLessThan(2)
    const state = join(folder, 'state')
    const run = await new Promise<Run>((done) => {
      const script = `mount --bind ${state} ${state} && mount -o remount,ro,bind ${state} && ${process.execPath} ${AGENT} report`
      execFile('unshare', ['--mount', 'sh', '-c', script], { env: environment() }, (error, stdout, stderr) => {
        done({ status: error ? Number(error.code ?? -1) : 0, stdout, stderr })
      })
    })
    expect([run.status < 2, run.stderr]).toEqual([true, expect.stringMatching(/cannot be kept on disk \(EROFS\)/)])
    expect(seen).toHaveLength(2)
    expect(seen[1]?.report.machineKey).toBe(seen[0]?.report.machineKey)
  })
})

test('A Node that is too old is told so in a sentence, and not by a SyntaxError', () => {
  const lines = readFileSync(AGENT, 'utf8').split('\n')
  const check = lines.findIndex((line) => line.includes('major < 18'))
  expect(check).toBeGreaterThan(0)
  // What stands before the check, and how anything after it is written, is understood by Node 12.
  expect(lines.filter((line) => line.startsWith('import '))).toEqual(["import { createRequire } from 'module'"])
  expect(lines.join('\n')).not.toMatch(/\?\?=|\|\|=|&&=/)
})
