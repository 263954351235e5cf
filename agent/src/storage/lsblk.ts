import { Unavailable } from '../inventory/section.ts'
import { CommandUnavailable, type Run } from '../platform/command.ts'

// A fixed list, so that every version prints the same shape; older ones do not know the later columns.
const COLUMNS =
  'NAME,KNAME,PATH,MAJ:MIN,TYPE,SIZE,FSTYPE,MOUNTPOINT,MOUNTPOINTS,UUID,PARTUUID,PARTTYPE,LABEL,MODEL,VENDOR,SERIAL,WWN,TRAN,REV,ROTA,RO,RM,PKNAME,HCTL,FSSIZE,FSUSED,FSAVAIL'
const SIZES = ',FSSIZE,FSUSED,FSAVAIL'
const WITHOUT_MOUNTPOINTS = COLUMNS.replace(',MOUNTPOINTS', '')
// util-linux 2.27 (Ubuntu 16.04) has neither paths nor file system sizes.
const OLDEST =
  'NAME,KNAME,MAJ:MIN,TYPE,SIZE,FSTYPE,MOUNTPOINT,UUID,PARTUUID,LABEL,MODEL,VENDOR,SERIAL,WWN,TRAN,REV,ROTA,RO,RM,PKNAME,HCTL'

/** What lsblk prints, as it prints it. */
export async function collectLsblk(run: Run): Promise<string> {
  let sizes = true
  for (const columns of [COLUMNS, WITHOUT_MOUNTPOINTS, OLDEST]) {
    const ask = (): ReturnType<Run> =>
      run('lsblk', ['--json', '--bytes', '--output', sizes ? columns : columns.replace(SIZES, '')])
    const { stdout, stderr, status } = await ask().catch((error: unknown) => {
      if (!(error instanceof CommandUnavailable) || error.code !== 'TIMEOUT' || !sizes) throw error
      // For its sizes it asks each file system, and one that answers no more costs all; df asks them one by one.
      sizes = false
      return ask()
    })
    if (isJson(stdout)) return stdout
    if (!/unknown column/.test(stderr)) {
      const printed = stdout.trim() ? 'what it printed is no JSON' : 'it printed nothing'
      throw new Unavailable('FAILED', `lsblk ended with ${status}: ${stderr.slice(0, 200) || printed}`)
    }
  }
  throw new Unavailable('FAILED', 'lsblk knows none of the columns that Vigie needs; update util-linux')
}

const isJson = (text: string): boolean => {
  try {
    JSON.parse(text)
    return true
  } catch {
    return false
  }
}

export interface BlockDevice {
  kname: string
  type: string
  rotational: boolean
  /** Null = not told. */
  sizeBytes: number | null
  fstype: string | null
  /** False also where it is not told. */
  removable: boolean
}

interface Node {
  name?: unknown
  kname?: unknown
  type?: unknown
  rota?: unknown
  rm?: unknown
  size?: unknown
  fstype?: unknown
  children?: unknown
}

/** All block devices, in a flat list, each once. */
export function parseLsblk(text: string): BlockDevice[] {
  const found = new Map<string, BlockDevice>()
  const visit = (node: Node): void => {
    const kname = String(node.kname ?? node.name ?? '').replace(/^\/dev\//, '')
    if (kname) {
      found.set(kname, {
        kname,
        type: String(node.type ?? ''),
        rotational: node.rota === true || node.rota === '1',
        sizeBytes: node.size == null ? null : Number(node.size),
        fstype: typeof node.fstype === 'string' ? node.fstype : null,
        removable: node.rm === true || node.rm === '1',
      })
    }
    for (const child of Array.isArray(node.children) ? (node.children as Node[]) : []) if (child) visit(child)
  }
  const roots = (JSON.parse(text) as { blockdevices?: unknown }).blockdevices
  for (const root of Array.isArray(roots) ? (roots as Node[]) : []) if (root) visit(root)
  return [...found.values()]
}
