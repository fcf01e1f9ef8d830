import { accountSetting } from '../layout.ts'
import type { MarketConfig } from '../types.ts'
import { field, largestValue } from './layout.ts'

/** @throws RangeError where amounts could leave the range of exact integers */
export function checkRiskConfig(config: MarketConfig): void {
  if (config.lowestPrice < 0) throw new RangeError('With risk, lowestPrice is at least 0')
  if (config.largestPosition > 2 ** 26) throw new RangeError('With risk, largestPosition is at most 2^26')
  if (config.largestPosition * config.highestPrice >= largestValue) {
    throw new RangeError('With risk, largestPosition x highestPrice is below 2^50')
  }
}

/** Where a setting is kept and what it may be. */
interface Range {
  readonly place: number
  readonly lowest: number
  readonly highest: number
}

const none: Range = { place: -1, lowest: 1, highest: 0 }
const highestRate = 4_000_000
const highestWord = 2 ** 31 - 1
const longestWindow = 2 ** 48

/** The ranges of `accountSetting`, by number. */
export function settingRanges(largestPosition: number): readonly Range[] {
  const ranges = new Array<Range>(Math.max(...Object.values(accountSetting)) + 1).fill(none)
  const allow = (setting: keyof typeof accountSetting, place: number, highest: number, lowest = 0) => {
    ranges[accountSetting[setting]] = { place, lowest, highest }
  }
  allow('permissions', field.permissions, 15)
  allow('group', field.group, highestWord)
  allow('maxOrderQuantity', field.maxOrderQuantity, largestPosition)
  allow('maxOrderValue', field.maxOrderValue, largestValue)
  allow('maxPosition', field.maxPosition, largestPosition)
  allow('collar', field.collar, highestWord)
  allow('throttleInterval', field.throttleInterval, 2 ** 32)
  allow('throttleBurst', field.throttleBurst, 2 ** 16)
  allow('repeatWindow', field.repeatWindow, longestWindow)
  allow('repeatMaximum', field.repeatMaximum, highestWord)
  allow('maxConcentration', field.maxConcentration, 1_000_000)
  allow('portfolioElsewhere', field.portfolioElsewhere, largestValue)
  allow('cash', field.cash, largestValue, -largestValue)
  allow('cashChange', field.cash, largestValue, -largestValue)
  allow('feeRate', field.feeRate, 100_000)
  allow('initialMargin', field.initialMargin, highestRate)
  allow('maintenanceMargin', field.maintenanceMargin, highestRate)
  allow('liquidationMargin', field.liquidationMargin, highestRate)
  allow('locate', field.locate, highestWord)
  allow('dailyLoss', field.dailyLoss, largestValue)
  allow('drawdown', field.drawdown, largestValue)
  allow('reduceOnly', field.state, 1)
  allow('outputWindow', field.outputWindow, longestWindow)
  allow('outputMaximum', field.outputMaximum, largestValue)
  allow('maxOpenOrders', field.maxOpenOrders, highestWord)
  allow('halted', field.state, 1)
  return ranges
}
