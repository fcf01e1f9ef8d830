import { accountSetting, permission } from '../../layout.ts'
import { type Reason, reason } from '../../reasons.ts'
import type { MarketConfig } from '../../types.ts'
import { type Account, shareUp } from './account.ts'
import { exposureNow } from './risk-checks.ts'

const large = 2 ** 50
const int = 2 ** 31 - 1

/** From and to of each value an account has. */
const rangeOf = (field: number, config: MarketConfig): readonly [from: number, to: number] | undefined => {
  switch (field) {
    case accountSetting.permissions:
      return [0, 15]
    case accountSetting.group:
    case accountSetting.collar:
    case accountSetting.locate:
    case accountSetting.repeatMaximum:
    case accountSetting.maxOpenOrders:
      return [0, int]
    case accountSetting.maxOrderQuantity:
    case accountSetting.maxPosition:
      return [0, config.largestPosition]
    case accountSetting.maxOrderValue:
    case accountSetting.portfolioElsewhere:
    case accountSetting.dailyLoss:
    case accountSetting.drawdown:
    case accountSetting.outputMaximum:
      return [0, large]
    case accountSetting.cash:
    case accountSetting.cashChange:
      return [-large, large]
    case accountSetting.throttleInterval:
      return [0, 2 ** 32]
    case accountSetting.throttleBurst:
      return [0, 2 ** 16]
    case accountSetting.repeatWindow:
    case accountSetting.outputWindow:
      return [0, 2 ** 48]
    case accountSetting.maxConcentration:
      return [0, 1_000_000]
    case accountSetting.feeRate:
      return [0, 100_000]
    case accountSetting.initialMargin:
    case accountSetting.maintenanceMargin:
    case accountSetting.liquidationMargin:
      return [0, 4_000_000]
    case accountSetting.reduceOnly:
    case accountSetting.halted:
      return [0, 1]
    default:
      return undefined
  }
}

export const setField = (account: Account, field: number, value: number, config: MarketConfig): Reason => {
  const range = rangeOf(field, config)
  if (range === undefined || value < range[0] || value > range[1]) return reason.malformed
  switch (field) {
    case accountSetting.permissions:
      return setPermissions(account, value)
    case accountSetting.cash:
      account.changeCash(BigInt(value) - account.cash)
      return reason.none
    case accountSetting.cashChange:
      return changeCash(account, BigInt(value))
    case accountSetting.reduceOnly:
      account.put('reduceOnly', value === 1)
      return reason.none
    case accountSetting.halted:
      account.put('halted', value === 1)
      return reason.none
    default:
      keep(account, field, value)
      return reason.none
  }
}

const keep = (account: Account, field: number, value: number): void => {
  account.settings.set(field, BigInt(value))
  const rows: readonly number[] = [accountSetting.repeatMaximum, accountSetting.repeatWindow]
  const windows: readonly number[] = [accountSetting.outputMaximum, accountSetting.outputWindow]
  if (rows.includes(field)) account.row = undefined
  if (windows.includes(field)) account.window = undefined
}

const setPermissions = (account: Account, value: number): Reason => {
  const isMargin = (value & permission.margin) !== 0
  if (isMargin !== account.may('margin') && account.open.orders > 0) return reason.margin
  account.settings.set(accountSetting.permissions, BigInt(value))
  return reason.none
}

const changeCash = (account: Account, change: bigint): Reason => {
  const cash = account.cash + change
  if (cash < -BigInt(large) || cash > BigInt(large)) return reason.malformed
  if (change < 0n) {
    if (account.may('margin')) {
      const needed = shareUp(exposureNow(account), account.setting('initialMargin'))
      if (account.equity + change < needed) return reason.margin
    } else if (cash < account.cashNeeded(0n)) return reason.buyingPower
  }
  account.changeCash(change)
  return reason.none
}
