import { chance, pick } from './chance.ts'

// The forty machines of the demo and their three hundred disks. They do not exist; their models do.

const GB = 1_000_000_000
const TB = 1000 * GB

interface Model {
  name: string
  bytes: number
  /** Revolutions per minute; 0 = SSD, null = NVMe. */
  rpm: number | null
  serial: (text: string) => string
}

const MODELS = {
  seagate16: { name: 'ST16000NM001G-2KK103', bytes: 16 * TB, rpm: 7200, serial: (text) => `ZL2${text.slice(0, 5)}` },
  toshiba8: { name: 'TOSHIBA MG06ACA800E', bytes: 8 * TB, rpm: 7200, serial: (text) => `${text}F1MF` },
  red4: { name: 'WDC WD40EFRX-68N32N0', bytes: 4 * TB, rpm: 5400, serial: (text) => `WD-WCC7K${text.slice(0, 7)}` },
  evo: { name: 'Samsung SSD 870 EVO 1TB', bytes: TB, rpm: 0, serial: (text) => `S626NJ0R${text.slice(0, 6)}` },
  intel: { name: 'INTEL SSDSC2KB480G8', bytes: 480 * GB, rpm: 0, serial: (text) => `BTYF0${text.slice(0, 5)}480BGN` },
  pro: { name: 'Samsung SSD 980 PRO 1TB', bytes: TB, rpm: null, serial: (text) => `S5GXNF0R${text.slice(0, 6)}` },
  virtual: { name: 'QEMU HARDDISK', bytes: 60 * GB, rpm: 0, serial: (text) => `drive-scsi${text.slice(0, 2)}` },
} as const satisfies Record<string, Model>
export type ModelName = keyof typeof MODELS

export interface DemoDisk {
  serial: string
  model: string
  bytes: number
  rpm: number | null
  isVirtual: boolean
}

export interface Volume {
  mountpoint: string
  sizeBytes: number
  usedBytes: number
}

/** What lies on some of a machine's disks, by their places in its list. */
export type Storage = { disks: readonly number[]; volumes: readonly Volume[] } & (
  { kind: 'plain' | 'mirror' } | { kind: 'pool'; name: string }
)

export interface DemoMachine {
  hostname: string
  os: 'debian' | 'proxmox' | 'ubuntu'
  kind: 'PHYSICAL' | 'VM'
  disks: readonly DemoDisk[]
  storage: readonly Storage[]
  users: readonly string[]
}

const LETTERS = 'ABCDEFGHJKLMNPQRSTUVWXYZ0123456789'
const diskOf = (machine: string, number: number, model: ModelName): DemoDisk => {
  const text = Array.from({ length: 8 }, (_, at) => pick(`${machine} ${number} ${at}`, [...LETTERS])).join('')
  const { name, bytes, rpm, serial } = MODELS[model]
  return { serial: serial(text), model: name, bytes, rpm, isVirtual: model === 'virtual' }
}

const disksOf = (machine: string, ...models: [ModelName, number][]): DemoDisk[] =>
  models.flatMap(([model, count]) => Array<ModelName>(count).fill(model)).map((model, at) => diskOf(machine, at, model))

const volume = (mountpoint: string, sizeBytes: number, share: number): Volume => ({
  mountpoint,
  sizeBytes,
  usedBytes: Math.floor(sizeBytes * share),
})
const upTo = (from: number, to: number): number[] => Array.from({ length: to - from }, (_, at) => from + at)
const fill = (of: string): number => 0.2 + chance(`${of} fill`) * 0.6

const numbered = (count: number, make: (number: string) => DemoMachine): DemoMachine[] =>
  Array.from({ length: count }, (_, at) => make(String(at + 1).padStart(2, '0')))

function laptop(name: string): DemoMachine {
  const hostname = `ws-${name}`
  return {
    hostname,
    os: 'ubuntu',
    kind: 'PHYSICAL',
    disks: disksOf(hostname, ['pro', 1]),
    storage: [
      { kind: 'plain', disks: [0], volumes: [volume('/', 80 * GB, 0.4), volume('/home', 900 * GB, fill(hostname))] },
    ],
    users: [name],
  }
}

function virtual(hostname: string, mountpoint: string): DemoMachine {
  const volumes = [volume('/', 20 * GB, 0.35), volume(mountpoint, 40 * GB, fill(hostname))]
  const storage: Storage[] = [{ kind: 'plain', disks: [0], volumes }]
  return { hostname, os: 'debian', kind: 'VM', disks: disksOf(hostname, ['virtual', 1]), storage, users: [] }
}

/** Two mirrored SSDs, and four disks of which each stands alone. */
function server(hostname: string): DemoMachine {
  return {
    hostname,
    os: 'debian',
    kind: 'PHYSICAL',
    disks: disksOf(hostname, ['intel', 2], ['toshiba8', 4]),
    storage: [
      { kind: 'mirror', disks: [0, 1], volumes: [volume('/', 440 * GB, 0.4)] },
      ...upTo(2, 6).map((at): Storage => ({
        kind: 'plain',
        disks: [at],
        volumes: [volume(`/srv/data${at - 1}`, 8 * TB, fill(`${hostname} ${at}`))],
      })),
    ],
    users: [],
  }
}

function hypervisor(hostname: string): DemoMachine {
  return {
    hostname,
    os: 'proxmox',
    kind: 'PHYSICAL',
    disks: disksOf(hostname, ['intel', 2], ['seagate16', 10]),
    storage: [
      { kind: 'mirror', disks: [0, 1], volumes: [volume('/', 440 * GB, 0.3)] },
      { kind: 'plain', disks: [2], volumes: [volume('/srv/vm', 15 * TB, 0.8)] },
      { kind: 'plain', disks: [3], volumes: [volume('/srv/iso', 15 * TB, 0.1)] },
      { kind: 'pool', name: 'tank', disks: upTo(4, 12), volumes: [volume('/tank/images', 90 * TB, fill(hostname))] },
    ],
    users: [],
  }
}

/** Two mirrored SSDs, and a pool of the rest. */
function store(hostname: string, bays: number, mountpoint: string, users: readonly string[] = []): DemoMachine {
  const model = bays < 10 ? 'red4' : 'seagate16'
  const size = MODELS[model].bytes * Math.max(1, bays - 4)
  return {
    hostname,
    os: 'debian',
    kind: 'PHYSICAL',
    disks: disksOf(hostname, ['evo', 2], [model, bays - 2]),
    storage: [
      { kind: 'mirror', disks: [0, 1], volumes: [volume('/', 900 * GB, 0.1)] },
      { kind: 'pool', name: 'tank', disks: upTo(2, bays), volumes: [volume(mountpoint, size, fill(hostname))] },
    ],
    users,
  }
}

export const VAULT_MACHINE = 'vault-01'

export const FLEET: readonly DemoMachine[] = [
  store(VAULT_MACHINE, 38, '/srv/backups'),
  store('vault-02', 26, '/srv/backups'),
  store('archive-01', 44, '/srv/archive'),
  store('nas-maison', 6, '/home', ['claire', 'hugo', 'ines', 'paul']),
  store('nas-nantes', 20, '/srv/partage'),
  store('nas-paris', 38, '/srv/partage'),
  ...numbered(4, (number) => hypervisor(`pve-lyon-${number}`)),
  ...numbered(10, (number) => server(`db-lyon-${number}`)),
  ...numbered(6, (number) => virtual(`web-${number}`, '/var/www')),
  ...numbered(6, (number) => virtual(`app-${number}`, '/var/lib/postgresql')),
  ...['claire', 'hugo', 'ines', 'jean-baptiste', 'lea', 'nour', 'paul', 'zoe'].map(laptop),
]

export const machineNamed = (hostname: string): DemoMachine =>
  FLEET.find((machine) => machine.hostname === hostname) as DemoMachine
