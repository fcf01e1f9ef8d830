import {
  type Account,
  type Books,
  balance,
  findAccount,
  minorUnits,
  type Side,
  sum,
  type Template,
} from './books.ts'

/** Inputs as they are sent. */
export interface PostingInput {
  readonly debit: string
  readonly credit: string
  readonly amount: string
  readonly asset: string
}
export interface LineInput {
  readonly account: string
  readonly asset: string
  readonly debit?: string | undefined
  readonly credit?: string | undefined
}
export interface ConditionInput {
  readonly account: string
  readonly asset: string
  readonly available_min?: string | undefined
  readonly version?: string | undefined
}
export interface Movements {
  readonly postings?: readonly PostingInput[] | undefined
  readonly lines?: readonly LineInput[] | undefined
}

export interface Place {
  readonly address: string
  readonly asset: string
}

/** Everything that speaks against a request; which of it is answered, the documented order of the command decides. */
export class Verdict {
  readonly codes = new Set<string>()

  no(code: string): void {
    this.codes.add(code)
  }

  first(precedence: readonly string[]): string | undefined {
    const unknown = [...this.codes].filter((code) => !precedence.includes(code))
    if (unknown.length > 0) throw new Error(`Not among the documented refusals: ${unknown.join(', ')}`)
    return precedence.find((code) => this.codes.has(code))
  }
}

/** One side of one account by an amount, in minor units. */
export interface Leg {
  readonly place: Place
  readonly side: Side
  readonly amount: bigint
}

export class Judge {
  readonly #books: Books
  readonly #decimals: ReadonlyMap<string, number>
  readonly #verdict: Verdict

  constructor(books: Books, decimals: ReadonlyMap<string, number>, verdict: Verdict) {
    this.#books = books
    this.#decimals = decimals
    this.#verdict = verdict
  }

  /** Minor units; undefined where something speaks against the amount. */
  amount(asset: string, text: string, zero: 'allowed' | 'refused'): bigint | undefined {
    const decimals = this.#decimals.get(asset)
    if (decimals === undefined) {
      this.#verdict.no('asset_unknown')
      return undefined
    }
    const minor = minorUnits(text, decimals)
    if (typeof minor === 'string') {
      this.#verdict.no(minor)
      return undefined
    }
    if (minor === 0n && zero === 'refused') {
      this.#verdict.no('amount_zero')
      return undefined
    }
    return minor
  }

  /** The legs of postings or lines; undefined where an amount is no good. */
  legs(movements: Movements): Leg[] | undefined {
    const { postings, lines } = movements
    if ((postings === undefined) === (lines === undefined)) {
      this.#verdict.no('movements_unclear')
      return undefined
    }
    const legs = [
      ...(postings ?? []).flatMap((p) => {
        const amount = this.amount(p.asset, p.amount, 'refused')
        return [
          this.#leg(p.debit, p.asset, 'debits', amount),
          this.#leg(p.credit, p.asset, 'credits', amount),
        ]
      }),
      ...(lines ?? []).map((line) => {
        const side = line.debit === undefined ? 'credits' : 'debits'
        const amount = this.amount(line.asset, line.debit ?? line.credit ?? '', 'refused')
        return this.#leg(line.account, line.asset, side, amount)
      }),
    ]
    const good = legs.flatMap((leg) => leg ?? [])
    if (good.length < legs.length) return undefined
    this.#balanced(good)
    return good
  }

  #leg(address: string, asset: string, side: Side, amount: bigint | undefined): Leg | undefined {
    return amount === undefined ? undefined : { place: { address, asset }, side, amount }
  }

  #balanced(legs: readonly Leg[]): void {
    for (const asset of new Set(legs.map((leg) => leg.place.asset))) {
      const of = (side: Side) =>
        sum(legs.filter((leg) => leg.place.asset === asset && leg.side === side).map((leg) => leg.amount))
      if (of('debits') !== of('credits')) this.#verdict.no('unbalanced')
    }
  }

  /** Postings name an account twice, or lines leave an account nobody but itself to be paired with. */
  pairable(movements: Movements, legs: readonly Leg[]): void {
    if (movements.postings?.some((p) => p.debit === p.credit)) this.#verdict.no('same_account')
    if (movements.lines === undefined) return
    for (const { address, asset } of legs.map((leg) => leg.place)) {
      const ofAsset = legs.filter((leg) => leg.place.asset === asset)
      const own = ofAsset.filter((leg) => leg.place.address === address).map((leg) => leg.amount)
      const total = sum(ofAsset.filter((leg) => leg.side === 'debits').map((leg) => leg.amount))
      if (sum(own) > total) this.#verdict.no('same_account')
    }
  }

  /** The account of a place: the one there is, or the one that would be opened. */
  account(place: Place): Account | undefined {
    const found = findAccount(this.#books, place.address, place.asset)
    if (found !== undefined) return found
    if (!this.#decimals.has(place.asset)) return undefined
    const why = this.#whyNotOpened(place)
    if (why !== undefined) this.#verdict.no(why)
    return why === undefined ? this.opened(place) : undefined
  }

  /** Whether the chart has a place for the account; opening by hand needs no more. */
  openable(place: Place): void {
    const why = this.#whyNotOpened(place)
    if (why !== undefined && why !== 'account_not_found') this.#verdict.no(why)
  }

  #whyNotOpened({ address, asset }: Place): string | undefined {
    if (this.#books.chart === undefined) return 'chart_missing'
    const template = templateOf(this.#books.chart, address)
    if (template === undefined) return 'address_not_in_chart'
    if (template.assets?.includes(asset) === false) return 'asset_not_allowed'
    return template.open_on_first_use ? undefined : 'account_not_found'
  }

  /** A fresh account, as its template wants it. */
  opened({ address, asset }: Place): Account {
    const template = templateOf(this.#books.chart ?? [], address)
    if (template === undefined) throw new Error(`No template for ${address}`)
    const { overdraft, type } = template
    const text = typeof overdraft === 'object' ? (overdraft.limits[asset] ?? '0') : '0'
    const limit = minorUnits(text, this.#decimals.get(asset) ?? 0)
    if (typeof limit === 'string') throw new Error(`The chart has a bad limit for ${asset}`)
    return {
      address,
      asset,
      type,
      limit: overdraft === 'allowed' ? null : limit,
      frozen: 'no',
      closed: false,
    }
  }

  /** Whether an account takes postings on a side. */
  open(account: Account | undefined, side: Side): void {
    if (account?.closed === true) this.#verdict.no('account_closed')
    if (account?.frozen === 'both' || account?.frozen === side) this.#verdict.no('account_frozen')
  }

  /** `opening`: places that the transaction itself opens; their accounts count as there, and empty. */
  condition(condition: ConditionInput, opening: readonly Place[]): void {
    const { account: address, asset } = condition
    const least = this.amount(asset, condition.available_min ?? '0', 'allowed')
    if (least === undefined) return
    const account = findAccount(this.#books, address, asset)
    if (account === undefined && !opening.some((p) => p.address === address && p.asset === asset)) {
      this.#verdict.no('account_not_found')
      return
    }
    const { available, version } =
      account === undefined ? { available: 0n, version: 0n } : balance(this.#books, account)
    if (condition.version !== undefined && BigInt(condition.version) !== version)
      this.#verdict.no('condition_failed')
    if (condition.available_min !== undefined && available < least) this.#verdict.no('condition_failed')
  }
}

/** The templates of these tests never overlap, so the first that fits is the one. */
function templateOf(chart: readonly Template[], address: string): Template | undefined {
  return chart.find((template) => {
    const wanted = template.address.split(':')
    const given = address.split(':')
    return (
      wanted.length === given.length && wanted.every((part, i) => part.startsWith('{') || part === given[i])
    )
  })
}
