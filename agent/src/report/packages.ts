import { z } from 'zod'

// What is installed on a machine, as its package manager tells it.

const name = z
  .string()
  .min(1)
  .max(255)
  .regex(/^\P{Cc}*$/u)
const text = z
  .string()
  .max(255)
  .regex(/^\P{Cc}*$/u)

const installedPackage = z.object({
  name,
  architecture: text.describe('amd64, arm64, all …'),
  version: text,
  source: name
    .nullable()
    .describe(
      'the source package that it was built from, by which security notices name it; null = one of its own name',
    ),
  held: z.boolean().describe('its owner holds it: apt-mark hold'),
  installedAt: z.iso
    .datetime({ offset: true })
    .nullable()
    .describe('when its files came to this machine, in this version; null = not told'),
})

export const packagesSection = z.object({
  packages: z.array(installedPackage).min(1).max(50_000),
  busy: z
    .string()
    .max(255)
    .nullable()
    .describe('who changes packages at this moment, so that all of this is of a moment in between; null = nobody'),
})

export type PackagesFacts = z.infer<typeof packagesSection>
export type InstalledPackageFacts = z.infer<typeof installedPackage>
