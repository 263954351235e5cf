// What every trial looks at, from outside, as a user's browser would.
import { request as httpRequest } from 'node:http'

export async function until(condition, what, seconds) {
  const end = performance.now() + seconds * 1000
  while (performance.now() < end) {
    const value = await condition()
    if (value) return value
    await new Promise((done) => setTimeout(done, 100))
  }
  throw new Error(`Waited ${seconds} s for ${what}`)
}

/** As fetch, on a connection of its own: `fetch` keeps them, and the server of the last question may be another one by now. */
export function request(url, { method = 'GET', headers = {}, body } = {}) {
  return new Promise((done, failed) => {
    const asked = httpRequest(url, { method, headers, agent: false, timeout: 10_000 }, (answer) => {
      const parts = []
      answer.on('data', (part) => parts.push(part))
      answer.once('error', failed)
      answer.once('end', () => {
        const received = new Headers()
        for (let at = 0; at < answer.rawHeaders.length; at += 2)
          received.append(answer.rawHeaders[at], answer.rawHeaders[at + 1])
        done(new Response(Buffer.concat(parts), { status: answer.statusCode, headers: received }))
      })
    })
    asked.once('timeout', () => asked.destroy(new Error(`${url} did not answer within 10 s`)))
    asked.once('error', failed)
    asked.end(body)
  })
}

export const isReady = async (url) => (await request(`${url}/readyz`).catch(() => null))?.ok ?? false

/** The line of stdout that matches; throws with what was said where the process ends before. */
export async function waitForLine({ output, ended }, pattern, seconds) {
  let ending = null
  void ended.then((how) => (ending = how))
  const line = () => output.stdout.split('\n').find((text) => pattern.test(text))
  const said = () => `${output.stdout}${output.stderr}`.slice(-2000)
  await until(() => line() || ending, `a line like ${pattern}, after ${said()}`, seconds)
  if (!line()) throw new Error(`It ended with ${ending.status ?? ending.signal}: ${said()}`)
  return line().trim()
}

/** Signs in with the link, sees the page, and waits for this machine's own report where an agent runs. */
export async function signedIn(link, url, { machines = 1, patience = 1 } = {}) {
  const ask = async (path, options) => {
    const answer = await request(`${url}${path}`, options)
    if (!answer.ok) throw new Error(`${path} answers ${answer.status}: ${await answer.text()}`)
    return answer
  }
  await until(() => isReady(url), '/readyz', 30)
  await ask('/healthz')
  const page = await (await ask('/')).text()
  const script = /src="(\/assets\/[^"]+\.js)"/.exec(page)?.[1]
  if (!script) throw new Error('The page names no script')
  await ask(script)
  await ask('/agent.mjs')
  const json = { 'content-type': 'application/json' }
  const body = JSON.stringify({ link: link.split('#')[1] })
  const cookie = (await ask('/api/sign-in', { method: 'POST', headers: json, body })).headers.get('set-cookie')
  const query = '{"query":"{ summary { totalMachines } }"}'
  const headers = { ...json, cookie: cookie.split(';')[0] }
  await until(
    async () =>
      (await (await ask('/graphql', { method: 'POST', headers, body: query })).json()).data.summary.totalMachines >=
      machines,
    `${machines} machine(s) to have reported`,
    30 * patience,
  )
}
