import { orderType, side } from '../../layout.ts'
import { type Reason, reason } from '../../reasons.ts'
import { type Account, shareUp } from './account.ts'
import { most, size } from './position.ts'
import { readFlags } from './words.ts'

/** An order as risk looks at it. */
export interface Wish {
  readonly flags: number
  /** As entered. */
  readonly price: number
  readonly valuation: bigint
  readonly quantity: bigint
  readonly time: number
  readonly amended: boolean
}

type Check = (account: Account, wish: Wish) => Reason

/** The first refusal in the order of their numbers. Checks before it may have left their marks. */
export const firstRefusal: Check = (account, wish) => {
  for (const check of checks) {
    const told = check(account, wish)
    if (told !== reason.none) return told
  }
  return reason.none
}

const refuseIf = (wrong: boolean, why: Reason): Reason => (wrong ? why : reason.none)
const isBuy = (wish: Wish): boolean => readFlags(wish.flags).side === side.buy
const limit = 2n ** 50n

const repeated: Check = (account, wish) => {
  const maximum = account.setting('repeatMaximum')
  if (maximum === 0n || wish.amended) return reason.none
  const { side, type } = readFlags(wish.flags)
  const asked = { side, type, price: wish.price, quantity: Number(wish.quantity) }
  const { row } = account
  const goesOn =
    row !== undefined &&
    row.side === asked.side &&
    row.type === asked.type &&
    row.price === asked.price &&
    row.quantity === asked.quantity &&
    BigInt(wish.time - row.first) <= account.setting('repeatWindow')
  if (!goesOn) {
    account.row = { ...asked, first: wish.time, count: 1 }
    return reason.none
  }
  if (BigInt(row.count) >= maximum) return reason.repeatedOrder
  account.row = { ...row, count: row.count + 1 }
  return reason.none
}

const orderQuantity: Check = (account, wish) =>
  refuseIf(wish.quantity > account.setting('maxOrderQuantity'), reason.orderQuantity)

/** Sums stay exact only below it. */
export const realisedTooMuch = (account: Account): boolean => {
  const { realisedAverage, realisedFifo } = account.holding
  return size(realisedAverage) >= limit || size(realisedFifo) >= limit
}

const orderValue: Check = (account, wish) =>
  refuseIf(
    wish.quantity * wish.valuation > account.setting('maxOrderValue') || realisedTooMuch(account),
    reason.orderValue,
  )

const priceCollar: Check = (account, wish) => {
  const collar = account.setting('collar')
  const { reference } = account
  const { type } = readFlags(wish.flags)
  if (collar === 0n || reference === undefined) return reason.none
  if (type === orderType.market || type === orderType.trailingStop) return reason.none
  const price = BigInt(wish.price)
  return refuseIf(isBuy(wish) ? price > reference + collar : price < reference - collar, reason.priceCollar)
}

const throttled: Check = (account, wish) => {
  const interval = account.setting('throttleInterval')
  if (interval === 0n) return reason.none
  const now = BigInt(wish.time)
  const burst = most(account.setting('throttleBurst'), 1n)
  if (account.arrival > now + (burst - 1n) * interval) return reason.throttled
  account.arrival = most(account.arrival, now) + interval
  return reason.none
}

const position: Check = (account, wish) => {
  const { position: lots } = account.holding
  const { buys, sells } = account.open
  const worst = isBuy(wish) ? lots + buys + wish.quantity : -(lots - sells - wish.quantity)
  return refuseIf(worst > account.setting('maxPosition'), reason.position)
}

const onlyReduces = (account: Account, wish: Wish): boolean => {
  const { position: lots } = account.holding
  const { buys, sells } = account.open
  if (isBuy(wish)) return lots < 0n && buys + wish.quantity <= -lots
  return lots > 0n && sells + wish.quantity <= lots
}

/** The value of the position on its worse side, with what is open and an order. */
const exposure = (account: Account, buying: bigint, selling: bigint): bigint => {
  const { position: lots } = account.holding
  const { buys, sells } = account.open
  return most(size(lots + buys + buying), size(lots - sells - selling)) * (account.reference ?? 0n)
}

const exposureWith = (account: Account, wish: Wish): bigint =>
  isBuy(wish) ? exposure(account, wish.quantity, 0n) : exposure(account, 0n, wish.quantity)

export const exposureNow = (account: Account): bigint => exposure(account, 0n, 0n)

const concentration: Check = (account, wish) => {
  const share = account.setting('maxConcentration')
  if (share === 0n || onlyReduces(account, wish)) return reason.none
  const value = exposureWith(account, wish)
  return refuseIf(
    value * 1_000_000n > share * (value + account.setting('portfolioElsewhere')),
    reason.concentration,
  )
}

const buyingPower: Check = (account, wish) =>
  refuseIf(
    !account.may('margin') &&
      isBuy(wish) &&
      account.cashNeeded(wish.quantity * wish.valuation) > account.cash,
    reason.buyingPower,
  )

const margin: Check = (account, wish) =>
  refuseIf(
    account.may('margin') &&
      !onlyReduces(account, wish) &&
      shareUp(exposureWith(account, wish), account.setting('initialMargin')) > account.equity,
    reason.margin,
  )

const shortNotPermitted: Check = (account, wish) => {
  if (isBuy(wish)) return reason.none
  const isShort = account.open.sells + wish.quantity > most(account.holding.position, 0n)
  const mayBeShort = readFlags(wish.flags).short && account.may('shortSale')
  return refuseIf(isShort && !mayBeShort, reason.shortNotPermitted)
}

const noLocate: Check = (account, wish) => {
  if (isBuy(wish)) return reason.none
  const needed = account.open.sells + wish.quantity - account.holding.position
  return refuseIf(needed > account.setting('locate'), reason.noLocate)
}

export const lostTooMuchToday = (account: Account): boolean => {
  const allowed = account.setting('dailyLoss')
  return allowed !== 0n && account.result - account.startResult < -allowed
}

const dailyLoss: Check = (account) => {
  if (!lostTooMuchToday(account)) return reason.none
  account.put('halted', true, reason.dailyLoss)
  return reason.dailyLoss
}

const reduceOnly: Check = (account, wish) =>
  refuseIf(account.has('reduceOnly') && !onlyReduces(account, wish), reason.reduceOnly)

export const isDrawnDown = (account: Account): boolean => {
  const allowed = account.setting('drawdown')
  return allowed !== 0n && account.bestResult - account.result > allowed
}

const drawdown: Check = (account, wish) => {
  if (!isDrawnDown(account)) return reason.none
  account.put('reduceOnly', true, reason.drawdown)
  return refuseIf(!onlyReduces(account, wish), reason.drawdown)
}

const selfOutput: Check = (account) => {
  const allowed = account.setting('maxOpenOrders')
  return refuseIf(allowed !== 0n && BigInt(account.open.orders) >= allowed, reason.selfOutput)
}

const checks: readonly Check[] = [
  repeated,
  orderQuantity,
  orderValue,
  priceCollar,
  throttled,
  position,
  concentration,
  buyingPower,
  margin,
  shortNotPermitted,
  noLocate,
  dailyLoss,
  reduceOnly,
  drawdown,
  selfOutput,
]
