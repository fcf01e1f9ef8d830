import {
  accountSetting,
  commandType,
  type MarketConfig,
  noPrice,
  permission,
  phase,
  side,
} from '@florin/orderbook'
import { type Dice, diceOf, oneTo } from '../lib/random.ts'
import { StreamBuilder } from './builder.ts'
import { isAtLeast, type Stream, type Way } from './stream.ts'

/** A kind of traffic: how the book is filled, and what comes then. */
export interface Shape {
  readonly name: string
  readonly about: string
  readonly resting: number
  readonly highestPrice: number
  readonly fill: (market: StreamBuilder, resting: number, dice: Dice) => void
  readonly step: (market: StreamBuilder, resting: number, dice: Dice) => void
}

const mostLots = 100
const averageLots = (1 + mostLots) / 2

export const shapes: readonly Shape[] = [
  {
    name: 'mixed',
    about: '60 % added near the touch, 30 % cancels, 10 % crossing that take about three orders',
    resting: 20_000,
    highestPrice: 2 ** 16 - 1,
    fill: (market, resting, dice) => until(market, resting, () => addNear(market, 15, dice)),
    step: (market, resting, dice) => mixed(market, resting, 15, dice),
  },
  {
    name: 'deep',
    about: 'the same over 200,000 orders at thousands of prices',
    resting: 200_000,
    highestPrice: 2 ** 16 - 1,
    fill: (market, resting, dice) => until(market, resting, () => addNear(market, 2_000, dice)),
    step: (market, resting, dice) => mixed(market, resting, 2_000, dice),
  },
  {
    name: 'one level',
    about: 'the same with every order at one of two prices',
    resting: 20_000,
    highestPrice: 2 ** 16 - 1,
    fill: (market, resting, dice) => until(market, resting, () => addAtTouch(market, dice)),
    step: crowded,
  },
  {
    name: 'wide',
    about: 'the same over four million prices, most of them empty',
    resting: 20_000,
    highestPrice: 2 ** 22 - 1,
    fill: (market, resting, dice) => until(market, resting, () => addNear(market, 200_000, dice)),
    step: (market, resting, dice) => mixed(market, resting, 200_000, dice),
  },
  {
    name: 'cancel storm',
    about: 'orders near the touch, half of them cancelled, again and again',
    resting: 20_000,
    highestPrice: 2 ** 16 - 1,
    fill: (market, resting, dice) => until(market, resting, () => addNear(market, 15, dice)),
    step: storm,
  },
  {
    name: 'sweeps',
    about: 'every 50th order takes about 50 of the book, over several prices; the others are added',
    resting: 20_000,
    highestPrice: 2 ** 16 - 1,
    fill: (market, resting, dice) => until(market, resting, () => addNear(market, 15, dice)),
    step: (market, resting, dice) =>
      market.count % 50 === 0 ? cross(market, 50, resting, dice) : addNear(market, 15, dice),
  },
]

/** The same commands every time, whatever the machine. */
export function streamOf(shape: Shape, way: Way, commands: number): Stream {
  const dice = diceOf(4)
  const resting = Math.min(shape.resting, Math.ceil(commands / 4))
  const config = configOf(shape, way, commands + 4 * resting)
  const market = new StreamBuilder(way, config, commands + 4 * resting + 10_000, dice)
  market.other(commandType.reference, { price: market.middle })
  if (config.risk) for (let account = 1; account <= config.accounts; account++) equip(market, account)
  market.other(commandType.phase, { flags: phase.continuous, price: noPrice })
  shape.fill(market, resting, dice)
  market.filled()
  const end = market.count + commands
  while (market.count < end) shape.step(market, resting, dice)
  return market.done(shape.name)
}

function configOf({ highestPrice, resting }: Shape, way: Way, commands: number): MarketConfig {
  return {
    lowestPrice: 1,
    highestPrice,
    orders: 4 * resting,
    accounts: 256,
    sessions: 1,
    clientIds: isAtLeast(way, '+ risk') ? 2 ** Math.ceil(Math.log2(commands)) : 1,
    largestPosition: 2 ** 26,
    risk: isAtLeast(way, '+ risk'),
    digest: isAtLeast(way, '+ digest'),
  }
}

/** Every check of an account is on, with limits that are never reached: nothing is refused, everything is looked at. */
function equip(market: StreamBuilder, account: number): void {
  const limits: Partial<Record<keyof typeof accountSetting, number>> = {
    permissions: permission.buy | permission.sell,
    maxOrderQuantity: 2 ** 20,
    maxOrderValue: 2 ** 44,
    maxPosition: 2 ** 24,
    collar: market.middle,
    throttleInterval: 1,
    throttleBurst: 2 ** 16,
    repeatWindow: 1_000_000,
    repeatMaximum: 1_000,
    cash: 2 ** 50,
    feeRate: 100,
    dailyLoss: 2 ** 48,
    drawdown: 2 ** 48,
    outputWindow: 1_000_000,
    outputMaximum: 2 ** 30,
    maxOpenOrders: 2 ** 20,
  }
  for (const [name, value] of Object.entries(limits))
    market.other(commandType.account, {
      account,
      flags: accountSetting[name as keyof typeof accountSetting],
      clientLow: (value % 2 ** 32) | 0,
      clientHigh: Math.floor(value / 2 ** 32),
    })
  market.other(commandType.adjust, { account, flags: side.buy, quantity: 2 ** 17, price: market.middle })
}

function until(market: StreamBuilder, resting: number, add: () => void): void {
  while (market.living < resting) add()
}

function mixed(market: StreamBuilder, resting: number, spread: number, dice: Dice): void {
  const roll = dice()
  if (roll < 0.6 || market.living < resting / 2) addNear(market, spread, dice)
  else if (roll < 0.9) market.cancelAny()
  else cross(market, 3, resting, dice)
}

function crowded(market: StreamBuilder, resting: number, dice: Dice): void {
  const roll = dice()
  if (roll < 0.6 || market.living < resting / 2) addAtTouch(market, dice)
  else if (roll < 0.9) market.cancelAny()
  else cross(market, 3, resting, dice)
}

/** A round of adding up to one and a half times the orders that rest, and of cancelling down to half of them. */
function storm(market: StreamBuilder, resting: number, dice: Dice): void {
  const round = Math.trunc(market.count / resting)
  if (round % 2 === 0 ? market.living < 1.5 * resting : market.living <= resting / 2)
    addNear(market, 15, dice)
  else market.cancelAny()
}

function eitherSide(dice: Dice): 0 | 1 {
  return dice() < 0.5 ? side.buy : side.sell
}

/** Behind the best price of its side or one tick in front of it, without trading; the further the rarer. */
function addNear(market: StreamBuilder, spread: number, dice: Dice): void {
  const distance = Math.floor(-Math.log(1 - dice()) * spread) - 1
  const quantity = oneTo(mostLots, dice)
  const [bid, ask] = touch(market)
  if (eitherSide(dice) === side.buy)
    market.limit(side.buy, Math.max(market.lowestPrice, Math.min(bid - distance, ask - 1)), quantity)
  else market.limit(side.sell, Math.min(market.highestPrice, Math.max(ask + distance, bid + 1)), quantity)
}

function addAtTouch(market: StreamBuilder, dice: Dice): void {
  const of = eitherSide(dice)
  market.limit(of, of === side.buy ? market.middle : market.middle + 1, oneTo(mostLots, dice))
}

/** Takes about so many orders; more where more rest than should, so that the book keeps its size. */
function cross(market: StreamBuilder, orders: number, resting: number, dice: Dice): void {
  const [bid, ask] = touch(market)
  const most = Math.ceil(2 * averageLots * orders * Math.min(4, market.living / resting))
  const quantity = oneTo(most, dice)
  const reach = 1_000
  // Prices come back to the middle, however long the stream is.
  const up = dice() < (bid > market.middle ? 0.45 : 0.55)
  if (up) market.limit(side.buy, Math.min(market.highestPrice, ask + reach), quantity)
  else market.limit(side.sell, Math.max(market.lowestPrice, bid - reach), quantity)
}

/** The best prices; around the middle where nobody is. */
function touch(market: StreamBuilder): [bid: number, ask: number] {
  const { bestBid, bestAsk, lowestPrice, highestPrice, middle } = market
  return [
    bestBid < lowestPrice ? Math.min(middle, bestAsk - 1) : bestBid,
    bestAsk > highestPrice ? Math.max(middle + 1, bestBid + 1) : bestAsk,
  ]
}
