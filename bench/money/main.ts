import type { Bench, Report, Table } from '../lib/section.ts'
import { whole } from '../lib/table.ts'
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

interface MoneyBenchRow {
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

/** Florin's amounts beside dinero.js, decimal.js and big.js, and beside the bare bigint arithmetic under them. */
export async function moneySection(bench: Bench): Promise<Report> {
  const timing = bench.options.short ? { runs: 5, runMs: 4 } : { runs: 9, runMs: 100 }
  const rows: MoneyBenchRow[] = []
  for (const [scenario, inputs] of Object.entries(scenarios())) {
    const bouts = [...worksOf(inputs)]
    for (const operation of OPERATIONS) {
      bench.progress(`money: ${scenario}, ${operation}`)
      rows.push(...runBout(scenario, operation, bouts, timing))
    }
  }
  return {
    about: [
      'Amounts of money: nanoseconds an operation on one thread, medians; all answers are compared before.',
      'Limit: the bare bigint arithmetic. pipeline = parse two, add, multiply by 1.0845 half-even, format.',
    ],
    tables: [tableOf(rows)],
    data: rows,
  }
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

function tableOf(rows: readonly MoneyBenchRow[]): Table {
  return {
    texts: 3,
    columns: ['scenario', 'operation', 'library', 'ns/op', 'ops/s', 'x fastest peer'],
    rows: rows.map((row) => [
      row.scenario,
      row.operation,
      row.library,
      row.nsPerOp.toFixed(1),
      whole(row.opsPerSecond),
      row.timesFastestPeer.toFixed(2),
    ]),
  }
}
