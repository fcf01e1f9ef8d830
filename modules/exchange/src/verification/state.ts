import type { Finding, View } from '@florin/kernel'
import { type Balance, readBalances, readHolds } from '@florin/ledger'
import { formatDecimal } from '@florin/money'
import type { Engine } from '@florin/orderbook'
import { clearingAddress, positionAddress } from '../domain/addresses.ts'
import { minorOf } from '../domain/units.ts'
import { cashOf, positionOf } from '../settlement/engine-state.ts'
import { type AccountRecord, listAccounts } from '../store/accounts.ts'
import { type Block, openBlocks } from '../store/holds.ts'
import type { MarketRecord } from '../store/markets.ts'
import { pendingTransfers, type Transfer } from '../store/transfers.ts'

/** What the checks of a market's state look at, read under one lock or from one snapshot. */
interface Books {
  readonly market: MarketRecord
  readonly engine: Engine
  readonly accounts: readonly AccountRecord[]
  /** Of everything under the market's address. */
  readonly balances: readonly Balance[]
  readonly blocks: readonly Block[]
  readonly pending: readonly Transfer[]
  /** What is left of holds in the ledger, by id. */
  readonly held: ReadonlyMap<string, bigint>
}

/**
 * What does not fit between a market's engine, its tables, and the ledger. The engine must stand where settlement has
 * come to.
 */
export async function checkState(view: View, market: MarketRecord, engine: Engine): Promise<Finding[]> {
  const blocks = await openBlocks(view.db, market.id)
  const pending = await pendingTransfers(view.db, market.id)
  const holds = [...blocks.map(({ hold }) => hold), ...pending.flatMap(({ hold }) => hold ?? [])]
  const books = {
    market,
    engine,
    accounts: await listAccounts(view.db, {}, '', mostAccounts),
    balances: await readBalances(view, market.ledger, `exchange:${market.code}`),
    blocks,
    pending,
    held: await readHolds(view, market.ledger, holds),
  }
  return [...checkPositions(books), ...checkBuyingPower(books), ...checkHolds(books), ...checkClearing(books)]
}

const mostAccounts = 1_000_000

/** Positions in the ledger are those of the engine; what a bust or correction booked, the engine may not have seen. */
function checkPositions(books: Books): Finding[] {
  const { market, engine, accounts, balances, pending } = books
  const inLedger = new Map(
    balances
      .filter(({ asset }) => asset === market.instrument)
      .map(({ address, total }) => [address, total] as const),
  )
  return accounts.flatMap((account) => {
    if (account.id > market.config.accounts) return []
    const number = Number(account.id)
    const ahead = sumOf(pending, number, 'bought') - sumOf(pending, number, 'sold')
    const expected = BigInt(positionOf(engine, number)) * market.lotUnits + ahead
    const found = inLedger.get(positionAddress(market.code, account.code)) ?? 0n
    if (expected === found) return []
    return [finding('positions', `${market.code} ${account.code}`, expected, found)]
  })
}

/** What is held is the engine's cash, and what was allocated and is on its way. */
function checkBuyingPower({ market, engine, accounts, blocks, pending }: Books): Finding[] {
  const held = Map.groupBy(blocks, ({ account }) => account)
  return accounts.flatMap((account) => {
    if (account.id > market.config.accounts) return []
    const number = Number(account.id)
    const cash = minorOf(market, Math.max(cashOf(engine, number), 0))
    const expected = cash + sumOf(pending, number, 'allocate')
    const found = (held.get(number) ?? []).reduce((sum, { remaining }) => sum + remaining, 0n)
    if (expected === found) return []
    return [finding('buying-power', `${market.code} ${account.code}`, expected, found)]
  })
}

/** The holds that the market counts on are there. */
function checkHolds({ market, blocks, pending, held }: Books): Finding[] {
  const deposits = pending.flatMap(({ kind, hold, amount }) =>
    kind === 'deposit' && hold !== undefined ? [{ hold, remaining: amount }] : [],
  )
  return [...blocks, ...deposits].flatMap(({ hold, remaining }) => {
    const found = held.get(hold) ?? 0n
    return found === remaining ? [] : [finding('holds', `${market.code} hold ${hold}`, remaining, found)]
  })
}

/** Nothing is left between buyer and seller. */
function checkClearing({ market, balances }: Books): Finding[] {
  const clearing = clearingAddress(market.code)
  return balances
    .filter(({ address, total }) => address === clearing && total !== 0n)
    .map(({ asset, exponent, total }) => ({
      check: 'exchange.clearing',
      subject: `${clearing} ${asset}`,
      expected: formatDecimal(0n, exponent),
      found: formatDecimal(total, exponent),
    }))
}

function sumOf(transfers: readonly Transfer[], account: number, kind: Transfer['kind']): bigint {
  return transfers
    .filter((transfer) => transfer.account === account && transfer.kind === kind)
    .reduce((sum, { amount }) => sum + amount, 0n)
}

/** Amounts in minor units. */
function finding(check: string, subject: string, expected: bigint, found: bigint): Finding {
  return { check: `exchange.${check}`, subject, expected: String(expected), found: String(found) }
}
