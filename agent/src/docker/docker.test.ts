import { mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { createServer, type RequestListener, type Server } from 'node:http'
import { createServer as createRawServer, type Server as RawServer } from 'node:net'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import type { Run } from '../platform/command.ts'
import { dockerSection } from '../report/docker.ts'
import { collectDocker } from './collect.ts'
import { Engine } from './engine.ts'
import { askRegistries } from './registries.ts'
import { engineSocket } from './socket.ts'

let folder: string
let socket: string
let server: Server | RawServer | undefined
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'vigie-docker-'))
  socket = join(folder, 'docker.sock')
})
afterEach(async () => {
  await new Promise((done) => (server ? server.close(done) : done(null)))
  server = undefined
  rmSync(folder, { recursive: true })
})

const listen = (what: Server | RawServer): Promise<void> =>
  new Promise((done) => {
    server = what
    what.listen(socket, done)
  })
/** An engine that answers some paths, and notes all that it is asked. */
async function engineOf(answers: Record<string, unknown>): Promise<string[]> {
  const asked: string[] = []
  const answer: RequestListener = (request, response) => {
    asked.push(`${request.method} ${request.url}`)
    const found = answers[request.url ?? '']
    response.statusCode = found === undefined ? 404 : 200
    response.end(JSON.stringify(found ?? { message: 'no such thing' }))
  }
  await listen(createServer(answer))
  return asked
}
/** systemd, where Docker's service is so, and its socket listens. */
const systemctl =
  (service: string): Run =>
  (_, [, unit]) =>
    Promise.resolve({ stdout: unit === 'docker.socket' ? 'active\n' : `${service}\n`, stderr: '', status: 0 })
const options = (more: Partial<Parameters<typeof collectDocker>[0]> = {}) => ({
  env: { DOCKER_HOST: `unix://${socket}` },
  stateDir: folder,
  registries: false,
  run: systemctl('active'),
  ...more,
})

const ID = 'a'.repeat(64)
const OTHER = 'b'.repeat(64)
const DIGEST = `sha256:${'d'.repeat(64)}`
const VERSION = { Version: '27.3.1', Components: [{ Name: 'Engine' }] }
const LISTED = {
  Id: ID,
  Names: ['/shop-web-1'],
  Image: 'nginx:1.27',
  ImageID: `sha256:${'1'.repeat(64)}`,
  State: 'running',
  Labels: { 'com.docker.compose.project': 'shop', 'com.docker.compose.service': 'web' },
}
const TOLD = {
  Config: { Image: 'nginx:1.27', Env: ['PASSWORD=hunter2'] },
  State: {
    Status: 'running',
    ExitCode: 0,
    OOMKilled: false,
    StartedAt: '2026-11-30T10:00:00.123456789Z',
    FinishedAt: '0001-01-01T00:00:00Z',
    Health: { Status: 'healthy', Log: [] },
  },
  RestartCount: 2,
  HostConfig: { RestartPolicy: { Name: 'unless-stopped' } },
}
const IMAGE = {
  Id: `sha256:${'1'.repeat(64)}`,
  RepoTags: ['nginx:1.27', '<none>:<none>'],
  RepoDigests: [`nginx@${DIGEST}`],
  Size: 192_000_000,
}
const WHOLE = {
  '/version': VERSION,
  '/containers/json?all=1': [LISTED],
  '/images/json': [IMAGE],
  [`/containers/${ID}/json`]: TOLD,
}

describe('Containers', () => {
  test('are told with what compose calls them, and nothing of their environment', async () => {
    const asked = await engineOf(WHOLE)
    const facts = await collectDocker(options())
    expect(dockerSection.parse(facts)).toEqual({
      engine: { name: 'docker', version: '27.3.1' },
      containers: [
        {
          id: 'aaaaaaaaaaaa',
          name: 'shop-web-1',
          image: 'nginx:1.27',
          imageId: '1'.repeat(64),
          state: 'running',
          health: 'healthy',
          exitCode: null,
          oomKilled: false,
          restarts: 2,
          restartPolicy: 'unless-stopped',
          startedAt: '2026-11-30T10:00:00.123Z',
          finishedAt: null,
          project: 'shop',
          service: 'web',
        },
      ],
      images: [{ id: '1'.repeat(64), tags: ['nginx:1.27'], digests: [`nginx@${DIGEST}`], sizeBytes: 192_000_000 }],
      remote: [],
    })
    expect(JSON.stringify(facts)).not.toContain('hunter2')
    // Nothing is changed, pulled or asked of registries.
    expect(asked.every((each) => each.startsWith('GET ') && !each.includes('distribution'))).toBe(true)
  })

  test('that go while they are looked at are left out, and one that the engine fails at is told as far as it is known', async () => {
    await engineOf({
      ...WHOLE,
      '/containers/json?all=1': [LISTED, { ...LISTED, Id: OTHER, Names: ['/gone'] }, { Id: '../../x' }, null, 7],
    })
    expect((await collectDocker(options())).containers.map(({ name }) => name)).toEqual(['shop-web-1'])
  })

  test('with words that no engine says are taken as far as they can be', async () => {
    await engineOf({
      ...WHOLE,
      '/version': { Version: `27\n${'x'.repeat(300)}` },
      '/images/json': [{ ...IMAGE, Size: -1 }],
      [`/containers/${ID}/json`]: {
        Config: null,
        State: { Health: 'well', ExitCode: 'x', StartedAt: '+012345-01-01T00:00:00Z' },
        HostConfig: [],
        RestartCount: -1,
      },
    })
    const facts = dockerSection.parse(await collectDocker(options()))
    expect(facts.images?.[0]?.sizeBytes).toBeNull()
    expect(facts.containers[0]).toMatchObject({
      image: 'nginx:1.27',
      health: null,
      restarts: null,
      restartPolicy: null,
      startedAt: null,
    })
  })

  test('whose images cannot be listed are told all the same, and nothing is said of images', async () => {
    await engineOf({ ...WHOLE, '/images/json': { message: 'no space left on device' } })
    const facts = dockerSection.parse(await collectDocker(options()))
    expect([facts.containers.length, facts.images]).toEqual([1, null])
  })

  test('are not none where the engine tells no list of them', async () => {
    await engineOf({ ...WHOLE, '/containers/json?all=1': { message: 'x' } })
    await expect(collectDocker(options())).rejects.toMatchObject({ code: 'UNPARSABLE' })
  })

  test('are those of Podman where Podman answers', async () => {
    await engineOf({ ...WHOLE, '/version': { Version: '5.2.2', Components: [{ Name: 'Podman Engine' }] } })
    expect((await collectDocker(options())).engine).toEqual({ name: 'podman', version: '5.2.2' })
  })
})

describe('An engine', () => {
  test('that does not run is not none', async () => {
    await listen(createRawServer())
    await new Promise((done) => server?.close(done))
    server = undefined
    await expect(new Engine(socket).get('/version')).rejects.toMatchObject({ code: 'FAILED' })
  })

  test.each<[string, (socket: import('node:net').Socket) => void, string]>([
    ['that says nothing', () => undefined, 'TIMEOUT'],
    ['that drips', (it) => void it.write('HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\n{'), 'TIMEOUT'],
    ['that hangs up', (it) => it.destroy(), 'FAILED'],
    [
      'that wants to speak otherwise',
      (it) => void it.write('HTTP/1.1 101 Switching Protocols\r\nupgrade: tcp\r\nconnection: upgrade\r\n\r\n'),
      'FAILED',
    ],
    ['that speaks no HTTP', (it) => void it.end('hello\r\n\r\n'), 'FAILED'],
    ['that answers no JSON', (it) => void it.end('HTTP/1.1 200 OK\r\nconnection: close\r\n\r\n<html>'), 'UNPARSABLE'],
  ])('%s costs its section alone, and says why', async (_, answer, code) => {
    await listen(
      createRawServer((it) => {
        it.on('error', () => undefined)
        it.on('data', () => answer(it))
      }),
    )
    await expect(new Engine(socket).get('/version', 200)).rejects.toMatchObject({ code })
  })

  test('that sends without end is cut off', async () => {
    await listen(
      createServer((_, response) => {
        const block = Buffer.alloc(1024 * 1024, ' ')
        response.on('error', () => undefined)
        const more = (): void => {
          while (!response.destroyed && response.write(block));
        }
        response.on('drain', more)
        more()
      }),
    )
    await expect(new Engine(socket).get('/version')).rejects.toMatchObject({ code: 'TOO_LARGE' })
  })

  const find = (env: Record<string, string> = {}, service = 'active', isRoot = true) =>
    engineSocket(env, systemctl(service), folder, isRoot)
  const at = (path: string): Promise<void> => {
    socket = join(folder, path)
    mkdirSync(dirname(socket), { recursive: true })
    return listen(createServer())
  }

  test('is looked for where the owner names it, on this machine alone', async () => {
    expect(await find({ DOCKER_HOST: 'unix:///a/b.sock' })).toBe('/a/b.sock')
    await expect(find({ DOCKER_HOST: 'tcp://10.0.0.1:2375' })).rejects.toMatchObject({ code: 'NOT_LOCAL' })
  })

  test.each([
    'var/run/docker.sock',
    'run/user/1000/docker.sock',
    'run/podman/podman.sock',
    'run/user/7/podman/podman.sock',
  ])('is found at %s', async (path) => {
    await at(path)
    expect(await find()).toBe(join(folder, path))
  })

  test('of a user is not looked for by other users', async () => {
    await at('run/user/1000/docker.sock')
    expect(await find({}, 'active', false)).toBeNull()
    expect(await find({ XDG_RUNTIME_DIR: join(folder, 'run/user/1000') }, 'active', false)).not.toBeNull()
  })

  test.each(['inactive', 'failed'])(
    'of which systemd says that it is %s is not started by a question',
    async (state) => {
      await at('var/run/docker.sock')
      await expect(find({}, state)).rejects.toMatchObject({ code: 'NOT_RUNNING' })
    },
  )

  test('that has left containers and answers nowhere is not none', async () => {
    expect(await find()).toBeNull()
    mkdirSync(join(folder, 'var/lib/docker/containers/abc'), { recursive: true })
    await expect(find()).rejects.toMatchObject({ code: 'NOT_RUNNING' })
  })
})

describe('Registries', () => {
  const HOUR = 3_600_000
  const ID_OF_IMAGE = '1'.repeat(64)
  const image = { id: ID_OF_IMAGE, tags: ['nginx:1.27'], digests: [`nginx@${DIGEST}`], sizeBytes: 1 }
  const container = (name: string, imageId = ID_OF_IMAGE) => ({ image: name, imageId }) as never
  const ask = (names: string[], now: number, more: Partial<Parameters<typeof askRegistries>[1]> = {}) =>
    askRegistries(
      new Engine(socket),
      {
        name: 'docker',
        containers: names.map((each) => container(each)),
        images: [image],
        stateDir: folder,
        until: Infinity,
        ...more,
      },
      () => now,
    )

  test('are asked through the engine, and again after six to twelve hours', async () => {
    const asked = await engineOf({ '/distribution/nginx:1.27/json': { Descriptor: { digest: DIGEST } } })
    const first = await ask(['nginx:1.27'], 0)
    // When that was is not told: the section would be another one each time.
    expect(first).toEqual([{ reference: 'nginx:1.27', digest: DIGEST, problem: null }])
    expect(await ask(['nginx:1.27'], 5.9 * HOUR)).toEqual(first)
    expect(asked).toHaveLength(1)
    await ask(['nginx:1.27'], 12 * HOUR)
    expect(asked).toHaveLength(2)
    // A clock that was set back proves nothing.
    await ask(['nginx:1.27'], 0)
    expect(asked).toHaveLength(3)
  })

  test('that fail are told with their words beside what was known, and asked again after two hours', async () => {
    const answers: Record<string, unknown> = { '/distribution/nginx:1.27/json': { Descriptor: { digest: DIGEST } } }
    const asked = await engineOf(answers)
    await ask(['nginx:1.27'], 0)
    delete answers['/distribution/nginx:1.27/json']
    const failed = [{ reference: 'nginx:1.27', digest: DIGEST, problem: 'no such thing' }]
    expect(await ask(['nginx:1.27'], 12 * HOUR)).toEqual(failed)
    await ask(['nginx:1.27'], 13.9 * HOUR)
    expect(asked).toHaveLength(2)
    await ask(['nginx:1.27'], 14 * HOUR)
    expect(asked).toHaveLength(3)
  })

  const refuse = async (status: number, message: string): Promise<string[]> => {
    const asked: string[] = []
    await listen(
      createServer((request, response) => {
        asked.push(request.url ?? '')
        response.statusCode = status
        response.end(JSON.stringify({ message }))
      }),
    )
    return asked
  }

  test('that want a password are asked again after a day', async () => {
    const asked = await refuse(500, 'denied: requested access to the resource is denied')
    await ask(['nginx:1.27'], 0)
    await ask(['nginx:1.27'], 23.9 * HOUR)
    expect(asked).toHaveLength(1)
    await ask(['nginx:1.27'], 24 * HOUR)
    expect(asked).toHaveLength(2)
  })

  test('that refuse for too many questions are not asked for six hours, for nothing', async () => {
    const asked = await refuse(500, 'toomanyrequests: You have reached your pull rate limit')
    await ask(['a:1', 'b:1', 'c:1'], 0)
    await ask(['a:1', 'b:1', 'c:1'], 5.9 * HOUR)
    expect(asked).toEqual(['/distribution/a:1/json'])
    await ask(['a:1', 'b:1', 'c:1'], 6 * HOUR)
    expect(asked).toHaveLength(2)
  })

  test('are not asked of by a Podman that cannot, and it is said once for all', async () => {
    const asked = await refuse(404, 'Not Found')
    const told = await ask(['a:1', 'b:1'], 0, { name: 'podman' })
    expect(told).toEqual([{ reference: 'a:1', digest: null, problem: expect.stringContaining('this Podman cannot') }])
    expect(asked).toHaveLength(1)
  })

  test('are not asked where what they say cannot be kept, or no time is left', async () => {
    const asked = await engineOf({})
    expect(await ask(['nginx:1.27'], 0, { stateDir: '/proc/vigie' })).toEqual([])
    expect(await ask(['nginx:1.27'], 0, { until: Date.now() + 1000 })).toEqual([])
    expect(asked).toEqual([])
  })

  test.each([`nginx@${DIGEST}`, '../../containers/x', 'a b', 'f'.repeat(64), '', 'localhost/app:1'])(
    'are not asked for %j',
    async (name) => {
      const asked = await engineOf({})
      expect(await ask([name], 0)).toEqual([])
      expect(asked).toEqual([])
    },
  )

  test('are not asked for what was built here, or is not here', async () => {
    const asked = await engineOf({})
    await ask(['nginx:1.27'], 0, { images: [{ ...image, digests: [] }] })
    await ask(['nginx:1.27'], 0, { images: [] })
    expect(asked).toEqual([])
  })
})
