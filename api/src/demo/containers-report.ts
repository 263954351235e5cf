import { createHash } from 'node:crypto'
import type { DockerContainer, DockerFacts, DockerImage, DockerRemote } from '@vigie/agent/report'
import { DAY } from '../platform/clock.ts'
import { chance } from './chance.ts'
import type { DemoMachine } from './fleet.ts'

// What runs in containers: at home and on stores what people run there, on application servers an application and what it
// needs. Their images are released every few weeks; one container restarts again and again.

const HOME: Stack[] = [
  ['nextcloud', ['app', 'nextcloud:30-apache'], ['db', 'mariadb:11.4'], ['redis', 'redis:7.4-alpine']],
  [
    'immich',
    ['server', 'ghcr.io/immich-app/immich-server:release'],
    ['machine-learning', 'ghcr.io/immich-app/immich-machine-learning:release'],
    ['database', 'tensorchord/pgvecto-rs:pg14-v0.2.0'],
  ],
  ['paperless', ['webserver', 'ghcr.io/paperless-ngx/paperless-ngx:2.13'], ['broker', 'redis:7.4-alpine']],
]
const APPLICATION: Stack[] = [['app', ['web', 'app:local'], ['worker', 'app:local'], ['cache', 'redis:7.4-alpine']]]

type Stack = [project: string, ...services: [name: string, image: string][]]

const stacksOf = ({ hostname }: DemoMachine): Stack[] =>
  hostname.startsWith('nas-') ? HOME : hostname.startsWith('app-') ? APPLICATION : []

const hash = (text: string): string => createHash('sha256').update(text).digest('hex')
/** A release every three weeks or so: the day of the newest before one. */
function releaseOf(image: string, day: number): number {
  for (let each = Math.floor(day); each > day - 90; each -= 1)
    if (chance(`${image} released ${each}`) < 0.045) return each
  return Math.floor(day) - 90
}
/** Its owner fetches what is new once a month. */
const fetchedOn = ({ hostname }: DemoMachine, day: number): number => Math.floor(day - (chance(hostname) * 30 + 2))

/** What its container engine would say on a day of the demo; null = it has none. */
export function dockerReport(machine: DemoMachine, at: Date, day: number): DockerFacts | null {
  const stacks = stacksOf(machine)
  if (stacks.length === 0) return null
  const fetched = fetchedOn(machine, day)
  const names = [...new Set(stacks.flatMap(([, ...services]) => services.map(([, image]) => image)))].sort()
  const isLocal = (image: string): boolean => image.endsWith(':local')
  const images = names.map((image): DockerImage => {
    const release = releaseOf(image, fetched)
    const digest = `${image.split(':')[0]}@sha256:${hash(`digest ${image} ${release}`)}`
    return {
      id: hash(`id ${image} ${release}`),
      tags: [image],
      digests: isLocal(image) ? [] : [digest],
      sizeBytes: 40_000_000 + Math.floor(chance(`${image} size`) * 900_000_000),
    }
  })
  const idOf = new Map(names.map((image, index) => [image, images[index]?.id ?? '']))
  const remote = names
    .filter((image) => !isLocal(image))
    .map((reference): DockerRemote => ({
      reference,
      digest: `sha256:${hash(`digest ${reference} ${releaseOf(reference, day)}`)}`,
      problem: null,
    }))
  const containers = stacks.flatMap(([project, ...services]) =>
    services.map(([service, image]) =>
      containerOf(
        { machine, project, service, image },
        { imageId: idOf.get(image) ?? '', startedAt: dayAt(at, day, fetched) },
      ),
    ),
  )
  return { engine: { name: 'docker', version: '27.3.1' }, containers, images, remote }
}

/** Noon or so of a day of the demo. */
const dayAt = (at: Date, day: number, wanted: number): string =>
  new Date(Math.round((at.getTime() - (day - wanted) * DAY) / 1000) * 1000).toISOString()

interface Named {
  machine: DemoMachine
  project: string
  service: string
  image: string
}

function containerOf(
  { machine, project, service, image }: Named,
  { imageId, startedAt }: { imageId: string; startedAt: string },
): DockerContainer {
  const isLooping = machine.hostname === 'nas-nantes' && service === 'machine-learning'
  return {
    id: hash(`${machine.hostname} ${project} ${service} ${imageId}`).slice(0, 12),
    name: `${project}-${service}-1`,
    image,
    imageId,
    state: isLooping ? 'restarting' : 'running',
    health: service === 'db' || service === 'database' ? 'healthy' : null,
    exitCode: isLooping ? 1 : null,
    oomKilled: false,
    restarts: isLooping ? 212 : 0,
    restartPolicy: 'unless-stopped',
    startedAt,
    finishedAt: null,
    project,
    service,
  }
}
