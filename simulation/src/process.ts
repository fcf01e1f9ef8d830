// A Florin of its own process, without HTTP: `node process.ts <options as JSON>`. It reads calls as JSON lines and
// answers each with one. `stopAt`: stops itself (SIGSTOP) after the next statement that contains this text.
import { createInterface } from 'node:readline'
import {
  createLog,
  Database,
  defaultDatabaseOptions,
  Engine,
  kernelModule,
  localContext,
  Metrics,
  Registry,
  RequestError,
  systemClock,
  systemRandom,
} from '@florin/kernel'
import { ledgerModule } from '@florin/ledger'

interface Options {
  readonly url: string
  readonly idleInTransactionTimeoutMs: number
  readonly statementTimeoutMs: number
  readonly stopAt: string
}

function member(value: unknown, name: string): unknown {
  if (typeof value !== 'object' || value === null) return undefined
  return Object.entries(value).find(([key]) => key === name)?.[1]
}

function parseOptions(text: string | undefined): Options {
  const found: unknown = JSON.parse(text ?? '{}')
  return {
    url: String(member(found, 'url')),
    idleInTransactionTimeoutMs: Number(member(found, 'idleInTransactionTimeoutMs') ?? 30_000),
    statementTimeoutMs: Number(member(found, 'statementTimeoutMs') ?? 60_000),
    stopAt: String(member(found, 'stopAt') ?? ''),
  }
}

const options = parseOptions(process.argv[2])
const database = new Database(options.url, { ...defaultDatabaseOptions, ...options, role: 'florin_app' })
const registry = new Registry([kernelModule, ledgerModule])
const log = createLog('silent')
const engine = new Engine({ registry, database, log, metrics: new Metrics() })

let { stopAt } = options
database.interceptor = (statement, stage) => {
  if (stopAt === '' || stage !== 'after' || !statement.includes(stopAt)) return
  stopAt = ''
  process.kill(process.pid, 'SIGSTOP')
}

async function answer(line: string): Promise<object> {
  const asked: unknown = JSON.parse(line)
  const key = String(member(asked, 'key'))
  const command = registry.commands.get(String(member(asked, 'name')))
  if (command === undefined) return { key, error: 'no such command' }
  const actor = { id: 'admin', kind: 'key' as const, permissions: ['*'] }
  const context = localContext({ actor, clock: systemClock, random: systemRandom, idempotencyKey: key })
  try {
    const { status, id, replayed } = await engine.execute(command, member(asked, 'input'), context)
    return { key, status, id, replayed }
  } catch (error) {
    return { key, error: error instanceof RequestError ? error.code : String(error) }
  }
}

const lines = createInterface({ input: process.stdin })
lines.on('line', (line) => {
  void answer(line).then((found) => process.stdout.write(`${JSON.stringify(found)}\n`))
})
lines.on('close', () => void database.close())
