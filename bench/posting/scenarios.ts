import { OptionsError } from '../lib/options.ts'
import { type Dice, diceOf, oneTo } from '../lib/random.ts'

/** Account numbers, debit and credit, of one posting after the other. */
export interface Pairs {
  readonly debit: Int32Array
  readonly credit: Int32Array
}

export interface Scenario {
  readonly name: string
  /** In a few words, for the reader of the table. */
  readonly about: string
  readonly accounts: number
  /** One account of a posting each. */
  readonly pick: (dice: Dice, n: number) => { readonly debit: number; readonly credit: number }
  /** Batch sizes, and how the batch comes: calls that are gathered, or one call with all of them. */
  readonly cases: readonly { readonly size: number; readonly mode: Mode }[]
  /** Postings in a transaction. */
  readonly postings: number
  /** Every n-th transaction asks for more than there is. */
  readonly refusedEvery?: number
  /** Every n-th call is an earlier one again. */
  readonly repeatedEvery?: number
  /** Value times are spread over so many days before now. */
  readonly backdatedDays?: number
  /** Each transaction is a hold and its settlement: two records. */
  readonly holds?: boolean
}

/** `post`: a command for each, gathered by the lane; `batch`: one `ledger.transaction.batch` for all. */
export type Mode = 'post' | 'batch'

const gathered = (size: number) => ({ size, mode: 'post' as const })
const together = (size: number) => ({ size, mode: 'batch' as const })

const uniform =
  (accounts: number): Scenario['pick'] =>
  (dice) =>
    apart(oneTo(accounts, dice), oneTo(accounts, dice), accounts)

/** The first account with every other one, on the side that is named. */
const hot =
  (side: 'debit' | 'credit', accounts: number): Scenario['pick'] =>
  (dice) => {
    const other = 1 + oneTo(accounts - 1, dice)
    return side === 'debit' ? { debit: 1, credit: other } : { debit: other, credit: 1 }
  }

const many = 10_000

/** Everything that is measured in process. Short runs have fewer accounts, too. */
export function scenariosOf(short: boolean): readonly Scenario[] {
  const large = short ? 1_000 : 8_000
  const all = [gathered(1), ...[50, 1_000, large].flatMap((size) => [gathered(size), together(size)])]
  const most = [gathered(1_000), together(large)]
  const gatheredOnly = [...new Set([1_000, large])].map(gathered)
  const million = short ? 12_000 : 1_000_000
  const plain = { accounts: many, pick: uniform(many), cases: most, postings: 1 }
  const zipf = zipfOf(many)
  return [
    { ...plain, name: 'uniform-10k', about: 'any two of 10,000 accounts', cases: all },
    {
      ...plain,
      name: 'uniform-1m',
      about: `any two of ${million.toLocaleString('en-US')} accounts`,
      accounts: million,
      pick: uniform(million),
    },
    {
      ...plain,
      name: 'zipf',
      about: 'zipf 1.0 on both sides: the busiest account has a tenth of all',
      pick: (dice) => apart(zipf(dice), zipf(dice), many),
    },
    { ...plain, name: 'hot-debit', about: 'one account is debited by all', pick: hot('debit', many) },
    { ...plain, name: 'hot-credit', about: 'one account is credited by all', pick: hot('credit', many) },
    {
      ...plain,
      name: 'ping-pong',
      about: 'two accounts, back and forth',
      pick: (_, n) => (n % 2 === 0 ? { debit: 1, credit: 2 } : { debit: 2, credit: 1 }),
    },
    { ...plain, name: 'refused-1%', about: 'every 100th asks for more than there is', refusedEvery: 100 },
    {
      ...plain,
      name: 'hold-settle',
      about: 'a hold, then its settlement; each counts as one',
      holds: true,
      cases: gatheredOnly,
    },
    { ...plain, name: 'backdated', about: 'value times over the last 365 days', backdatedDays: 365 },
    {
      ...plain,
      name: 'repeated-10%',
      about: 'every 10th call is an earlier one again; calls a second',
      repeatedEvery: 10,
      cases: gatheredOnly,
    },
    { ...plain, name: '4-postings', about: 'four postings a transaction', postings: 4 },
  ]
}

/** Any two of so many accounts. */
export function uniformOver(accounts: number, cases: Scenario['cases']): Scenario {
  return { name: 'uniform', about: 'any two accounts', accounts, pick: uniform(accounts), cases, postings: 1 }
}

export function scenarioOf(name: string, short: boolean): Scenario {
  const scenario = scenariosOf(short).find((one) => one.name === name)
  if (scenario === undefined) {
    const names = scenariosOf(short).map((one) => one.name)
    throw new OptionsError(`There is no scenario "${name}"; there are: ${names.join(', ')}`)
  }
  return scenario
}

export function pairsOf(scenario: Scenario, count: number, seed = 1): Pairs {
  const dice = diceOf(seed)
  const pairs = { debit: new Int32Array(count), credit: new Int32Array(count) }
  for (let n = 0; n < count; n++) {
    const { debit, credit } = scenario.pick(dice, n)
    pairs.debit[n] = debit
    pairs.credit[n] = credit
  }
  return pairs
}

function apart(debit: number, credit: number, accounts: number): { debit: number; credit: number } {
  return { debit, credit: credit === debit ? (credit % accounts) + 1 : credit }
}

/** Account k is as likely as 1/k. */
function zipfOf(accounts: number): (dice: Dice) => number {
  const upTo = new Float64Array(accounts)
  let total = 0
  for (let k = 1; k <= accounts; k++) {
    total += 1 / k
    upTo[k - 1] = total
  }
  return (dice) => {
    const wanted = dice() * total
    let [low, high] = [0, accounts - 1]
    while (low < high) {
      const middle = (low + high) >> 1
      if ((upTo[middle] ?? total) < wanted) low = middle + 1
      else high = middle
    }
    return low + 1
  }
}
