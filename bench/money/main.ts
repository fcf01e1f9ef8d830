/**
 * Florin's amounts beside dinero.js, decimal.js and big.js, and beside the bare bigint arithmetic under them.
 *
 *   node bench/money/main.ts [--short] [--json]
 */
import { cpus } from 'node:os'
import {
  bareContender,
  bigContender,
  bigintDineroContender,
  type Contender,
  decimalContender,
  dineroContender,
  florinContender,
  type Inputs,
} from './contenders.ts'
import { type MeasureOptions, measure, type Work } from './measure.ts'

export interface MoneyBenchOptions {
  /** Fewer and shorter runs: to see that it works, not to quote. */
  readonly short?: boolean
}

export interface MoneyBenchRow {
  /** Which amounts: `cents` (2 decimals, up to 10^9) or `wei` (18 decimals, beyond 64 bits). */
  readonly scenario: string
  readonly operation: string
  readonly library: string
  readonly nsPerOp: number
  readonly opsPerSecond: number
  /** Speed relative to the fastest library other than Florin; the bare arithmetic is no library. */
  readonly timesFastestPeer: number
}

const OPERATIONS = ['parse', 'format', 'add', 'multiply', 'allocate', 'pipeline'] as const
type Operation = (typeof OPERATIONS)[number]

const FLORIN = 'florin'
const LIMIT = '(bare bigint)'
const INPUT_COUNT = 1024
const MASK = INPUT_COUNT - 1

export async function moneyBench(options: MoneyBenchOptions = {}): Promise<MoneyBenchRow[]> {
  const timing = options.short ? { runs: 5, runMs: 10 } : { runs: 9, runMs: 150 }
  const rows: MoneyBenchRow[] = []
  for (const [scenario, inputs] of Object.entries(scenarios())) {
    const bouts = [...worksOf(inputs)]
    for (const operation of OPERATIONS) rows.push(...runBout(scenario, operation, bouts, timing))
  }
  return rows
}

function scenarios(): Record<string, Inputs> {
  const cents = Array.from({ length: INPUT_COUNT }, (_, n) => decimalText(BigInt(n) * 95_367_431n + 7n, 2))
  const wei = Array.from({ length: INPUT_COUNT }, (_, n) => decimalText(BigInt(n + 1) * 3n ** 55n + 11n, 18))
  return {
    cents: { exponent: 2, texts: cents, safe: true },
    wei: { exponent: 18, texts: wei, safe: false },
  }
}

function decimalText(minor: bigint, exponent: number): string {
  const digits = minor.toString().padStart(exponent + 1, '0')
  return `${digits.slice(0, -exponent)}.${digits.slice(-exponent)}`
}

interface Entry {
  readonly library: string
  readonly works: Readonly<Record<Operation, Work>>
}

function* worksOf(inputs: Inputs): Generator<Entry> {
  const answers = answersOf(florinContender(inputs), inputs)
  yield entry(florinContender(inputs), inputs, answers)
  if (inputs.safe) yield entry(dineroContender(inputs), inputs, answers)
  yield entry(bigintDineroContender(inputs), inputs, answers)
  yield entry(decimalContender(inputs), inputs, answers)
  yield entry(bigContender(inputs), inputs, answers)
  yield { library: LIMIT, works: prepare(bareContender(inputs), inputs) }
}

/** Only the same work is compared: a library whose answers differ stops the benchmark. */
function entry<T>(contender: Contender<T>, inputs: Inputs, answers: readonly string[]): Entry {
  const own = answersOf(contender, inputs)
  const differs = own.findIndex((answer, index) => answer !== answers[index])
  if (differs !== -1) {
    throw new Error(`${contender.library} answers ${own[differs]}, Florin ${answers[differs]}`)
  }
  return { library: contender.library, works: prepare(contender, inputs) }
}

function answersOf<T>(contender: Contender<T>, { texts }: Inputs): string[] {
  const values = texts.map((text) => contender.parse(text))
  return values.flatMap((value, index) => {
    const next = values[(index + 1) & MASK] ?? value
    // Who gets the odd unit is each library's own rule (dinero.js: the first parts); that none is lost is not.
    const allocated = contender.allocate(value).reduce((total, part) => contender.add(total, part))
    const results = [value, contender.add(value, next), contender.multiply(value), allocated]
    return results.map((result) => contender.format(result))
  })
}

function prepare<T>(contender: Contender<T>, { texts }: Inputs): Readonly<Record<Operation, Work>> {
  const values = texts.map((text) => contender.parse(text))
  const text = (index: number) => texts[index & MASK] ?? ''
  const value = (index: number) => values[index & MASK] as T
  return {
    parse: (index) => contender.parse(text(index)),
    format: (index) => contender.format(value(index)),
    add: (index) => contender.add(value(index), value(index + 1)),
    multiply: (index) => contender.multiply(value(index)),
    allocate: (index) => contender.allocate(value(index)),
    pipeline: (index) => {
      const total = contender.add(contender.parse(text(index)), contender.parse(text(index + 1)))
      return contender.format(contender.multiply(total))
    },
  }
}

function runBout(
  scenario: string,
  operation: Operation,
  bouts: readonly Entry[],
  timing: MeasureOptions,
): MoneyBenchRow[] {
  const times = measure(
    bouts.map((bout) => bout.works[operation]),
    timing,
  )
  const peers = times.filter(
    (_, index) => bouts[index]?.library !== FLORIN && bouts[index]?.library !== LIMIT,
  )
  const fastestPeer = Math.min(...peers)
  return bouts.map(({ library }, index) => {
    const nsPerOp = times[index] ?? Number.NaN
    return {
      scenario,
      operation,
      library,
      nsPerOp,
      opsPerSecond: 1e9 / nsPerOp,
      timesFastestPeer: fastestPeer / nsPerOp,
    }
  })
}

export function printMoney(rows: readonly MoneyBenchRow[]): void {
  const [cpu] = cpus()
  console.log(`${cpus().length} x ${cpu?.model ?? 'unknown processor'}, Node ${process.version}, one thread`)
  console.log(
    'pipeline = parse two, add, multiply by 1.0845 half-even, format; medians; same answers checked first\n',
  )
  console.log(line('scenario', 'operation', 'library', 'ns/op', 'ops/s', 'x fastest peer'))
  let previous = ''
  for (const row of rows) {
    const group = `${row.scenario}/${row.operation}`
    if (previous !== '' && group !== previous) console.log('')
    previous = group
    const speed = Math.round(row.opsPerSecond).toLocaleString('en-US')
    console.log(
      line(
        row.scenario,
        row.operation,
        row.library,
        row.nsPerOp.toFixed(1),
        speed,
        row.timesFastestPeer.toFixed(2),
      ),
    )
  }
}

function line(...cells: readonly string[]): string {
  const widths = [9, 10, 18, 9, 13, 15]
  return cells
    .map((cell, index) => (index < 3 ? cell.padEnd(widths[index] ?? 0) : cell.padStart(widths[index] ?? 0)))
    .join(' ')
}

if (import.meta.main) {
  const rows = await moneyBench({ short: process.argv.includes('--short') })
  if (process.argv.includes('--json')) console.log(JSON.stringify(rows, null, 2))
  else printMoney(rows)
}
