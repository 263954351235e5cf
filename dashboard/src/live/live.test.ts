import { ApolloClient, ApolloLink, gql, InMemoryCache, Observable, type TypedDocumentNode } from '@apollo/client/core'
import { DefaultApolloClient } from '@vue/apollo-composable'
import { createApp, defineComponent, h } from 'vue'
import { beforeEach, describe, expect, test, vi } from 'vitest'

interface Row {
  id: string
  health: string
}
interface Rows {
  disks: { __typename: string; nodes: (Row & { __typename: string })[] }
}
const QUERY = gql`
  query Disks {
    disks {
      nodes {
        id
        health
      }
    }
  }
` as TypedDocumentNode<Rows, Record<string, never>>
const CHANGES = gql`
  subscription Changed {
    disksChanged {
      changed {
        id
        health
      }
      removedIds
    }
  }
` as TypedDocumentNode<{ disksChanged: { changed: Row[]; removedIds: string[] } }, Record<string, never>>

/** Questions that wait for their answers, and what listens. */
let questions: ((rows: Row[]) => void)[] = []
let listeners: { next: (data: unknown) => void; error: (error: Error) => void }[] = []
const typed = (rows: Row[]) => rows.map((row) => ({ __typename: 'Disk', ...row }))

vi.mock('../apollo.ts', async () => {
  const { ref } = await import('vue')
  const link = new ApolloLink(
    ({ operationName }) =>
      new Observable((observer) => {
        if (operationName === 'Changed')
          listeners.push({
            next: (data) => observer.next({ data: data as Record<string, unknown> }),
            error: (error) => observer.error(error),
          })
        else
          questions.push((rows) => {
            observer.next({ data: { disks: { __typename: 'DiskConnection', nodes: typed(rows) } } })
            observer.complete()
          })
      }),
  )
  return {
    apollo: new ApolloClient({ link, cache: new InMemoryCache(), queryDeduplication: false }),
    liveRefused: ref(null),
    notLiveSince: ref(null),
  }
})
const { apollo, liveRefused } = await import('../apollo.ts')
const { useChanges } = await import('./useChanges.ts')
const { useLiveQuery } = await import('./useLiveQuery.ts')

const tell = (changed: Row[], removedIds: string[] = []): void =>
  listeners.at(-1)?.next({
    disksChanged: { __typename: 'DisksChanged', changed: typed(changed), removedIds },
  })
const settle = (ms = 1): Promise<unknown> => vi.advanceTimersByTimeAsync(ms)

function open() {
  let query: ReturnType<typeof useLiveQuery<Rows, Record<string, never>>> | undefined
  const app = createApp(
    defineComponent(() => {
      const changes = useChanges(CHANGES, () => ({}))
      query = useLiveQuery(QUERY, () => ({}), [
        changes.of(
          ({ disks }) => disks.nodes,
          ({ health }) => health,
        ),
      ])
      return () => h('p')
    }),
  )
  app.provide(DefaultApolloClient, apollo)
  app.mount(document.createElement('div'))
  return { app, shown: () => query?.result?.disks.nodes.map(({ id, health }) => `${id} ${health}`) }
}
const A = { id: 'a', health: 'OK' }
const B = { id: 'b', health: 'OK' }

describe('A live list', () => {
  beforeEach(async () => {
    vi.useFakeTimers()
    await apollo.clearStore()
    ;[questions, listeners] = [[], []]
  })

  test('is asked once, after it is sure that nothing is missed from then on', async () => {
    const { app, shown } = open()
    await settle()
    expect([questions.length, listeners.length]).toEqual([0, 1])
    tell([])
    await settle()
    expect(questions).toHaveLength(1)
    questions[0]?.([A, B])
    await settle(2000)
    expect(shown()).toEqual(['a OK', 'b OK'])
    expect(questions).toHaveLength(1)
    app.unmount()
  })

  test('does not wait for ever: without a word it is asked after a moment', async () => {
    const { app } = open()
    await settle(299)
    expect(questions).toHaveLength(0)
    await settle(2)
    expect(questions).toHaveLength(1)
    app.unmount()
  })

  test.each<[string, () => void, number]>([
    ['changes and stays where it is', () => tell([{ ...A, health: 'OK' }]), 1],
    ['changes and belongs elsewhere', () => tell([{ ...A, health: 'FAILED' }]), 2],
    ['is new', () => tell([{ id: 'c', health: 'OK' }]), 2],
    ['leaves', () => tell([], ['a']), 2],
    ['leaves and was not in it', () => tell([], ['z']), 1],
  ])('where a row %s asks anew only if the server alone can say', async (_, happens, asked) => {
    const { app } = open()
    tell([])
    await settle()
    questions[0]?.([A, B])
    await settle()
    happens()
    await settle(2000)
    expect(questions).toHaveLength(asked)
    app.unmount()
  })

  test('shows a change at once, without asking', async () => {
    const { app, shown } = open()
    tell([])
    await settle()
    questions[0]?.([A, B])
    await settle()
    tell([{ ...B, health: 'FAILED' }])
    await settle()
    expect(shown()).toEqual(['a OK', 'b FAILED'])
    app.unmount()
  })

  test('asks once more where something changed while an older answer was on its way', async () => {
    const { app, shown } = open()
    tell([])
    await settle()
    tell([{ ...A, health: 'OK' }])
    await settle(1000)
    questions[0]?.([{ ...A, health: 'OLD' }])
    await settle(1000)
    expect(questions).toHaveLength(2)
    questions[1]?.([{ ...A, health: 'FAILED' }])
    await settle()
    expect(shown()).toEqual(['a FAILED'])
    app.unmount()
  })

  test('asks many changes in one question, and anew after a lost connection', async () => {
    const { app } = open()
    tell([])
    await settle()
    questions[0]?.([A])
    await settle()
    for (let index = 0; index < 50; index += 1) tell([{ id: `n${index}`, health: 'OK' }])
    await settle(401)
    expect(questions).toHaveLength(2)
    questions[1]?.([A])
    await settle(1000)
    const before = questions.length
    tell([])
    await settle(401)
    expect(questions).toHaveLength(before + 1)
    app.unmount()
  })

  test('listens again after it was refused, and says meanwhile that it is not live', async () => {
    const { app } = open()
    tell([])
    listeners[0]?.error(new Error('too expensive'))
    await settle()
    expect(liveRefused.value?.message).toBe('too expensive')
    await settle(10_000)
    expect(listeners).toHaveLength(2)
    tell([])
    expect(liveRefused.value).toBeNull()
    app.unmount()
  })
})
