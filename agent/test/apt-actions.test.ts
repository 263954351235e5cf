import { randomUUID } from 'node:crypto'
import { copyFileSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { machineMark } from '../src/actions/order.ts'
import type { ActionPlan } from '../src/actions/plan.ts'
import type { ExecutionResult } from '../src/actions/result.ts'
import { type AptMachine, canMakeAptMachines, isMade, makeAptMachine } from './apt-machine.ts'
import { SYSTEMS } from './apt-scenario.ts'
import { orderingServer, type Told, until, work } from './ordering-server.ts'

// Real packages, really installed, on machines that were made for it: what was planned, what was approved, what came.
const AGENT = resolve(import.meta.dirname, '../dist/agent.mjs')
const NODE_18 = resolve(import.meta.dirname, '../../.cache/node18/package/bin/node')
const MINUTES = 60_000

const canTry = canMakeAptMachines && existsSync(NODE_18)
const made = SYSTEMS.filter(isMade)

describe.skipIf(!canTry).each(made.length > 0 ? made : SYSTEMS.slice(1, 2))(
  'what %s is asked to do by apt',
  (system) => {
    let machine: AptMachine
    let server: Awaited<ReturnType<typeof orderingServer>>
    let mark: string
    const of = (operation: string, id: string): Told | undefined =>
      server.told.find((each) => each.operation === operation && each.variables['id'] === id)

    beforeAll(async () => {
      machine = await makeAptMachine(system)
      copyFileSync(NODE_18, join(machine.root, 'opt/node'))
      copyFileSync(AGENT, join(machine.root, 'opt/agent.mjs'))
      for (const path of ['etc/vigie', 'etc/vigie/policy.d']) mkdirSync(join(machine.root, path), { mode: 0o755 })
      writeFileSync(
        join(machine.root, 'etc/vigie/policy.d/10.yaml'),
        'allow: [apt.refresh, apt.apply, apt.autoremove, apt.repair]\n',
      )
      server = await orderingServer()
      void machine.exec('/opt/node', ['/opt/agent.mjs', 'run'], {
        timeoutMs: 20 * MINUTES,
        env: {
          VIGIE_SERVER: server.url,
          VIGIE_TOKEN: `vigie_${'a'.repeat(43)}`,
          VIGIE_STATE_DIR: '/var/lib/vigie-agent',
          VIGIE_LEAVE_OUT: 'lvm, zpool, mdraid, btrfs, luks, df, ceph, homes, apt, reboot, hardware, metrics',
        },
      })
      const key = join(machine.root, 'var/lib/vigie-agent/machine-key')
      await until(
        () => existsSync(key) && server.told.some(({ operation }) => operation === 'AgentWork'),
        'the agent',
        MINUTES,
      )
      mark = machineMark(readFileSync(key, 'utf8').trim())
    }, 10 * MINUTES)
    afterAll(async () => {
      // Whatever runs in it is ended with it.
      await machine?.exec('pkill', ['-KILL', 'node']).catch(() => undefined)
      server?.close()
      await machine?.remove()
    })

    const order = (action: string, params: object, more: object = {}) => ({
      id: randomUUID(),
      machine: mark,
      action,
      params: JSON.stringify(params),
      effect: null as string | null,
      notBefore: null,
      expiresAt: new Date(Date.now() + 3_600_000).toISOString(),
      nonce: 'n',
      signature: null,
      isPlanWanted: false,
      ...more,
    })
    /** The machine's plan, or why it makes none. */
    async function plan(action: string, params: object): Promise<ActionPlan | string> {
      const asked = order(action, params, { isPlanWanted: true })
      server.say(work([asked]))
      const answer = await until(
        () => of('ProposeExecution', asked.id) ?? of('RejectExecution', asked.id),
        `a plan of ${action}`,
        MINUTES,
      )
      server.say(work([]))
      return answer.operation === 'RejectExecution'
        ? `${answer.variables['code']}: ${answer.variables['detail'] ?? ''}`
        : (JSON.parse(answer.variables['plan']) as ActionPlan)
    }
    async function carryOut(
      action: string,
      params: object,
      effect: string | null,
    ): Promise<ExecutionResult & { log: string }> {
      const asked = order(action, params, { effect })
      server.say(work([asked]))
      const end = await until(() => of('FinishExecution', asked.id), `the end of ${action}`, 2 * MINUTES)
      server.say(work([]))
      const pieces = server.told.filter(
        ({ operation, variables }) => operation === 'AppendExecutionLog' && variables['id'] === asked.id,
      )
      return {
        ...(JSON.parse(end.variables['result']) as ExecutionResult),
        log: pieces.map(({ variables }) => String(variables['text'])).join(''),
      }
    }
    const planOf = async (action: string, params: object): Promise<ActionPlan> => {
      const made = await plan(action, params)
      if (typeof made === 'string') throw new Error(made)
      return made
    }
    const installed = async (): Promise<Record<string, string>> => {
      const { stdout } = await machine.exec('dpkg-query', ['-W', '-f', '${Package} ${Version} ${db:Status-Status}\\n'])
      const own = stdout
        .split('\n')
        .filter((line) => /thing|update|pockets|security|needs-new|brand-new|tool/.test(line))
      return Object.fromEntries(
        own
          .filter((line) => line.endsWith(' installed'))
          .map((line) => line.split(' ').slice(0, 2) as [string, string]),
      )
    }

    test('is planned as it would come, done as planned, and nothing else', { timeout: 10 * MINUTES }, async () => {
      const before = await installed()
      const security = await planOf('apt.apply', { scope: 'security' })
      expect(security.changes.map(({ subject }) => subject).sort()).toEqual([
        'both-pockets',
        'hidden-security',
        'secure-thing',
      ])
      expect(security.changes.map((each) => each.security)).toEqual([true, true, true])
      expect(await installed()).toEqual(before)

      const done = await carryOut('apt.apply', { scope: 'security' }, security.effect)
      expect(done).toMatchObject({ outcome: 'SUCCEEDED', code: null, exitCode: 0, leftBroken: [] })
      expect(done.log).toContain('secure-thing')
      const secured = await installed()
      expect(secured).toEqual({ ...before, 'both-pockets': '1.1', 'hidden-security': '1.2', 'secure-thing': '1.1' })
      expect(await plan('apt.apply', { scope: 'security' })).toMatch(/^NOTHING_TO_DO/)

      // One by name; and none that the machine does not know to wait, or that its owner holds.
      expect(await plan('apt.apply', { scope: ['no-such-thing'] })).toBe('NOT_LISTED: no-such-thing')
      expect(await plan('apt.apply', { scope: ['held-thing'] })).toBe('NOT_LISTED: held-thing')
      const one = await planOf('apt.apply', { scope: ['plain-update'] })
      expect(one.changes).toEqual([
        { step: 'UPGRADE', subject: 'plain-update', from: '1.0', to: '1.1', security: false },
      ])

      // What comes between the plan and the approval makes it another plan: nothing is done.
      await machine.publish('updates', { name: 'plain-update', version: '1.2' })
      expect(await carryOut('apt.apply', { scope: ['plain-update'] }, one.effect)).toMatchObject({
        outcome: 'FAILED',
        code: 'CONTENT_CHANGED',
      })
      expect(await installed()).toEqual(secured)

      const all = await planOf('apt.apply', { scope: 'all' })
      const steps = Object.fromEntries(all.changes.map(({ subject, step, to }) => [subject, `${step} ${to}`]))
      expect(steps).toEqual({
        'plain-update': 'UPGRADE 1.2',
        'needs-new': 'UPGRADE 2.0',
        'brand-new': 'INSTALL 1.0',
        'replacing-thing': 'UPGRADE 2.0',
        'removable-thing': 'REMOVE null',
        'outside-thing': 'UPGRADE 1.1',
        'vigie-security-tool': 'UPGRADE 1.1',
      })
      expect(await carryOut('apt.apply', { scope: 'all' }, all.effect)).toMatchObject({ outcome: 'SUCCEEDED' })
      const after = await installed()
      expect(after).toMatchObject({ 'plain-update': '1.2', 'brand-new': '1.0', 'held-thing': '1.0' })
      expect(after['removable-thing']).toBeUndefined()
      expect(await plan('apt.apply', { scope: 'all' })).toMatch(/^NOTHING_TO_DO/)
      expect(await carryOut('apt.refresh', {}, null)).toMatchObject({ outcome: 'SUCCEEDED' })
    })

    test(
      'says what it left half installed, and does nothing before that is put right',
      { timeout: 5 * MINUTES },
      async () => {
        expect(await plan('apt.repair', {})).toMatch(/^NOTHING_TO_DO/)
        const broken = await machine.breakDpkg()
        await machine.publish('updates', { name: 'plain-update', version: '1.3' })
        expect(await plan('apt.apply', { scope: 'all' })).toBe(
          `CANNOT_PLAN: half installed: ${broken}: apt.repair first`,
        )
        const repair = await planOf('apt.repair', {})
        expect(repair.changes.map(({ subject }) => subject)).toEqual([`${broken} half-configured`])
        const failed = await carryOut('apt.repair', {}, repair.effect)
        expect(failed).toMatchObject({ outcome: 'FAILED', leftBroken: [`${broken} half-configured`] })
        writeFileSync(join(machine.root, `var/lib/dpkg/info/${broken}.postinst`), '#!/bin/sh\nexit 0\n')
        expect(await carryOut('apt.repair', {}, repair.effect)).toMatchObject({ outcome: 'SUCCEEDED', leftBroken: [] })
        const again = await planOf('apt.apply', { scope: 'all' })
        expect(again.changes.map(({ subject }) => subject)).toEqual(['plain-update'])
      },
    )
  },
)
