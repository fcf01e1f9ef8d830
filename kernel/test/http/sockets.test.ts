import { connect } from 'node:net'
import { newSecret, systemRandom } from '@florin/kernel'
import { afterEach, describe, expect, test } from 'vitest'
import { controls } from './probe.ts'
import { keyNamed, openSite, problem, refusedWith, type Site, type SiteOptions, send } from './site.ts'

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

interface Talk {
  readonly socket: WebSocket
  readonly opened: Promise<void>
  readonly closed: Promise<{ code: number; reason: string }>
  /** The next message that was not taken yet. */
  next(): Promise<unknown>
}

function talk(here: Site, secret = here.secret): Talk {
  const socket = new WebSocket(`${here.url.replace('http', 'ws')}/v1/talk`, {
    headers: { authorization: `Bearer ${secret}` },
  })
  const received: unknown[] = []
  const waiting: ((value: unknown) => void)[] = []
  socket.addEventListener('message', ({ data }) => {
    const value: unknown = JSON.parse(String(data))
    const taker = waiting.shift()
    if (taker === undefined) received.push(value)
    else taker(value)
  })
  const opened = Promise.withResolvers<void>()
  const closed = Promise.withResolvers<{ code: number; reason: string }>()
  socket.addEventListener('open', () => opened.resolve())
  socket.addEventListener('error', () => opened.reject(new Error('not opened')))
  socket.addEventListener('close', ({ code, reason }) => closed.resolve({ code, reason }))
  opened.promise.catch(() => undefined)
  return {
    socket,
    opened: opened.promise,
    closed: closed.promise,
    next: () =>
      received.length > 0 ? Promise.resolve(received.shift()) : new Promise((take) => waiting.push(take)),
  }
}

async function opened(here: Site, secret?: string): Promise<Talk> {
  const one = talk(here, secret)
  await one.opened
  return one
}

/** What a client asks for that wants to upgrade, as ordinary requests can ask, too. */
async function rawUpgrade(here: Site, path: string, headers: readonly string[]): Promise<string> {
  return new Promise((resolve, reject) => {
    let received = ''
    const socket = connect(Number(new URL(here.url).port), '127.0.0.1')
    socket.on('data', (data) => {
      received += data.toString('latin1')
      if (isWhole(received) || /^HTTP\/1.1 101 [\s\S]*\r\n\r\n/.test(received)) socket.destroy()
    })
    socket.on('error', reject)
    socket.on('close', () => resolve(received))
    const lines = [`GET ${path} HTTP/1.1`, 'Host: here', ...headers, 'Connection: Upgrade', '', '']
    socket.write(lines.join('\r\n'))
  })
}

function isWhole(answer: string): boolean {
  const [head = '', body] = answer.split('\r\n\r\n', 2)
  return body !== undefined && body.length >= Number(/content-length: (\d+)/i.exec(head)?.[1] ?? 0)
}

const websocket = [
  'Upgrade: websocket',
  'Sec-WebSocket-Version: 13',
  'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==',
]

describe('before the upgrade', () => {
  test('strangers, callers without the permission and ordinary requests get a problem', async () => {
    const here = await site()
    expect(await rawUpgrade(here, '/v1/talk', websocket)).toMatch(
      /^HTTP\/1.1 401 [\s\S]*problem\+json[\s\S]*"code":"unauthenticated"/,
    )
    const secret = newSecret(systemRandom)
    const { insertKey } = await import('@florin/kernel')
    await insertKey(
      here.world.adminDatabase,
      keyNamed(here.world, 'mute', secret, ['probe.echo']),
      here.world.clock.now(),
    )
    const mute = [...websocket, `Authorization: Bearer ${secret}`]
    expect(await rawUpgrade(here, '/v1/talk', mute)).toMatch(/^HTTP\/1.1 403 [\s\S]*"code":"forbidden"/)
    const denied = await here.world.adminDatabase.query(
      `SELECT action, outcome, code FROM kernel.audit WHERE actor = 'mute'`,
    )
    expect(denied).toEqual([{ action: 'probe.talk', outcome: 'denied', code: 'forbidden' }])
    const plain = await send(here, '/v1/talk')
    expect(plain.headers.get('upgrade')).toBe('websocket')
    expect(await problem(plain)).toMatchObject({ status: 426, code: 'upgrade_required' })
  })

  test('a browser brings its key as a subprotocol, which is not sent back', async () => {
    const here = await site()
    const offer = (...protocols: string[]) => [
      ...websocket,
      `Sec-WebSocket-Protocol: ${protocols.join(', ')}`,
    ]
    const taken = await rawUpgrade(here, '/v1/talk', offer('florin', `florin.key.${here.secret}`))
    expect(taken).toMatch(/^HTTP\/1.1 101 [\s\S]*Sec-WebSocket-Protocol: florin\r\n/)
    expect(taken).not.toContain(here.secret)
    const alone = await rawUpgrade(here, '/v1/talk', offer(`florin.key.${here.secret}`))
    expect(alone).toMatch(/^HTTP\/1.1 101 /)
    expect(alone).not.toContain('Sec-WebSocket-Protocol')
    for (const wrong of ['florin.key.florin_x', 'florin.key.', here.secret])
      expect(await rawUpgrade(here, '/v1/talk', offer('florin', wrong))).toMatch(/^HTTP\/1.1 401 /)
    // Only where a WebSocket is asked for, and a header goes before it.
    expect(await rawUpgrade(here, '/v1/echo/a', offer(`florin.key.${here.secret}`))).toMatch(
      /^HTTP\/1.1 401 /,
    )
    const both = [...offer(`florin.key.${here.secret}`), 'Authorization: Bearer florin_x']
    expect(await rawUpgrade(here, '/v1/talk', both)).toMatch(/^HTTP\/1.1 401 /)
    const socket = new WebSocket(`${here.url.replace('http', 'ws')}/v1/talk`, [
      'florin',
      `florin.key.${here.secret}`,
    ])
    await new Promise((resolve) => socket.addEventListener('open', resolve))
    expect(socket.protocol).toBe('florin')
    socket.close()
  })

  test('other wishes to upgrade are answered as ordinary requests', async () => {
    const here = await site()
    const known = `Authorization: Bearer ${here.secret}`
    expect(await rawUpgrade(here, '/v1/echo/a', [known, 'Upgrade: h2c'])).toMatch(/^HTTP\/1.1 200 /)
    expect(await rawUpgrade(here, '/v1/echo/a', [known, ...websocket])).toMatch(/^HTTP\/1.1 200 /)
    expect(await rawUpgrade(here, '/v1/nothing', [known, ...websocket])).toMatch(/^HTTP\/1.1 404 /)
    expect(await rawUpgrade(here, '/v1/talk', [known, 'Upgrade: h2c'])).toMatch(/^HTTP\/1.1 426 /)
  })

  test('a handshake that is none is refused and does not keep the server from stopping', async () => {
    const here = await site()
    const known = `Authorization: Bearer ${here.secret}`
    expect(await rawUpgrade(here, '/v1/talk', [known, 'Upgrade: websocket'])).toMatch(/^HTTP\/1.1 400 /)
    expect(await here.http.stop(5_000)).toBe(true)
  })

  test('connections of one caller, and of all, are bounded', async () => {
    const here = await site({ limits: { sockets: { connections: 4, heartbeatMs: 60_000, closeMs: 1_000 } } })
    const known = [...websocket, `Authorization: Bearer ${here.secret}`]
    const talks = [await opened(here), await opened(here), await opened(here)]
    expect(await rawUpgrade(here, '/v1/talk', known)).toMatch(/^HTTP\/1.1 503 [\s\S]*admin has 3 connections/)
    talks[0]?.socket.close()
    await talks[0]?.closed
    await opened(here)
    expect(await here.metrics.registry.metrics()).toContain('florin_sockets{socket="probe.talk"} 3')
  })
})

describe('messages', () => {
  test('are JSON in and out', async () => {
    const here = await site()
    const one = await opened(here)
    one.socket.send('{"a":[1,"ü"]}')
    expect(await one.next()).toEqual({ echo: { a: [1, 'ü'] } })
    const metrics = await here.metrics.registry.metrics()
    expect(metrics).toContain('florin_socket_messages_total{socket="probe.talk",direction="in"} 1')
    expect(metrics).toContain('florin_socket_messages_total{socket="probe.talk",direction="out"} 1')
  })

  test.each([
    ['not JSON', '{"a":'],
    ['a member twice', '{"a":1,"a":2}'],
    ['deep nesting', '['.repeat(65) + ']'.repeat(65)],
  ])('%s is told and closes the connection', async (_what, text) => {
    const one = await opened(await site())
    one.socket.send(text)
    expect(await one.next()).toMatchObject({ type: 'problem', problem: { code: 'malformed_json' } })
    expect(await one.closed).toMatchObject({ code: 1007 })
  })

  test('too long or binary ones close the connection', async () => {
    const here = await site()
    const long = await opened(here)
    long.socket.send(JSON.stringify('x'.repeat(1_000)))
    expect(await long.closed).toMatchObject({ code: 1009 })
    const binary = await opened(here)
    binary.socket.send(new Uint8Array([123, 125]))
    expect(await binary.closed).toMatchObject({ code: 1003 })
  })

  test('a fault of the handler ends its connection alone, and says nothing of its cause', async () => {
    const here = await site()
    const closings: number[] = []
    controls.socket = (connection) => ({
      message: (value) => {
        if (value === 'fault') throw new Error('a secret: florin_inner')
        connection.send('"fine"')
      },
      closed: (code) => closings.push(code),
    })
    const [one, other] = [await opened(here), await opened(here)]
    one.socket.send('"fault"')
    const { code, reason } = await one.closed
    expect([code, reason]).toEqual([1011, expect.not.stringContaining('secret')])
    other.socket.send('"more"')
    expect(await other.next()).toBe('fine')
    expect(closings).toEqual([1011])
    expect(here.logged()).toContain('a fault')
    expect(here.logged()).not.toContain(here.secret)
  })
})

test('what waits to be sent is bounded, and the handler learns of room', async () => {
  const here = await site()
  const refused = Promise.withResolvers<number>()
  let drained = 0
  controls.socket = (connection) => ({
    message: () => {
      const piece = JSON.stringify('x'.repeat(65_000))
      let sent = 0
      while (connection.send(piece)) sent++
      refused.resolve(sent)
      expect(connection.bufferedBytes).toBeLessThanOrEqual(4_000_000)
    },
    drained: () => {
      drained++
      connection.send('"room"')
    },
    closed: () => undefined,
  })
  const one = await opened(here)
  one.socket.send('1')
  const sent = await refused.promise
  expect(sent).toBeGreaterThan(50)
  for (let i = 0; i < sent; i++) expect(String(await one.next())).toHaveLength(65_000)
  expect(await one.next()).toBe('room')
  expect(drained).toBe(1)
})

test('a peer that gives no sign of life is cut off', async () => {
  const here = await site({ limits: { sockets: { connections: 10, heartbeatMs: 20, closeMs: 50 } } })
  const closed = Promise.withResolvers<number>()
  controls.socket = () => ({ message: () => undefined, closed: (code) => closed.resolve(code) })
  const lively = await opened(here)
  // A bare socket that never answers a ping.
  const socket = connect(Number(new URL(here.url).port), '127.0.0.1')
  const lines = [
    'GET /v1/talk HTTP/1.1',
    'Host: here',
    ...websocket,
    `Authorization: Bearer ${here.secret}`,
    'Connection: Upgrade',
  ]
  socket.write(`${lines.join('\r\n')}\r\n\r\n`)
  socket.resume()
  expect(await closed.promise).toBe(1006)
  expect(lively.socket.readyState).toBe(WebSocket.OPEN)
  socket.destroy()
})

test('a revoked key loses its connection', async () => {
  const here = await site({ limits: { sockets: { connections: 10, heartbeatMs: 500, closeMs: 1_000 } } })
  const { secret } = (await here.world.done('kernel.key.create', {
    name: 'robot',
    permissions: ['probe.talk'],
  })) as { secret: string }
  const one = await opened(here, secret)
  await here.world.done('kernel.key.revoke', { name: 'robot' }, { reason: 'lost' })
  here.world.clock.advance(2_000)
  expect(await one.closed).toEqual({ code: 1008, reason: 'The API key is no longer valid' })
})

test('stopping closes connections with 1001, also those whose peers read nothing', async () => {
  const here = await site({ limits: { sockets: { connections: 10, heartbeatMs: 60_000, closeMs: 50 } } })
  const codes: number[] = []
  controls.socket = () => ({ message: () => undefined, closed: (code) => codes.push(code) })
  const one = await opened(here)
  const socket = connect(Number(new URL(here.url).port), '127.0.0.1')
  const lines = ['GET /v1/talk HTTP/1.1', 'Host: here', ...websocket, `Authorization: Bearer ${here.secret}`]
  socket.write(`${[...lines, 'Connection: Upgrade'].join('\r\n')}\r\n\r\n`)
  await new Promise((resolve) => socket.once('data', resolve))
  socket.pause()
  expect(await here.http.stop(2_000)).toBe(true)
  expect(await one.closed).toMatchObject({ code: 1001 })
  expect(codes).toHaveLength(2)
  socket.destroy()
  await expect(refusedWith(send(here, '/v1/talk'))).rejects.toThrow()
})
