import { request } from 'node:http'
import { startTestServer } from '@florin/postgres/testing'
import { afterEach, describe, expect, test } from 'vitest'
import { controls } from './probe.ts'
import { openSite, problem, refusedWith, type Site, type SiteOptions, send } from './site.ts'

let open: Site | undefined
const quiet = { ...controls }
afterEach(async () => {
  Object.assign(controls, quiet)
  await open?.close()
  open = undefined
})

async function site(options: SiteOptions = {}): Promise<Site> {
  open = await openSite(options)
  return open
}

/** A promise to settle from outside. */
function gate(): { entered: Promise<void>; open: () => void; pass: () => Promise<void> } {
  const entered = Promise.withResolvers<void>()
  const opened = Promise.withResolvers<void>()
  return {
    entered: entered.promise,
    open: () => opened.resolve(),
    pass: () => {
      entered.resolve()
      return opened.promise
    },
  }
}

describe('stopping', () => {
  test('lets calls under way end, turns new ones away, and then nothing listens', async () => {
    const { http, ...rest } = await site()
    const here = { http, ...rest }
    const hold = gate()
    controls.beforeAnswer = hold.pass
    const running = send(here, '/v1/wait', { method: 'POST' })
    await hold.entered
    const stopped = http.stop(5_000)
    // Both connections of the pool were open before: one waits, the other is kept alive.
    const ready = await http.inject({ method: 'GET', path: '/health/ready' })
    expect([ready.status, JSON.parse(ready.body)]).toMatchObject([503, { status: 'stopping' }])
    const late = await http.inject({ method: 'GET', path: '/v1/keys' })
    expect([
      late.status,
      JSON.parse(late.body),
      late.headers['retry-after'],
      late.headers.connection,
    ]).toMatchObject([503, { code: 'shutting_down' }, '1', 'close'])
    expect((await http.inject({ method: 'GET', path: '/health/live' })).status).toBe(200)
    hold.open()
    expect((await running).status).toBe(200)
    expect(await stopped).toBe(true)
    await expect(send(here, '/v1/keys')).rejects.toThrow()
  })

  test('cuts what does not end in time', async () => {
    const here = await site()
    const hold = gate()
    controls.beforeAnswer = hold.pass
    const running = send(here, '/v1/wait', { method: 'POST' }).catch((error: unknown) => error)
    await hold.entered
    expect(await here.http.stop(50)).toBe(false)
    expect(await running).toBeInstanceOf(Error)
    hold.open()
  })
})

describe('health', () => {
  test('ready is what all parts are', async () => {
    const part = { ready: true }
    const here = await site({ readiness: { migrations: async () => part.ready } })
    const look = async () => {
      const answer = await send(here, '/health/ready', { anonymous: true })
      return [answer.status, await answer.json()]
    }
    expect(await look()).toEqual([
      200,
      { status: 'ready', parts: { database: 'ready', migrations: 'ready' } },
    ])
    part.ready = false
    await expect
      .poll(look)
      .toEqual([503, { status: 'not ready', parts: { database: 'ready', migrations: 'not ready' } }])
  })

  test('a database that is away is told as such', async () => {
    const server = await startTestServer()
    const here = await openSite({ createDatabase: (options) => server.createDatabase(options) })
    const status = async () => (await send(here, '/health/ready', { anonymous: true })).status
    expect(await status()).toBe(200)
    await server.stop()
    await expect.poll(status).toBe(503)
    expect(await refusedWith(send(here, '/v1/keys'))).toBe('503 database_unavailable')
    expect((await send(here, '/health/live', { anonymous: true })).status).toBe(200)
    await here.http.stop(0)
  })
})

describe('streams', () => {
  const plain = { headers: { accept: 'text/plain' } }

  test('are chosen by Accept, JSON where both are wanted alike', async () => {
    const here = await site()
    const mediaType = async (accept: string) =>
      (await send(here, '/v1/lines', { headers: { accept } })).headers.get('content-type')
    expect(await mediaType('text/plain')).toBe('text/plain; charset=utf-8')
    expect(await mediaType('*/*')).toBe('application/json; charset=utf-8')
    expect(await mediaType('text/*;q=0.9, application/json;q=0.5')).toBe('text/plain; charset=utf-8')
    expect(await mediaType('text/plain;q=0.5, text/csv, */*;q=0.1')).toBe('text/csv; charset=utf-8')
    expect(await mediaType('text/csv;q=0.5, application/json;q=0.5')).toBe('application/json; charset=utf-8')
    expect(await refusedWith(send(here, '/v1/lines', { headers: { accept: 'image/png' } }))).toBe(
      '406 not_acceptable',
    )
    const answer = await send(here, '/v1/lines', plain)
    expect([answer.headers.get('vary'), await answer.text()]).toEqual(['Accept', 'one\ntwo\n'])
    const bytes = await send(here, '/v1/lines', { headers: { accept: 'text/csv' } })
    expect(await bytes.text()).toBe('line\r\nzwölf\r\n')
  })

  test('that fail before their first piece are problems', async () => {
    const here = await site()
    controls.pieces = async function* () {
      await Promise.reject(new Error('broken'))
      yield ''
    }
    expect(await problem(send(here, '/v1/lines', plain))).toMatchObject({ status: 500, code: 'internal' })
  })

  test('that fail half-way are cut, so that nobody takes half for all', async () => {
    const here = await site()
    controls.pieces = async function* () {
      yield 'one\n'
      throw Object.assign(new Error('gone'), { code: 'ECONNRESET' })
    }
    const answer = await send(here, '/v1/lines', plain)
    expect(answer.status).toBe(200)
    await expect(answer.text()).rejects.toThrow()
  })

  test('go no faster than they are read, and end when the reader goes away', async () => {
    const here = await site()
    let produced = 0
    const ended = Promise.withResolvers<void>()
    controls.pieces = async function* () {
      try {
        for (;;) {
          produced++
          yield 'x'.repeat(65_536)
        }
      } finally {
        ended.resolve()
      }
    }
    const headers = { authorization: `Bearer ${here.secret}`, accept: 'text/plain' }
    const begun = Promise.withResolvers<void>()
    const reader = request(`${here.url}/v1/lines`, { headers }, (answer) => {
      answer.pause()
      begun.resolve()
    })
    reader.on('error', () => undefined)
    reader.end()
    await begun.promise
    let seen = -1
    await expect
      .poll(
        () => {
          const before = seen
          seen = produced
          return produced > 0 && before === produced
        },
        { interval: 100 },
      )
      .toBe(true)
    expect(produced).toBeLessThan(1_000)
    reader.destroy()
    await ended.promise
  })

  test('to a reader that takes nothing are given up', async () => {
    const here = await site({ limits: { streamStallMs: 100 } })
    const ended = Promise.withResolvers<void>()
    controls.pieces = async function* () {
      try {
        for (;;) yield 'x'.repeat(65_536)
      } finally {
        ended.resolve()
      }
    }
    const headers = { authorization: `Bearer ${here.secret}`, accept: 'text/plain' }
    const reader = request(`${here.url}/v1/lines`, { headers }, (answer) => void answer.pause())
    reader.on('error', () => undefined)
    reader.end()
    await ended.promise
    reader.destroy()
  })
})

test('slow answers and overload are told to the operator, refusals only when debugging', async () => {
  const here = await site({ limits: { slowMs: -1 } })
  await refusedWith(send(here, '/v1/echo/refused'))
  const levels = here
    .logged()
    .trim()
    .split('\n')
    .map((line) => [JSON.parse(line).level, JSON.parse(line).msg])
  expect(levels).toContainEqual([20, 'refused'])
  expect(levels).toContainEqual([40, 'a slow answer'])
})
