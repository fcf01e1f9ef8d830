import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { openSite, problem, refusedWith, type Site, send, sendRaw } from './site.ts'

let site: Site
beforeAll(async () => {
  site = await openSite()
})
afterAll(() => site.close())

const jar = (body: string | Uint8Array<ArrayBuffer>, headers: Record<string, string> = {}) =>
  send(site, '/v1/jars', { body, headers })

describe('bodies', () => {
  test.each([
    ['not JSON', '{"name":', '400 malformed_json'],
    ['a member twice', '{"name":"a","name":"b"}', '400 malformed_json'],
    ['a member twice, once escaped', '{"name":"a","n\\u0061me":"b"}', '400 malformed_json'],
    ['__proto__', '{"__proto__":{},"name":"a"}', '400 malformed_json'],
    ['deep nesting', '['.repeat(65) + ']'.repeat(65), '400 malformed_json'],
    ['very deep nesting', '['.repeat(400_000), '400 malformed_json'],
    ['a number that loses digits', '{"name":9007199254740993}', '400 malformed_json'],
    ['an infinite number', '{"name":1e999}', '400 invalid_input'],
    ['a byte order mark', '\ufeff{"name":"a"}', '400 malformed_json'],
    ['an array', '[]', '400 invalid_input'],
    ['null', 'null', '400 invalid_input'],
    ['a string', '"a"', '400 invalid_input'],
    ['nothing where something is needed', '', '400 invalid_input'],
    ['an unknown member', '{"name":"a","color":"red"}', '400 invalid_input'],
    ['U+0000', '{"name":"\\u0000"}', '400 invalid_input'],
    ['half a surrogate pair', '{"name":"\\ud800"}', '400 invalid_input'],
  ])('%s is refused', async (_what, body, expected) => {
    expect(await refusedWith(jar(body))).toBe(expected)
  })

  test('invalid UTF-8 is refused', async () => {
    expect(await refusedWith(jar(Uint8Array.from(Buffer.from('7b226e616d65223a22ff227d', 'hex'))))).toBe(
      '400 malformed_json',
    )
  })

  test.each([
    ['another media type', { 'content-type': 'text/plain' }],
    ['a form', { 'content-type': 'application/x-www-form-urlencoded' }],
    ['another charset', { 'content-type': 'application/json; charset=utf-16' }],
    ['a compressed body', { 'content-encoding': 'gzip' }],
  ])('%s is refused', async (_what, headers) => {
    expect(await refusedWith(jar('{"name":"a"}', headers))).toBe('415 unsupported_media_type')
  })

  test('a body over the limit is refused, the operation’s own limit first', async () => {
    expect(await refusedWith(jar(`{"name":"${'a'.repeat(1_100_000)}"}`))).toBe('413 payload_too_large')
    const own = send(site, '/v1/wait', { body: ' '.repeat(4_097) })
    expect(await refusedWith(own)).toBe('413 payload_too_large')
  })

  test('UTF-8 named in the content type is taken, and so is no body where the path says all', async () => {
    const answer = await jar('{"name":"utf"}', { 'content-type': 'application/json; charset=UTF-8' })
    expect(answer.status).toBe(200)
    expect((await send(site, '/v1/wait', { method: 'POST' })).status).toBe(200)
  })
})

describe('paths and query strings', () => {
  const echoed = async (path: string): Promise<unknown> => {
    const answer = await send(site, path)
    expect(answer.status).toBe(200)
    return (await answer.json()) as unknown
  }

  test('path parameters are decoded once, whatever they hold', async () => {
    for (const address of ['customers:42:wallet', 'a/b', 'ä ö', '100%', '%2F', '日本', "a'b"]) {
      expect(await echoed(`/v1/echo/${encodeURIComponent(address)}`)).toMatchObject({ input: { address } })
    }
  })

  test('parameters become what the schema says', async () => {
    expect(await echoed('/v1/echo/a?count=-5&flag=true&kind=big&tags=x&tags=y+z&numbers=7')).toMatchObject({
      input: { address: 'a', count: -5, flag: true, kind: 'big', tags: ['x', 'y z'], numbers: [7] },
    })
  })

  test.each([
    'count=1e2',
    'count=01',
    'count=+1',
    'count=',
    'count=1.0',
    'count=99999999999999999999',
    'count=1&count=2',
    'flag=1',
    'flag=TRUE',
    'kind=medium',
    'nope=1',
    '__proto__=1',
    'address=other',
    'tags=%ff',
    'tags=%zz',
    'tags=%00',
  ])('the parameters "%s" are refused', async (query) => {
    expect(await refusedWith(send(site, `/v1/echo/a?${query}`))).toBe('400 invalid_input')
  })

  test('a path parameter in the body must say the same', async () => {
    const other = send(site, '/v1/jars/red/drops', { body: '{"jar":"blue","amount":1}' })
    expect(await refusedWith(other)).toBe('400 invalid_input')
    const same = send(site, '/v1/jars/red/drops', { body: '{"jar":"red","amount":1}' })
    expect(await refusedWith(same)).toBe('404 jar_not_found')
  })

  test('commands and queries with a body take nothing from the query string', async () => {
    expect(await refusedWith(send(site, '/v1/jars?name=a', { body: '{"name":"a"}' }))).toBe(
      '400 invalid_input',
    )
    expect(await refusedWith(send(site, '/v1/search?a', { body: '{"terms":[]}' }))).toBe('400 invalid_input')
    expect(await (await send(site, '/v1/search', { body: '{"terms":[{"word":"a"}]}' })).json()).toEqual({
      found: 1,
    })
  })

  test('broken percent-encoding in the path is refused', async () => {
    expect(await refusedWith(send(site, '/v1/echo/%zz'))).toBe('400 malformed_request')
    expect(await refusedWith(send(site, '/v1/echo/%ff'))).toBe('400 malformed_request')
  })

  test('unknown paths and methods', async () => {
    expect(await refusedWith(send(site, '/v1/nope'))).toBe('404 route_not_found')
    expect(await refusedWith(send(site, '/v1/jars/'))).toBe('404 route_not_found')
    const put = await send(site, '/v1/jars/red/drops', { method: 'PUT' })
    expect([put.status, put.headers.get('allow')]).toEqual([405, 'POST, OPTIONS'])
    const options = await send(site, '/v1/keys', { method: 'OPTIONS' })
    expect([options.status, options.headers.get('allow')]).toEqual([204, 'GET, HEAD, POST, OPTIONS'])
    const head = await send(site, '/v1/keys', { method: 'HEAD' })
    expect([head.status, await head.text()]).toEqual([200, ''])
  })

  test('what is no HTTP is answered and cut off', async () => {
    expect(await sendRaw(site, 'GARBAGE\r\n\r\n')).toMatch(/^HTTP\/1.1 400 .*"code":"malformed_request"/s)
    const long = `GET / HTTP/1.1\r\nHost: x\r\nX: ${'a'.repeat(20_000)}\r\n\r\n`
    expect(await sendRaw(site, long)).toMatch(/^HTTP\/1.1 431 .*"code":"headers_too_large"/s)
    const smuggled =
      'POST /v1/jars HTTP/1.1\r\nHost: x\r\nContent-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n'
    expect(await sendRaw(site, smuggled)).toMatch(/^HTTP\/1.1 400 /)
  })
})

describe('headers', () => {
  test('a command needs a key of its own', async () => {
    const { authorization, ...bare } = {
      authorization: `Bearer ${site.secret}`,
      'content-type': 'application/json',
    }
    const answer = await fetch(`${site.url}/v1/jars`, {
      method: 'POST',
      headers: { authorization, ...bare },
      body: '{"name":"keyless"}',
    })
    expect(await problem(answer)).toMatchObject({ status: 400, code: 'idempotency_key_missing' })
    for (const key of ['a'.repeat(256), 'käse']) {
      expect(await refusedWith(jar('{"name":"b"}', { 'idempotency-key': key }))).toBe(
        '400 idempotency_key_invalid',
      )
    }
  })

  test('a repeated command gets its first answer again, a refused one too; another payload does not', async () => {
    const again = { 'idempotency-key': 'again' }
    const first = await jar('{"name":"again"}', again)
    const second = await jar(' {"name" : "again"} ', again)
    expect(first.headers.get('idempotency-replayed')).toBeNull()
    expect(second.headers.get('idempotency-replayed')).toBe('true')
    expect(await second.text()).toBe(await first.text())
    expect(await refusedWith(jar('{"name":"other"}', again))).toBe('422 idempotency_key_reused')
    const refused = { 'idempotency-key': 'refused' }
    expect(await refusedWith(jar('{"name":"again"}', refused))).toBe('409 jar_exists')
    const replayed = await jar('{"name":"again"}', refused)
    expect([replayed.status, replayed.headers.get('idempotency-replayed')]).toEqual([409, 'true'])
  })

  test('the request id is the caller’s where it is fit to be logged', async () => {
    const of = async (id: string) =>
      (await send(site, '/v1/keys', { headers: { 'x-request-id': id } })).headers.get('x-request-id')
    expect(await of('order-7:retry/2')).toBe('order-7:retry/2')
    expect(await of('{"inject":1}')).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-7/)
    expect(await of('a'.repeat(129))).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-7/)
    const { request_id: id, instance } = await problem(
      send(site, '/v1/nope', { headers: { 'x-request-id': 'mine' } }),
    )
    expect([id, instance]).toEqual(['mine', 'urn:florin:request:mine'])
  })

  test('reason and trace reach the operation', async () => {
    const of = async (headers: Record<string, string>) => (await send(site, '/v1/echo/a', { headers })).json()
    expect(await of({ 'florin-reason': 'goodwill' })).toMatchObject({ reason: 'goodwill' })
    expect(await of({ 'florin-reason': '50% off' })).toMatchObject({ reason: '50% off' })
    expect(await of({ 'florin-reason': encodeURIComponent('Süß — 日本') })).toMatchObject({
      reason: 'Süß — 日本',
    })
    expect(await of({ 'florin-reason': Buffer.from('Süß').toString('latin1') })).toMatchObject({
      reason: 'Süß',
    })
    const trace = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01'
    expect(await of({ traceparent: trace })).toMatchObject({ trace })
    expect(await of({ traceparent: 'nonsense' })).toMatchObject({ trace: null })
  })

  test.each(['a'.repeat(501), '%00', '%FF', '\u00ff'])('the reason "%.9s" is refused', async (reason) => {
    expect(await refusedWith(send(site, '/v1/echo/a', { headers: { 'florin-reason': reason } }))).toBe(
      '400 header_invalid',
    )
  })

  test('media types that are not offered are refused before anything runs', async () => {
    const html = { accept: 'text/html' }
    expect(await refusedWith(jar('{"name":"html"}', html))).toBe('406 not_acceptable')
    expect((await jar('{"name":"html"}', { accept: 'text/html, */*;q=0.1' })).status).toBe(200)
    expect(await refusedWith(send(site, '/v1/keys', { headers: { accept: 'application/json;q=0' } }))).toBe(
      '406 not_acceptable',
    )
  })

  test('answers are not kept, not sniffed, not framed, and do not say what answers', async () => {
    const { headers } = await send(site, '/v1/keys')
    expect(headers.get('cache-control')).toBe('no-store')
    expect(headers.get('x-content-type-options')).toBe('nosniff')
    expect(headers.get('content-security-policy')).toContain("frame-ancestors 'none'")
    expect(headers.get('x-powered-by')).toBeNull()
    expect(headers.get('server')).toBeNull()
  })
})

describe('problems', () => {
  test('name every wrong place', async () => {
    const told = await problem(send(site, '/v1/search', { body: '{"terms":[{"word":1},{"words":"a"}]}' }))
    expect(told).toMatchObject({ type: 'urn:florin:problem:invalid_input', status: 400 })
    expect(told.errors?.map((error) => error.pointer)).toEqual(
      expect.arrayContaining(['/terms/0/word', '/terms/1/words']),
    )
  })

  test('of refusals carry what is needed to act', async () => {
    expect(await problem(send(site, '/v1/echo/refused'))).toMatchObject({
      type: 'urn:florin:problem:jar_not_found',
      title: 'There is no such jar',
      status: 404,
      code: 'jar_not_found',
      action: 'Create it first',
      details: { jar: 'x' },
    })
  })

  test('of faults say nothing but the id under which the fault is logged', async () => {
    const answer = await send(site, '/v1/echo/fault', { headers: { 'x-request-id': 'fault-1' } })
    const text = await answer.text()
    expect(answer.status).toBe(500)
    expect(text).not.toContain('secret')
    expect(JSON.parse(text)).toMatchObject({ code: 'internal', request_id: 'fault-1' })
    const entry = site
      .logged()
      .split('\n')
      .find((line) => line.includes('"fault-1"') && line.includes('"level":50'))
    expect(entry).toContain('a secret')
  })
})
