import type { MarketConfig } from './types.ts'

const mostPrices = 2 ** 24
const mostOrders = 2 ** 22
const mostNumbered = 2 ** 24
const largestInteger = 2 ** 31 - 1

/** Throws `RangeError` that names the number which is out of its range. */
export function checkConfig(config: MarketConfig): void {
  inRange('lowestPrice', config.lowestPrice, config.risk ? 0 : -largestInteger, largestInteger)
  inRange('highestPrice', config.highestPrice, config.lowestPrice, largestInteger)
  const prices = config.highestPrice - config.lowestPrice + 1
  if (prices > mostPrices) throw new RangeError(`${prices} prices: at most ${mostPrices} fit`)
  inRange('orders', config.orders, 1, mostOrders)
  inRange('accounts', config.accounts, 1, mostNumbered)
  inRange('sessions', config.sessions, 0, mostNumbered)
  inRange('clientIds', config.clientIds, 0, mostOrders)
  inRange('largestPosition', config.largestPosition, 1, config.risk ? 2 ** 26 : largestInteger)
  if (config.risk && config.largestPosition * config.highestPrice >= 2 ** 50) {
    throw new RangeError('largestPosition x highestPrice must be below 2^50')
  }
}

function inRange(name: keyof MarketConfig, value: number, least: number, most: number): void {
  if (Number.isInteger(value) && value >= least && value <= most) return
  throw new RangeError(`${name} must be an integer from ${least} to ${most}, not ${value}`)
}
