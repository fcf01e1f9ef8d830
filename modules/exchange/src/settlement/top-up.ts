import type { Unit } from '@florin/kernel'
import { readBalances } from '@florin/ledger'
import type { Engine } from '@florin/orderbook'
import { minorOf } from '../domain/units.ts'
import { type AccountRecord, accountsById } from '../store/accounts.ts'
import { policiesInForce } from '../store/holds.ts'
import type { MarketRecord } from '../store/markets.ts'
import { pendingTransfers } from '../store/transfers.ts'
import { type Allocation, allocate } from './allocate.ts'
import { freeCashOf } from './engine-state.ts'
import { known, placesOf } from './places.ts'

/**
 * Gives accounts that run low more buying power, as their policies say and as far as they have money: so orders never
 * wait for the ledger. What the engine did since may be more; then the next round gives the rest.
 */
export async function topUp(unit: Unit, market: MarketRecord, engine: Engine): Promise<void> {
  const policies = await policiesInForce(unit.db, market.id)
  if (policies.length === 0) return
  const onTheWay = Map.groupBy(await pendingTransfers(unit.db, market.id), ({ account }) => account)
  const wanted = policies.flatMap(({ account, low, target }) => {
    const coming = (onTheWay.get(account) ?? [])
      .filter(({ kind }) => kind === 'allocate')
      .reduce((sum, { amount }) => sum + amount, 0n)
    const free = minorOf(market, freeCashOf(engine, account)) + coming
    return free < low ? [{ account, amount: target - free }] : []
  })
  if (wanted.length === 0) return
  const accounts = await accountsById(
    unit.db,
    wanted.map(({ account }) => BigInt(account)),
  )
  const affordable: Allocation[] = []
  for (const { account, amount } of wanted) {
    const available = await availableCash(unit, market, known(accounts, account))
    const most = amount < available ? amount : available
    const whole = most - (most % market.tickValue)
    if (whole > 0n) affordable.push({ account: known(accounts, account), amount: whole })
  }
  // One that is refused, say by a frozen account, is tried again when the market moves on.
  await allocate(unit, market, affordable)
}

/** What an account has in the ledger and in no market, minor units of the quote. */
async function availableCash(unit: Unit, market: MarketRecord, account: AccountRecord): Promise<bigint> {
  const { trading } = placesOf(market, account)
  const balances = await readBalances(unit, market.ledger, trading)
  const cash = balances.find(({ address, asset }) => address === trading && asset === market.quote)
  return cash === undefined ? 0n : cash.total - cash.reserved
}
