import { defineCommand } from '@florin/kernel'
import { Type } from 'typebox'
import { bookDueForwards } from '../posting/due-forwards.ts'
import { Amount, AssetCode, LedgerName, strict } from '../schemas.ts'
import { lockLedger } from '../store/head.ts'
import {
  LimitCount,
  LimitView,
  limitView,
  Removed,
  WatchedPrefix,
  WatchName,
  WindowSeconds,
} from '../watch-schemas.ts'
import { watchable } from './monitors.ts'
import { demandReason, exponentOf, invalid, removeWatch, setWatch, unsigned } from './watch.ts'

const reason = 'Card programme rules, section 4'

export const setLimit = defineCommand({
  name: 'ledger.limit.set',
  summary: 'Limit what may leave an account within a rolling window',
  description:
    'Holds for every account at the prefix or below it, for each by itself, in one asset. Outflow is what lowers a balance: debits of a liability, credits of an asset account, each posting in full. A hold counts when it is reserved; its settlement does not count again; what is given back of it is free again. A reversal gives nothing back. More is refused with limit_exceeded, unless it is forced: then the event ledger.limit.exceeded tells. What went out before the limit was set counts, too. A limit of this name is replaced.',
  http: { method: 'PUT', path: '/v1/ledgers/{ledger}/limits/{limit}' },
  input: strict({
    ledger: LedgerName,
    limit: WatchName,
    prefix: WatchedPrefix,
    asset: AssetCode,
    amount: Type.Optional(Amount),
    count: Type.Optional(LimitCount),
    window_seconds: WindowSeconds,
  }),
  output: LimitView,
  permission: 'ledger.limit.set',
  refusals: [
    'ledger_not_found',
    'reason_required',
    'asset_unknown',
    'amount_too_many_decimals',
    'amount_out_of_range',
    'watch_invalid',
    'watches_exhausted',
  ],
  example: {
    after: watchable,
    reason,
    input: {
      ledger: 'demo',
      limit: 'daily',
      prefix: 'customers',
      asset: 'EUR',
      amount: '1000.00',
      count: 20,
      window_seconds: 86_400,
    },
    refused: {
      watch_invalid: {
        ledger: 'demo',
        limit: 'daily',
        prefix: 'customers',
        asset: 'EUR',
        window_seconds: 60,
      },
      asset_unknown: {
        ledger: 'demo',
        limit: 'daily',
        prefix: 'customers',
        asset: 'NOPE',
        count: 1,
        window_seconds: 60,
      },
    },
  },
  async run(unit, input) {
    const ledger = await lockLedger(unit, input.ledger)
    await bookDueForwards(unit, ledger)
    demandReason(unit)
    const { prefix, asset, amount, count, window_seconds } = input
    const exponent = await exponentOf(unit.db, asset)
    if (amount !== undefined) unsigned(asset, amount, exponent, 'A limit')
    if (amount === undefined && count === undefined)
      throw invalid('A limit needs an amount, a count, or both')
    const rule = { prefix, asset, amount: amount ?? null, count: count ?? null, window_seconds }
    return limitView(input.ledger, await setWatch(unit, ledger, 'limit', input.limit, rule))
  },
})

export const removeLimit = defineCommand({
  name: 'ledger.limit.remove',
  summary: 'Remove a limit',
  http: { method: 'POST', path: '/v1/ledgers/{ledger}/limits/{limit}/remove' },
  input: strict({ ledger: LedgerName, limit: WatchName }),
  output: Removed,
  permission: 'ledger.limit.remove',
  refusals: ['ledger_not_found', 'reason_required', 'watch_not_found'],
  example: {
    after: ['ledger.limit.set'],
    reason,
    input: { ledger: 'demo', limit: 'daily' },
    refused: { watch_not_found: { ledger: 'demo', limit: 'daily' } },
  },
  async run(unit, input) {
    const ledger = await lockLedger(unit, input.ledger)
    await bookDueForwards(unit, ledger)
    demandReason(unit)
    const removedAt = await removeWatch(unit, ledger, 'limit', input.limit)
    return { ledger: input.ledger, name: input.limit, removed_at: removedAt.toISOString() }
  },
})
