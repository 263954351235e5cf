import { mkdtempSync, rmSync } from 'node:fs'
import { createServer, type RequestListener, type Server } from 'node:http'
import { createServer as createRawServer, type Server as RawServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
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
const options = (more: Partial<Parameters<typeof collectDocker>[0]> = {}) => ({
  env: { DOCKER_HOST: `unix://${socket}` },
  stateDir: folder,
  registries: false,
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
          imageId: IMAGE.Id,
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
      images: [{ id: IMAGE.Id, tags: ['nginx:1.27'], digests: [`nginx@${DIGEST}`], sizeBytes: 192_000_000 }],
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
      '/images/json': { not: 'a list' },
      [`/containers/${ID}/json`]: {
        Config: null,
        State: { Health: 'well', ExitCode: 'x', StartedAt: 'soon' },
        HostConfig: [],
      },
    })
    const facts = await collectDocker(options())
    expect(dockerSection.parse(facts).containers[0]).toMatchObject({
      image: 'nginx:1.27',
      health: null,
      restarts: null,
      restartPolicy: null,
      startedAt: null,
    })
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

  test('is looked for where the owner names it, on this machine alone', async () => {
    expect(await engineSocket({ DOCKER_HOST: 'unix:///a/b.sock' })).toBe('/a/b.sock')
    await expect(engineSocket({ DOCKER_HOST: 'tcp://10.0.0.1:2375' })).rejects.toMatchObject({ code: 'NOT_LOCAL' })
    await engineOf({})
    expect(await engineSocket({ XDG_RUNTIME_DIR: folder })).toMatch(/docker\.sock$/)
  })
})

describe('Registries', () => {
  const HOUR = 3_600_000
  const images = { id: IMAGE.Id, tags: ['nginx:1.27'], digests: [`nginx@${DIGEST}`], sizeBytes: 1 }
  const container = (image: string) => ({ image }) as never
  const ask = (image: string, now: number) =>
    askRegistries(new Engine(socket), { containers: [container(image)], images: [images], stateDir: folder }, () => now)

  test('are asked through the engine, and again after six to twelve hours', async () => {
    const asked = await engineOf({ '/distribution/nginx:1.27/json': { Descriptor: { digest: DIGEST } } })
    const first = await ask('nginx:1.27', 0)
    expect(first).toEqual([
      { reference: 'nginx:1.27', digest: DIGEST, problem: null, askedAt: '1970-01-01T00:00:00.000Z' },
    ])
    expect(await ask('nginx:1.27', 5.9 * HOUR)).toEqual(first)
    expect(asked).toHaveLength(1)
    await ask('nginx:1.27', 12 * HOUR)
    expect(asked).toHaveLength(2)
    // A clock that was set back proves nothing.
    await ask('nginx:1.27', 0)
    expect(asked).toHaveLength(3)
  })

  test('that refuse are told with their words, and asked again after two hours', async () => {
    const asked = await engineOf({})
    expect(await ask('nginx:1.27', 0)).toMatchObject([{ digest: null, problem: 'no such thing' }])
    await ask('nginx:1.27', 1.9 * HOUR)
    expect(asked).toHaveLength(1)
    await ask('nginx:1.27', 2 * HOUR)
    expect(asked).toHaveLength(2)
  })

  test('that refuse for too many questions are not asked the next', async () => {
    const asked: string[] = []
    await listen(
      createServer((request, response) => {
        asked.push(request.url ?? '')
        response.statusCode = 500
        response.end(JSON.stringify({ message: 'toomanyrequests: You have reached your pull rate limit' }))
      }),
    )
    const containers = ['a:1', 'b:1', 'c:1'].map(container)
    await askRegistries(new Engine(socket), { containers, images: [], stateDir: folder }, () => 0)
    expect(asked).toEqual(['/distribution/a:1/json'])
  })

  test.each([`nginx@${DIGEST}`, 'sha256:abc@', '../../containers/x', 'a b', 'f'.repeat(64), ''])(
    'are not asked for %j',
    async (image) => {
      const asked = await engineOf({})
      expect(await ask(image, 0)).toEqual([])
      expect(asked).toEqual([])
    },
  )

  test('are not asked for what was built here', async () => {
    const asked = await engineOf({})
    const built = { ...images, digests: [] }
    await askRegistries(new Engine(socket), {
      containers: [container('nginx:1.27')],
      images: [built],
      stateDir: folder,
    })
    expect(asked).toEqual([])
  })
})
