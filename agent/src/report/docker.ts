import { z } from 'zod'

// The containers of a machine, as its engine tells them; nothing of their environment, which holds secrets.

const text = z.string().max(512)
/** One line: it is shown. */
const name = z
  .string()
  .max(255)
  .regex(/^\P{Cc}*$/u)
const time = z.iso.datetime({ offset: true }).nullable()
const count = z.int().nonnegative().nullable()

const container = z.object({
  id: name,
  name,
  image: text.describe('as it was asked for, such as nginx:1.27'),
  imageId: text.describe('what it runs: a SHA-256 in hexadecimal digits'),
  state: name.describe('as the engine calls it: created, running, paused, restarting, removing, exited, dead'),
  health: name.nullable().describe('starting, healthy, unhealthy; null = it has no check, or not told'),
  exitCode: z.int().nullable().describe('of its last end, or of a start that failed; null = it runs, or not told'),
  oomKilled: z.boolean().nullable().describe('whether it ended for want of memory; null = not told'),
  restarts: count.describe('by the engine, since it was made'),
  restartPolicy: name.nullable().describe('no, on-failure, always, unless-stopped; null = not told'),
  startedAt: time,
  finishedAt: time,
  project: name.nullable().describe('of compose; null = it belongs to none'),
  service: name.nullable(),
})

const image = z.object({
  id: text.describe('a SHA-256 in hexadecimal digits'),
  tags: z.array(text).max(200),
  digests: z.array(text).max(200).describe('by which registries know it, such as nginx@sha256:…; [] = built here'),
  sizeBytes: z.int().nonnegative().nullable().meta({ unit: 'bytes' }).describe('with what it shares with others'),
})

const remote = z.object({
  reference: text.describe('as a container asks for it'),
  digest: text.nullable().describe('what its registry gives for it now; null = it gave none'),
  problem: text.nullable().describe('why it could not be asked last; a digest beside it is from before'),
})

export const dockerSection = z.object({
  engine: z
    .object({ name: name.describe('docker or podman'), version: name.nullable() })
    .nullable()
    .describe('null = this machine has none'),
  containers: z.array(container).max(5000),
  images: z
    .array(image)
    .max(20_000)
    .nullable()
    .describe('null = they could not be listed, so that nothing is known of newer ones'),
  remote: z.array(remote).max(1000).describe('[] = registries are not asked (VIGIE_DOCKER_REGISTRIES)'),
})

export type DockerFacts = z.infer<typeof dockerSection>
export type DockerContainer = z.infer<typeof container>
export type DockerImage = z.infer<typeof image>
export type DockerRemote = z.infer<typeof remote>
