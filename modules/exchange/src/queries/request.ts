import { allows, type Context, type Db, defineQuery, Uuid, type View } from '@florin/kernel'
import { answer, reason } from '@florin/orderbook'
import { type Static, Type } from 'typebox'
import { showCommands } from '../gateway/replicas.ts'
import { whenCarriedOut } from '../gateway/request-watch.ts'
import { reasonCode } from '../order-refusals.ts'
import { watchPermission } from '../permissions.ts'
import { strict } from '../schemas.ts'
import { accountsById } from '../store/accounts.ts'
import { marketOf } from '../store/markets.ts'
import { type RequestRow, requestRows } from '../store/requests.ts'
import { type Report, reportOf } from '../wire/reports.ts'
import { CommandResult, type CommandResultView } from '../wire/schemas.ts'

/** Longest wait for an answer, milliseconds. */
const longestWaitMs = 5_000

const RequestResult = strict(
  {
    request: Uuid,
    state: Type.Enum(['unknown', 'waiting', 'done'], {
      description:
        'unknown: nothing that this caller may see was sent under this id; done: all of it was carried out',
    }),
    results: Type.Array(CommandResult),
  },
  { title: 'RequestResult' },
)

export const getRequest = defineQuery({
  name: 'exchange.request.get',
  summary: 'Tell what became of a request to a market’s engine',
  description: 'Waits for the engine as long as `wait_ms` says.',
  http: { method: 'GET', path: '/v1/exchange/requests/{request}' },
  input: strict({
    request: Uuid,
    wait_ms: Type.Optional(
      Type.Integer({ minimum: 0, maximum: longestWaitMs, description: 'Waits at most so long; 0 if absent' }),
    ),
  }),
  output: RequestResult,
  permission: 'exchange.request.get',
  refusals: [],
  example: { input: { request: '0198c0de-0000-7000-8000-000000000001' } },
  wait: (database, input, log) => whenCarriedOut(database, input.request, input.wait_ms ?? 0, log),
  async run(view, input): Promise<Static<typeof RequestResult>> {
    const rows = await visibleRows(view, await requestRows(view.db, input.request))
    const results: CommandResultView[] = []
    for (const { row, account } of rows) results.push(await resultOf(view.db, row, account))
    const done = results.every((result) => result.state !== 'waiting')
    return {
      request: input.request,
      state: rows.length === 0 ? 'unknown' : done ? 'done' : 'waiting',
      results,
    }
  },
})

interface VisibleRow {
  readonly row: RequestRow
  /** Code of the account it was for; undefined for the operator's commands. */
  readonly account: string | undefined
}

/** Those that the caller sent, and those of accounts it may watch. */
async function visibleRows(view: View, rows: readonly RequestRow[]): Promise<VisibleRow[]> {
  const accounts = await accountsById(view.db, [...new Set(rows.map(({ account }) => account))])
  return rows
    .map((row) => ({ row, account: accounts.get(row.account)?.code }))
    .filter(({ row, account }) => row.actor === view.context.actor.id || mayWatch(view.context, account))
}

export function mayWatch({ actor }: Context, account: string | undefined): boolean {
  return account !== undefined && allows(actor, watchPermission(account))
}

async function resultOf(db: Db, row: RequestRow, account: string | undefined): Promise<CommandResultView> {
  const market = await marketOf(db, row.market_id)
  const { seq } = row
  if (seq === undefined)
    return { market: market.code, state: 'waiting', seq: null, at: null, code: null, events: [] }
  const told: { report: Report; refused: number }[] = []
  const codeOf = (id: number) => (BigInt(id) === row.account ? account : undefined)
  await showCommands(db, market, seq - 1, seq, (at, commands, offset, records, count) => {
    const report = reportOf(market, codeOf, at, commands, offset, records, count)
    told.push({ report, refused: records[answer.reason] ?? 0 })
  })
  const [found] = told
  if (found === undefined) throw new Error(`Command ${seq} of ${market.code} was not found in the journal`)
  const refused = found.refused !== reason.none
  return {
    market: market.code,
    state: refused ? 'refused' : 'done',
    seq,
    at: found.report.at,
    code: refused ? reasonCode(found.refused) : null,
    events: found.report.events.map(({ event }) => event),
  }
}
