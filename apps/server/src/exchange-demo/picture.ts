import { fit, type Paint, pad, padLeft } from './paint.ts'

export interface LevelLine {
  readonly price: string
  /** Lots that are shown. */
  readonly quantity: number
}

export interface TradeLine {
  readonly price: string
  readonly quantity: number
  readonly side: 'buy' | 'sell' | 'auction'
  readonly buyer: string
  readonly seller: string
}

export interface PersonLine {
  readonly name: string
  /** Lots, short below 0. */
  readonly position: number
  /** Money in the quote, decimal strings. */
  readonly realisedAverage: string
  readonly realisedFifo: string
  readonly unrealised: string
  readonly cash: string
}

/** Everything that a picture shows. */
export interface Scene {
  readonly market: string
  readonly phase: string
  readonly last: string | undefined
  readonly indicative: { readonly price: string; readonly volume: number } | undefined
  readonly lots: number
  readonly orders: number
  /** The best first. */
  readonly bids: readonly LevelLine[]
  readonly asks: readonly LevelLine[]
  /** The newest first. */
  readonly trades: readonly TradeLine[]
  readonly people: readonly PersonLine[]
}

export const columns = 80
const depth = 6
const barWidth = 9
const ladderWidth = 44

/** A picture of 24 lines of at most 80 columns. */
export function draw(scene: Scene, paint: Paint): string[] {
  return [
    heading(scene, paint),
    paint.dim('─'.repeat(columns)),
    ...beside(ladder(scene, paint), trades(scene, paint)),
    paint.dim('─'.repeat(columns)),
    ...people(scene, paint),
  ]
}

function heading({ market, phase, last, indicative, lots, orders }: Scene, paint: Paint): string {
  const price =
    indicative === undefined ? `last ${last ?? '–'}` : `auction ${indicative.price} x ${indicative.volume}`
  const counts = `${count(lots)} lots, ${count(orders)} orders`
  return `${paint.bold(fit(market, 10))}${paint.yellow(fit(phase, 18))}${fit(price, 22)}${padLeft(counts, columns - 50)}`
}

function ladder({ asks, bids }: Scene, paint: Paint): string[] {
  const most = Math.max(1, ...asks.map(({ quantity }) => quantity), ...bids.map(({ quantity }) => quantity))
  const bar = (quantity: number): string => '█'.repeat(Math.ceil((quantity / most) * barWidth))
  const title = `${padLeft('bids', barWidth + 7)} ${pad('', 9)} ${pad('   asks', barWidth + 7)}`
  const askLines = Array.from({ length: depth }, (_, i) => asks[depth - 1 - i]).map((level) =>
    level === undefined
      ? ''
      : `${pad('', barWidth + 8)}${paint.red(padLeft(level.price, 9))} ${padLeft(String(level.quantity), 6)} ${paint.red(bar(level.quantity))}`,
  )
  const bidLines = Array.from({ length: depth }, (_, i) => bids[i]).map((level) =>
    level === undefined
      ? ''
      : `${paint.green(padLeft(bar(level.quantity), barWidth))} ${padLeft(String(level.quantity), 6)} ${paint.green(padLeft(level.price, 9))}`,
  )
  return [paint.dim(title), ...askLines, ...bidLines]
}

function trades(scene: Scene, paint: Paint): string[] {
  const lines = scene.trades.slice(0, 2 * depth).map(({ price, quantity, side, buyer, seller }) => {
    const shown = `${padLeft(price, 8)} ${padLeft(String(quantity), 4)}`
    const coloured = side === 'buy' ? paint.green(shown) : side === 'sell' ? paint.red(shown) : shown
    return `${coloured}  ${fit(buyer, 9)} ${paint.dim('←')} ${fit(seller, 9)}`
  })
  return [paint.dim(`${padLeft('price', 8)} ${padLeft('lots', 4)}  ${pad('buyer', 9)}   seller`), ...lines]
}

function people({ people }: Scene, paint: Paint): string[] {
  const line = (cells: readonly string[]): string =>
    fit(cells[0] ?? '', 12) +
    cells
      .slice(1)
      .map((cell, i) => padLeft(cell, i === 0 ? 12 : 14))
      .join('')
  const title = ['participant', 'position', 'realised avg', 'by FIFO', 'unrealised', 'buying power']
  return [
    paint.dim(line(title)),
    ...people.map(({ name, position, realisedAverage, realisedFifo, unrealised, cash }) => {
      const money = [realisedAverage, realisedFifo, unrealised, cash].map(grouped)
      const text = line([name, count(position), ...money])
      return realisedAverage.startsWith('-') ? paint.red(text) : text
    }),
  ]
}

/** Two pictures side by side, the left one of a fixed width. */
function beside(left: readonly string[], right: readonly string[]): string[] {
  return Array.from({ length: Math.max(left.length, right.length) }, (_, i) =>
    `${pad(left[i] ?? '', ladderWidth)}${right[i] ?? ''}`.trimEnd(),
  )
}

function count(value: number): string {
  return value.toLocaleString('en-US')
}

/** A decimal with its thousands apart. */
function grouped(amount: string): string {
  return amount.replace(/\B(?=(\d{3})+(?!\d))(?<!\.\d*)/g, ',')
}
