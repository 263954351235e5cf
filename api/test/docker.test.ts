import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { describe, expect, test } from 'vitest'
import { ROOT } from '../src/platform/root.ts'

const compose = ((): string | null => {
  try {
    return execFileSync('which', ['docker-compose'], { encoding: 'utf8' }).trim()
  } catch {
    console.warn('Skipped: docker-compose is not installed')
    return null
  }
})()

describe('docker-compose.yml', () => {
  test.skipIf(!compose)('is accepted, with values and without', () => {
    const config = (env: Record<string, string>): string =>
      execFileSync(
        compose as string,
        ['-f', resolve(ROOT, 'docker-compose.yml'), '--env-file', resolve(ROOT, 'api/test/empty.env'), 'config'],
        {
          encoding: 'utf8',
          env: { PATH: process.env['PATH'], ...env },
          stdio: ['ignore', 'pipe', 'pipe'],
        },
      )
    expect(config({})).toContain('vigie:/mnt')
    const set = config({ EMAIL_HOST: 'smtp.example.org', VIGIE_STORAGE: '/srv/vigie', VIGIE_PORT: '9000' })
    expect(set).toContain('EMAIL_HOST: smtp.example.org')
    expect(set).toContain('/srv/vigie:/mnt')
    expect(set).toMatch(/127\.0\.0\.1:9000:8088/)
  })

  test('runs Vigie without root, on a read-only root, with one mount', () => {
    const image = readFileSync(resolve(ROOT, 'Dockerfile'), 'utf8')
    expect(image).toMatch(/^USER vigie$/m)
    expect(image.match(/^VOLUME .*/gm)).toEqual(['VOLUME /mnt'])
    expect(image).toMatch(/^HEALTHCHECK/m)
    expect(readFileSync(resolve(ROOT, 'docker-compose.yml'), 'utf8')).toContain('read_only: true')
  })

  test('names every setting of .env.example that a container needs', () => {
    const file = readFileSync(resolve(ROOT, 'docker-compose.yml'), 'utf8')
    const own = /VIGIE_(HOST|DATA_DIR|LOCAL_AGENT)|DATABASE_URL|_PATH$/
    const settings = [...readFileSync(resolve(ROOT, '.env.example'), 'utf8').matchAll(/^#?([A-Z][A-Z_]+)=/gm)].map(
      ([, name]) => name as string,
    )
    expect(settings.filter((name) => !own.test(name) && !new RegExp(`${name}(_FILE)?:`).test(file))).toEqual([])
  })

  test('bounds what each container may take, and hands secrets on as files alone', () => {
    const file = readFileSync(resolve(ROOT, 'docker-compose.yml'), 'utf8')
    expect(file.match(/^ {4}(mem_limit|pids_limit): /gm)).toHaveLength(6)
    expect(file).not.toMatch(/(PASSWORD|SECRET): /)
    expect(file).toContain('MONGO_INITDB_ROOT_PASSWORD_FILE: /run/secrets/mongodb_password')
    expect(file).toContain('POSTGRES_PASSWORD_FILE: /run/secrets/postgres_password')
  })
})
