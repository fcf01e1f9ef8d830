import { createLog, Metrics, Registry, systemRandom } from '@florin/kernel'
import { createHttpServer, openApiDocument } from '@florin/kernel/http'
import { Type } from 'typebox'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { echo, modules, wait } from './probe.ts'
import { openSite, type Site, send } from './site.ts'

let site: Site
beforeAll(async () => {
  site = await openSite()
})
afterAll(() => site.close())

test('the description tells of every operation and of what each can answer', () => {
  const document = JSON.parse(JSON.stringify(openApiDocument(new Registry(modules), '1.2.3')))
  const add = document.paths['/v1/jars/{jar}/drops'].post
  expect(document.info).toMatchObject({
    title: 'Florin',
    version: '1.2.3',
    license: { identifier: 'Apache-2.0' },
  })
  expect(add).toMatchObject({
    operationId: 'tally.drop.add',
    tags: ['tally.drop'],
    'x-florin-kind': 'command',
    'x-florin-after': ['tally.jar.create'],
    'x-florin-refusals': ['jar_not_found', 'jar_full'],
    requestBody: { required: true, content: { 'application/json': { example: { amount: 7 } } } },
  })
  expect(add.requestBody.content['application/json'].schema.properties).not.toHaveProperty('jar')
  expect(add.parameters[0]).toMatchObject({ name: 'jar', in: 'path', required: true, example: 'blue' })
  expect(add.parameters[1]).toMatchObject({ name: 'Idempotency-Key', example: 'example-tally.drop.add' })
  expect(Object.keys(add.responses)).toEqual([
    '200',
    '202',
    '400',
    '401',
    '403',
    '404',
    '406',
    '408',
    '409',
    '413',
    '415',
    '422',
    '431',
    '500',
    '503',
  ])
  expect(
    add.responses['409'].content['application/problem+json'].schema.allOf[1].properties.code.enum,
  ).toEqual(['jar_full'])
  expect(document.paths['/v1/wait'].post['x-florin-body-limit-bytes']).toBe(4_096)
  expect(document.paths['/v1/wait'].post).not.toHaveProperty('requestBody')
  expect(Object.keys(document.paths['/v1/lines'].get.responses['200'].content)).toEqual([
    'application/json',
    'text/plain; charset=utf-8',
    'text/csv; charset=utf-8',
  ])
})

test('a schema with a title is written once', () => {
  const Money = Type.Object({ amount: Type.String() }, { title: 'TestMoney' })
  const query = { ...echo, name: 'probe.money', http: { method: 'POST', path: '/v1/money' } as const }
  const document = (other: object) =>
    openApiDocument(
      new Registry([
        {
          ...modules[0],
          name: 'x',
          migrations: new URL('x/', import.meta.url),
          commands: [],
          queries: [
            {
              ...query,
              input: Type.Object({ a: Money, b: Type.Array(Money), c: Type.Unsafe({ ...Money, ...other }) }),
            },
          ],
        },
      ]),
      '1',
    )
  const text = JSON.stringify(document({ description: 'what was paid' }))
  expect(text.split('#/components/schemas/TestMoney').length - 1).toBe(3)
  expect(text).toContain('{"$ref":"#/components/schemas/TestMoney","description":"what was paid"}')
  expect(() => document({ maxProperties: 7 })).toThrow('Two different schemas have the title "TestMoney"')
})

test.each([
  ['a path parameter that is no member', { path: '/v1/x/{nope}' }, 'names {nope}'],
  ['a path segment that is neither word nor parameter', { path: '/v1/x:y' }, 'neither a word nor {name}'],
])('an operation with %s is refused at start', async (_what, http, message) => {
  const registry = new Registry([
    {
      ...modules[2],
      name: 'x',
      migrations: new URL('x/', import.meta.url),
      queries: [],
      commands: [{ ...wait, http: { method: 'POST', ...http } }],
    },
  ])
  const { engine, database } = site.world.secondEngine()
  const server = createHttpServer({
    engine,
    database,
    registry,
    log: createLog('silent'),
    metrics: new Metrics(),
    keyRing: { actorOf: async () => undefined },
    clock: site.world.clock,
    random: systemRandom,
    version: '1',
  })
  await expect(server).rejects.toThrow(message)
})

test('the reference page comes with everything it needs', async () => {
  const page = await send(site, '/docs', { anonymous: true })
  // One policy, and one that lets the page load its own scripts; of several a browser obeys all.
  expect(page.headers.get('content-security-policy')?.match(/default-src/g)).toHaveLength(1)
  expect(page.headers.get('content-security-policy')).toMatch(/default-src 'none'.*script-src 'self'/)
  const html = await page.text()
  const files = [...html.matchAll(/(?:src|href)="([^"]+)"/g)].map(([, path]) => path ?? '')
  expect(files.length).toBeGreaterThan(3)
  for (const file of files) {
    expect(file).toMatch(/^\/docs\//)
    expect((await send(site, file, { anonymous: true })).status).toBe(200)
  }
  const root = await send(site, '/', { anonymous: true })
  expect([root.status, root.headers.get('location')]).toEqual([302, '/docs'])
  const description = await send(site, '/openapi.json', { anonymous: true })
  expect(await description.json()).toMatchObject({
    openapi: '3.1.0',
    info: { description: expect.stringContaining('Over WebSocket:\n\n- `/v1/talk`: ') },
  })
})
