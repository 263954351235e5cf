import * as z from 'zod/mini'

// What a machine can be asked to do: all of it, for both sides. No shell, no upload, no terminal: a verb of this list, and
// parameters that name what the machine's owner has listed.

export enum Action {
  COLLECT = 'collect',
  APT_REFRESH = 'apt.refresh',
  APT_APPLY = 'apt.apply',
  APT_AUTOREMOVE = 'apt.autoremove',
  APT_REPAIR = 'apt.repair',
  SERVICE_RESTART = 'service.restart',
  HOOK_RUN = 'hook.run',
  REBOOT = 'reboot',
}

export enum ActionClass {
  /** Looks and changes nothing: always allowed. */
  READ = 'READ',
  /** Changes the machine by its own signed sources: its owner allows it. */
  UPDATE = 'UPDATE',
  /** May interrupt or lose something: its owner allows it, and an operator whose key the server does not have signs it. */
  DANGEROUS = 'DANGEROUS',
}

/** deb-src-control(5) and dpkg's names; with the architecture where it is a foreign one. */
const packageName = z.string().check(z.regex(/^[a-z0-9][a-z0-9+.-]{1,127}(?::[a-z0-9-]{1,32})?$/))
/** systemd.unit(5): letters, digits and :_.\@- before the kind. */
const unit = z.string().check(z.regex(/^[\w:.\\@-]{1,200}\.service$/))
/** A file of the machine's own folder of hooks. */
const hook = z.string().check(z.regex(/^[a-z0-9][a-z0-9_-]{0,63}$/))

const nothing = z.strictObject({})

const UPDATE_SCOPES = ['all', 'security'] as const

export interface ActionRule<Params> {
  class: ActionClass
  params: z.ZodMiniType<Params>
  /** What the digest of its effect is made of, or why it has none: one of the two (actions.test.ts). */
  effect: { pins: string } | { none: string }
  /** Whether a stop between two of its steps leaves the machine whole. */
  canStop: boolean
}

const rule = <Params>(of: ActionRule<Params>): ActionRule<Params> => of

export const ACTIONS = {
  [Action.COLLECT]: rule({
    class: ActionClass.READ,
    params: nothing,
    effect: { none: 'It looks at the machine and changes nothing of it.' },
    canStop: false,
  }),
  [Action.APT_REFRESH]: rule({
    class: ActionClass.UPDATE,
    params: nothing,
    effect: { none: 'It fetches lists of what there is from sources that apt verifies, and installs nothing.' },
    canStop: true,
  }),
  [Action.APT_APPLY]: rule({
    class: ActionClass.UPDATE,
    params: z.strictObject({
      scope: z.union([z.enum(UPDATE_SCOPES), z.array(packageName).check(z.minLength(1), z.maxLength(500))]),
    }),
    effect: { pins: 'each package that changes, with its versions' },
    canStop: true,
  }),
  [Action.APT_AUTOREMOVE]: rule({
    class: ActionClass.UPDATE,
    params: nothing,
    effect: { pins: 'each package that goes, with its version' },
    canStop: false,
  }),
  [Action.APT_REPAIR]: rule({
    class: ActionClass.UPDATE,
    params: nothing,
    effect: { pins: 'each package that is half installed, with its state' },
    canStop: false,
  }),
  [Action.SERVICE_RESTART]: rule({
    class: ActionClass.UPDATE,
    params: z.strictObject({ unit }),
    effect: { pins: 'the files of the unit' },
    canStop: false,
  }),
  [Action.HOOK_RUN]: rule({
    class: ActionClass.DANGEROUS,
    params: z.strictObject({ hook }),
    effect: { pins: 'the content of the script' },
    canStop: false,
  }),
  [Action.REBOOT]: rule({
    class: ActionClass.DANGEROUS,
    params: nothing,
    effect: { pins: 'the start of the kernel that it ends: who has restarted since is not restarted again' },
    canStop: false,
  }),
} as const

export const isAction = (verb: string): verb is Action => Object.prototype.hasOwnProperty.call(ACTIONS, verb)
export const classOf = (action: Action): ActionClass => ACTIONS[action].class

export type ActionParams = { scope?: 'all' | 'security' | string[]; unit?: string; hook?: string }

/** JSON text longer than this is none of ours. */
const LONGEST_PARAMS = 100_000

/** The parameters of an action as they were sent, JSON text; null = they are not what it takes. */
export function readParams(action: Action, text: string): ActionParams | null {
  if (text.length > LONGEST_PARAMS) return null
  try {
    const said: unknown = JSON.parse(text)
    // One way to say it: what a person reads and signs is what is read here, and not a key that stands there twice.
    if (JSON.stringify(said) !== text) return null
    const read = ACTIONS[action].params.safeParse(said)
    return read.success ? (read.data as ActionParams) : null
  } catch {
    return null
  }
}
