import { beforeEach, describe, expect, onTestFinished, test, vi } from 'vitest'
import { actingMachine, type ActingMachine } from './acting-machine.ts'
import { startApi, type TestApi, until } from './start-api.ts'

const FIELDS = `id status effect textToSign needsReason operator exitCode code detail logSize logIsWhole startedAt endedAt
  verification contradictions leftBroken refusal { code detail } plannedChanges { step subject from to security }`

// An agent asks for work each minute where nothing tells it to.
vi.setConfig({ testTimeout: 120_000, hookTimeout: 120_000 })

let api: TestApi
let machine: ActingMachine

async function ask(query: string, variables: Record<string, unknown>) {
  const { data, errors } = await api.ask(query, variables)
  if (errors) throw new Error(errors.map(({ message }) => message).join('; '))
  return Object.values(data as object)[0] as any
}

const plan = (action: string, params: object | null = null) =>
  ask(
    `mutation ($machine: ID!, $action: Action!, $params: ActionParamsInput) { planExecution(machine: $machine, action: $action, params: $params) { ${FIELDS} } }`,
    { machine: machine.id, action, params },
  )
const read = (id: string) => ask(`query ($id: ID!) { execution(id: $id) { ${FIELDS} } }`, { id })
const approve = (id: string, effect: string | null, signature: string | null = null) =>
  ask(
    `mutation ($id: ID!, $effect: String, $signature: String) { approveExecution(id: $id, effect: $effect, signature: $signature) { ${FIELDS} } }`,
    { id, effect, signature },
  )
const reaches = (id: string, ...statuses: string[]) =>
  until(
    async () => {
      const execution = await read(id)
      return statuses.includes(execution.status) ? execution : null
    },
    `${statuses.join(' or ')}; it said ${machine.said()}`,
    60_000,
  )

describe.skipIf(process.getuid?.() !== 0)('What a machine is asked', () => {
  beforeEach(async () => {
    api = await startApi()
    api.clock.now = new Date()
    onTestFinished(() => api.stop())
    machine = await actingMachine(api)
    machine.policy(`allow: [hook.run]\nhooks: [greet]\noperators:\n  - name: ada\n    key: ${machine.operatorKey}\n`)
    machine.hook('greet', 'echo "hello password=hunter2"; echo done >> "$EFFECTS"')
    await until(
      async () =>
        (await api.ask(`{ machine(id: "${machine.id}") { policy { rules { allow } } } }`)).data.machine.policy?.rules
          .allow.length,
      `its policy; it said ${machine.said()}`,
      60_000,
    )
  })

  test('is planned by it, approved and signed by people, done once, and told with its whole log', async () => {
    const { id } = await plan('HOOK_RUN', { hook: 'greet' })
    const planned = await reaches(id, 'AWAITING_APPROVAL', 'REJECTED')
    expect(planned).toMatchObject({
      status: 'AWAITING_APPROVAL',
      plannedChanges: [{ step: 'RUN', subject: 'greet' }],
    })
    await approve(id, planned.effect, machine.sign(planned.textToSign))
    const ended = await reaches(id, 'SUCCEEDED', 'FAILED', 'REJECTED', 'INTERRUPTED')
    expect(ended).toMatchObject({ status: 'SUCCEEDED', operator: 'ada', exitCode: 0, logIsWhole: true })
    expect(machine.effects()).toEqual(['done'])
    const { text } = await ask(`query ($id: ID!) { executionLog(id: $id) { text nextOffset size } }`, { id })
    expect(text).toContain('hello password=[redacted]')
    expect(text).not.toContain('hunter2')
  })
})
