import { afterExample } from '@florin/exchange/testing'
import type { Command, Query } from '@florin/kernel'
import { examplesBefore } from '@florin/kernel/testing'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { isObject, objectAt } from '../src/cli/json.ts'
import { type Api, adminSecret, registry, startApi } from './api.ts'
import { type Answer, Contract } from './contract.ts'

interface Request {
  readonly input: Readonly<Record<string, unknown>>
  readonly key?: string
  readonly reason?: string | undefined
  readonly authorization?: string | undefined
}

/** Secrets of those who send examples beside `admin`. */
const secrets = new Map<string, string>()

/** A key with all permissions for whoever sends the example, where that is not `admin`. */
async function knowSender(api: Api, operation: Command | Query): Promise<void> {
  const { by } = operation.example
  const create = registry.commands.get('kernel.key.create')
  if (by === undefined || create === undefined) return
  const answer = await send(api, create, { input: { name: by, permissions: ['*'] }, key: `key of ${by}` })
  const secret: unknown = JSON.parse(answer.text)
  secrets.set(by, String(isObject(secret) ? secret.secret : undefined))
}

/** Sends an input to an operation as any HTTP client would. */
async function send(api: Api, operation: Command | Query, request: Request): Promise<Answer> {
  const { method, path } = operation.http
  const rest = { ...request.input }
  const filled = path.replaceAll(/\{([^}]+)\}/g, (_match, name: string) => {
    const value = String(rest[name])
    delete rest[name]
    return encodeURIComponent(value)
  })
  const headers: Record<string, string> = { authorization: request.authorization ?? `Bearer ${adminSecret}` }
  if (request.key !== undefined) headers['idempotency-key'] = request.key
  if (request.reason !== undefined) headers['florin-reason'] = encodeURIComponent(request.reason)
  if (method !== 'GET') headers['content-type'] = 'application/json'
  const target = method === 'GET' ? `${filled}${queryString(rest)}` : filled
  const body = method === 'GET' ? null : JSON.stringify(rest)
  const response = await fetch(`${api.url}${target}`, { method, headers, body })
  return { status: response.status, headers: response.headers, text: await response.text() }
}

function queryString(input: Readonly<Record<string, unknown>>): string {
  const parameters = new URLSearchParams(
    Object.entries(input).flatMap(([name, value]) =>
      (Array.isArray(value) ? value : [value]).map((one): [string, string] => [name, String(one)]),
    ),
  )
  return parameters.size === 0 ? '' : `?${parameters}`
}

function example(operation: Command | Query): Request {
  const { input, reason, by } = operation.example
  const authorization = by === undefined ? undefined : `Bearer ${secrets.get(by)}`
  return registry.commands.has(operation.name)
    ? { input, reason, authorization, key: `example-${operation.name}` }
    : { input, authorization }
}

/** What the example is answered with. */
function statusOf(operation: Command | Query): number {
  return operation.example.waits === true ? 202 : 200
}

/** Sends what the example builds upon. */
async function prepare(api: Api, operation: Command | Query): Promise<void> {
  const names = (operation.example.after ?? []).flatMap((name) => [...examplesBefore(registry, name), name])
  for (const name of new Set(names)) {
    const before = registry.commands.get(name)
    if (before === undefined) throw new Error(`${name} is no command`)
    wait(api, before)
    const answer = await send(api, before, example(before))
    expect([200, 202], `${name}: ${answer.text}`).toContain(answer.status)
    await afterExample(api, name)
    api.clock.advance(1_000)
  }
  wait(api, operation)
}

function wait(api: Api, operation: Command | Query): void {
  const { at } = operation.example
  if (at !== undefined && Date.parse(at) > api.clock.now()) api.clock.set(at)
}

/** Queries change nothing: those that build upon the same examples share a database. */
const shared = new Map<string, Promise<Api>>()

function apiFor(operation: Command | Query): Promise<Api> {
  if (registry.commands.has(operation.name)) return startApi()
  const group = [...(operation.example.after ?? [])].sort().join()
  const api = shared.get(group) ?? startApi()
  shared.set(group, api)
  return api
}

let contract: Contract

beforeAll(async () => {
  const api = await startApi()
  const document: unknown = await (await fetch(`${api.url}/openapi.json`)).json()
  contract = new Contract(document)
  await api.stop()
})

afterAll(async () => {
  for (const api of shared.values()) await (await api).stop()
})

describe.each(registry.operations().map((operation) => [operation.name, operation] as const))(
  'the example of %s',
  (_name, operation) => {
    const { method, path } = operation.http
    const isCommand = registry.commands.has(operation.name)
    let api: Api
    beforeAll(async () => {
      api = await apiFor(operation)
    })
    afterAll(async () => {
      if (isCommand) await api.stop()
    })
    const expectDocumented = (answer: Answer): void => {
      expect(contract.violations(contract.operation(method, path), answer)).toEqual([])
    }

    test('works as it stands, and again', async () => {
      await prepare(api, operation)
      await knowSender(api, operation)
      const first = await send(api, operation, example(operation))
      expect(first.status, first.text).toBe(statusOf(operation))
      expectDocumented(first)
      if (!isCommand) return
      const again = await send(api, operation, example(operation))
      expect(again.status).toBe(statusOf(operation))
      expect(again.headers.get('idempotency-replayed')).toBe('true')
      expectDocumented(again)
    })

    test('is refused as documented where its input is wrong', async () => {
      for (const [code, input] of Object.entries(operation.example.refused ?? {})) {
        const answer = await send(api, operation, { ...example(operation), input, key: `refused-${code}` })
        const problem: unknown = JSON.parse(answer.text)
        expect(isObject(problem) ? problem.code : undefined, answer.text).toBe(code)
        expectDocumented(answer)
      }
    })

    test('is answered as documented without a key, without rights, with too much', async () => {
      const stranger = await send(api, operation, { ...example(operation), authorization: 'Bearer nobody' })
      expect(stranger.status).toBe(401)
      expectDocumented(stranger)
      const surplus = await send(api, operation, {
        ...example(operation),
        input: { ...operation.example.input, no_such_member: 1 },
      })
      expect(surplus.status, surplus.text).toBe(400)
      expectDocumented(surplus)
      if (!isCommand) return
      const keyless = await send(api, operation, { input: operation.example.input })
      expect(objectAt({ problem: JSON.parse(keyless.text) }, 'problem').code).toBe('idempotency_key_missing')
      expectDocumented(keyless)
    })
  },
)
