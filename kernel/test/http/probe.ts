import {
  defineCommand,
  defineModule,
  defineQuery,
  kernelModule,
  Refusal,
  type SocketConnection,
  type SocketHandler,
  type SocketRoute,
  withVerification,
} from '@florin/kernel'
import { Type } from 'typebox'
import { tallyModule } from '../tally/index.ts'

const strict = { additionalProperties: false } as const

/** What the tests do to operations while they run. */
export const controls: {
  beforeAnswer: () => Promise<void>
  pieces: () => AsyncIterable<string>
  socket: (connection: SocketConnection) => SocketHandler
} = {
  beforeAnswer: async () => undefined,
  pieces: async function* () {
    yield 'one\n'
    yield 'two\n'
  },
  socket: (connection) => ({
    message: (value) => void connection.send(JSON.stringify({ echo: value })),
    closed: () => undefined,
  }),
}

/** Answers its input: shows what became of a request on its way. */
export const echo = defineQuery({
  name: 'probe.echo',
  summary: 'Echo parameters',
  http: { method: 'GET', path: '/v1/echo/{address}' },
  input: Type.Object(
    {
      address: Type.String({ minLength: 1, maxLength: 300 }),
      count: Type.Optional(Type.Integer({ minimum: -5, maximum: 1_000 })),
      flag: Type.Optional(Type.Boolean()),
      kind: Type.Optional(Type.Enum(['big', 'small'])),
      tags: Type.Optional(Type.Array(Type.String())),
      numbers: Type.Optional(Type.Array(Type.Integer())),
    },
    strict,
  ),
  output: Type.Object({ input: Type.Unknown(), reason: Type.Unknown(), trace: Type.Unknown() }, strict),
  permission: 'probe.echo',
  refusals: ['jar_not_found'],
  example: { input: { address: 'a:b' } },
  async run(view, input) {
    if (input.address === 'refused') throw new Refusal('jar_not_found', 'There is no such jar', { jar: 'x' })
    if (input.address === 'fault') throw new Error('a secret: florin_inner')
    await controls.beforeAnswer()
    return { input, reason: view.context.reason ?? null, trace: view.context.trace ?? null }
  },
})

export const search = defineQuery({
  name: 'probe.search',
  summary: 'Search with a body',
  http: { method: 'POST', path: '/v1/search' },
  input: Type.Object({ terms: Type.Array(Type.Object({ word: Type.String() }, strict)) }, strict),
  output: Type.Object({ found: Type.Integer() }, strict),
  permission: 'probe.search',
  refusals: [],
  example: { input: { terms: [{ word: 'a' }] } },
  run: async (_view, input) => ({ found: input.terms.length }),
})

export const lines = defineQuery({
  name: 'probe.lines',
  summary: 'Read lines',
  http: { method: 'GET', path: '/v1/lines' },
  input: Type.Object({}, strict),
  output: Type.Object({ lines: Type.Integer() }, strict),
  permission: 'probe.lines',
  refusals: [],
  example: { input: {} },
  run: async () => ({ lines: 2 }),
  formats: [
    { mediaType: 'text/plain; charset=utf-8', write: () => controls.pieces() },
    {
      mediaType: 'text/csv; charset=utf-8',
      write: async function* () {
        yield 'line\r\n'
        yield Buffer.from('zwölf\r\n')
      },
    },
  ],
})

export const wait = defineCommand({
  name: 'probe.wait',
  summary: 'Wait',
  http: { method: 'POST', path: '/v1/wait' },
  input: Type.Object({}, strict),
  output: Type.Object({ reason: Type.Unknown() }, strict),
  permission: 'probe.wait',
  refusals: [],
  example: { input: {} },
  bodyLimit: 4_096,
  async run(unit) {
    await controls.beforeAnswer()
    return { reason: unit.context.reason ?? null }
  },
})

/** Echoes, unless told otherwise. */
const talk: SocketRoute = {
  name: 'probe.talk',
  summary: 'Talk',
  path: '/v1/talk',
  permission: 'probe.talk',
  limits: { messageBytes: 1_000, bufferedBytes: 4_000_000, perCaller: 3 },
  open: (connection) => controls.socket(connection),
}

/** Owns no tables. */
const probeModule = defineModule({
  name: 'probe',
  migrations: new URL('empty/', import.meta.url),
  commands: [wait],
  queries: [echo, search, lines],
  sockets: [talk],
})

export const modules = withVerification([kernelModule, tallyModule, probeModule])
