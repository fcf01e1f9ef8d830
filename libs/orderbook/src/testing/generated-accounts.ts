import { accountSetting, permission } from '../layout.ts'
import { reason } from '../reasons.ts'
import type { Profile } from './profiles.ts'
import type { Random } from './random.ts'

const { buy, sell, shortSale, margin } = permission
const million = 1_000_000

/** Settings with which an account may trade for a while. */
export const openingOfAccount = (random: Random): [field: number, value: number][] => {
  const permissions = random.pick([buy + sell + shortSale + margin, buy + sell + shortSale, buy + sell])
  return [
    [accountSetting.permissions, permissions],
    [accountSetting.group, random.below(3)],
    [accountSetting.maxOrderQuantity, 1000],
    [accountSetting.maxOrderValue, million],
    [accountSetting.maxPosition, random.pick([60, 500])],
    [accountSetting.cash, random.pick([20_000, million])],
    [accountSetting.feeRate, random.pick([0, 1, 1500])],
    [accountSetting.initialMargin, 100_000],
    [accountSetting.maintenanceMargin, 50_000],
    [accountSetting.liquidationMargin, 30_000],
    [accountSetting.locate, random.pick([0, 50, 1000])],
  ]
}

/** What makes an account trade again that was just refused, if it is a matter of one setting. */
export const cureOf = (refusal: number): readonly [field: number, value: number][] => cures[refusal] ?? []

const cures: Readonly<Record<number, readonly [field: number, value: number][]>> = {
  [reason.halted]: [[accountSetting.halted, 0]],
  [reason.reduceOnly]: [[accountSetting.reduceOnly, 0]],
  [reason.dailyLoss]: [[accountSetting.dailyLoss, 0]],
  [reason.notPermitted]: [[accountSetting.permissions, buy + sell + shortSale]],
  [reason.throttled]: [[accountSetting.throttleInterval, 0]],
  [reason.concentration]: [[accountSetting.maxConcentration, 0]],
  [reason.selfOutput]: [[accountSetting.maxOpenOrders, 0]],
  [reason.priceCollar]: [[accountSetting.collar, 0]],
  [reason.buyingPower]: [[accountSetting.cash, million]],
  [reason.margin]: [[accountSetting.cash, 5000]],
  [reason.noLimits]: [
    [accountSetting.maxOrderQuantity, 1000],
    [accountSetting.maxOrderValue, million],
    [accountSetting.maxPosition, 500],
  ],
}

/** Any setting: as often one with which the account may trade as one that matters. */
export const accountChange = (random: Random, profile: Profile): readonly [field: number, value: number] => {
  if (random.percent(40)) return random.pick(openingOfAccount(random))
  const field = random.pick(Object.values(accountSetting))
  return [field, accountValue(random, profile, field)]
}

/** Values that matter in markets of about a hundred ticks and orders of a few dozen lots; now and then any. */
const accountValue = (random: Random, profile: Profile, field: number): number => {
  if (random.oneIn(40)) return random.pick([-1, 0, 2 ** 31, 2 ** 50, 2 ** 50 + 1, -(2 ** 53), 1_000_001])
  return random.pick(valuesOf(profile)[field] ?? [0])
}

const valuesOf = ({ largestQuantity }: Profile): Readonly<Record<number, readonly number[]>> => ({
  [accountSetting.permissions]: [7, 7, 15, 15, 3, 1, 2],
  [accountSetting.group]: [0, 1, 2],
  [accountSetting.maxOrderQuantity]: [largestQuantity, 1000, 1000, 5, 5, 0],
  [accountSetting.maxOrderValue]: [million, million, 1500, 0],
  [accountSetting.maxPosition]: [500, 100, 30, 0],
  [accountSetting.collar]: [0, 0, 2, 5, 20],
  [accountSetting.throttleInterval]: [0, 0, 0, 1000, 300_000],
  [accountSetting.throttleBurst]: [0, 1, 2, 5],
  [accountSetting.repeatWindow]: [1000, 2_000_000, 100_000_000],
  [accountSetting.repeatMaximum]: [0, 1, 1, 2],
  [accountSetting.maxConcentration]: [0, 200_000, 900_000],
  [accountSetting.portfolioElsewhere]: [0, 5000, 100_000],
  [accountSetting.cash]: [0, 3000, 50_000, million],
  [accountSetting.cashChange]: [1, 1000, 20_000, -1, -500, -20_000],
  [accountSetting.feeRate]: [0, 1, 1500, 100_000],
  [accountSetting.initialMargin]: [100_000, 500_000, million],
  [accountSetting.maintenanceMargin]: [50_000, 300_000],
  [accountSetting.liquidationMargin]: [30_000, 200_000],
  [accountSetting.locate]: [0, 20, 1000],
  [accountSetting.dailyLoss]: [1, 10, 50, 1000],
  [accountSetting.drawdown]: [0, 1, 10, 50, 1000],
  [accountSetting.reduceOnly]: [0, 0, 1],
  [accountSetting.outputWindow]: [0, 200_000, 2_000_000, 60_000_000],
  [accountSetting.outputMaximum]: [0, 5, 20, 60],
  [accountSetting.maxOpenOrders]: [0, 0, 3, 10],
  [accountSetting.halted]: [0, 0, 0, 1],
})
