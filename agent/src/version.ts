declare const __AGENT_VERSION__: string | undefined

/** Written in by the build; the sources run without one in tests. */
export const VERSION = typeof __AGENT_VERSION__ === 'string' ? __AGENT_VERSION__ : '0.0.0-development'
