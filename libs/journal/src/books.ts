import { add, type Decimal, formatDecimal, neg, parseDecimal, ZERO } from './decimal.ts'
import { KEYS } from './florin.ts'
import type {
  AccountType,
  JournalAccount,
  JournalCommodity,
  JournalFormat,
  JournalLine,
  JournalResult,
  JournalTransaction,
  Metadata,
  SourceRef,
  ZeroLine,
} from './model.ts'
import type { Report } from './report.ts'

/** One booked movement as a format's reader hands it over; the number may be zero. */
export interface Movement {
  readonly account: string
  readonly commodity: string
  readonly number: Decimal
  readonly metadata: Metadata
  readonly source: SourceRef
}

export interface BookedEntry extends Omit<JournalTransaction, 'lines' | 'zeroLines'> {
  readonly movements: readonly Movement[]
  readonly empty: readonly ZeroLine[]
}

interface AccountFacts {
  opened?: string
  closed?: string
  metadata: Metadata
  source: SourceRef
}

function without(metadata: Metadata, keys: readonly string[]): Metadata {
  return Object.fromEntries(Object.entries(metadata).filter(([key]) => !keys.includes(key)))
}

/** Gathers accounts, commodities and entries, then closes them into a result that balances exactly. */
export class Books {
  private readonly accounts = new Map<string, AccountFacts>()
  private readonly commodities = new Map<string, { metadata: Metadata; source: SourceRef }>()
  private readonly decimals = new Map<string, number>()
  private readonly entries: BookedEntry[] = []
  private readonly report: Report
  /** File's name → name in the books, from the metadata of an export of ours. */
  private readonly addresses = new Map<string, string>()
  private readonly assets = new Map<string, string>()
  private readonly conversion: string
  /** Where a name of the original books was told only after the name in the file had been used. */
  lateName: SourceRef | undefined

  constructor(report: Report, conversion: string) {
    this.report = report
    this.conversion = conversion
  }

  account(name: string, facts: AccountFacts): void {
    const known = this.accounts.get(name)
    if (known === undefined) this.accounts.set(name, facts)
    else {
      if (facts.opened !== undefined) known.opened = facts.opened
      if (facts.closed !== undefined) known.closed = facts.closed
      known.metadata = { ...known.metadata, ...facts.metadata }
    }
    const address = facts.metadata[KEYS.address]
    if (address === undefined) return
    if (known !== undefined) this.lateName ??= facts.source
    this.addresses.set(name, address)
  }

  commodity(code: string, metadata: Metadata, source: SourceRef): void {
    const isKnown = this.commodities.has(code)
    if (!isKnown) this.commodities.set(code, { metadata, source })
    const asset = metadata[KEYS.asset]
    if (asset === undefined) return
    if (isKnown) this.lateName ??= source
    this.assets.set(code, asset)
  }

  entry(entry: BookedEntry): void {
    this.entries.push(entry)
  }

  /** An entry at once as what it books; undefined where it only asserts balances. Names must be known by now. */
  convert(entry: BookedEntry): JournalTransaction | undefined {
    const transaction = this.balance(entry)
    return isAssertionsOnly(transaction) ? undefined : transaction
  }

  close(
    format: JournalFormat,
    files: readonly string[],
    typeOf: (account: string) => AccountType | undefined,
  ): JournalResult {
    const { report } = this
    const transactions = this.entries
      .map((entry) => this.balance(entry))
      .filter((each) => !isAssertionsOnly(each))
    const accounts: JournalAccount[] = []
    for (const [name, facts] of this.accounts) {
      const type = typeOf(name)
      if (type === undefined) {
        report.error(
          facts.source,
          'account_type',
          `the type of account "${name}" cannot be told from its root: declare it or map its prefix`,
          { account: name },
        )
        continue
      }
      const { metadata, source } = facts
      // An export may have had to open an account earlier than it was opened in our books.
      const opened = metadata[KEYS.opened] ?? facts.opened
      const closed = metadata[KEYS.closed] ?? facts.closed
      accounts.push({
        name: this.addresses.get(name) ?? name,
        type,
        ...(opened === undefined || opened === '' ? {} : { opened }),
        ...(closed === undefined ? {} : { closed }),
        metadata: without(metadata, [KEYS.address, KEYS.opened, KEYS.closed]),
        source,
      })
    }
    this.refuseMerged(this.addresses, this.accounts, 'account')
    this.refuseMerged(this.assets, this.commodities, 'commodity')
    report.sort(files)
    return {
      format,
      files,
      accounts,
      commodities: this.closeCommodities(),
      transactions,
      assertions: report.assertions,
      notRepresented: report.notRepresented,
      notices: report.notices,
      errors: report.errors,
    }
  }

  /** Two names that claim the same original would silently become one account or asset. */
  private refuseMerged(
    renamed: ReadonlyMap<string, string>,
    all: ReadonlyMap<string, { readonly source: SourceRef }>,
    what: string,
  ): void {
    const owner = new Map<string, string>()
    for (const name of all.keys()) if (!renamed.has(name)) owner.set(name, name)
    for (const [name, original] of renamed) {
      const other = owner.get(original)
      const source = all.get(name)?.source
      if (other !== undefined && source !== undefined)
        this.report.error(
          source,
          'merged_names',
          `${what} ${name} and ${other} both claim to be "${original}"`,
        )
      owner.set(original, name)
    }
  }

  private closeCommodities(): JournalCommodity[] {
    const out: JournalCommodity[] = []
    for (const [code, { metadata, source }] of this.commodities) {
      const declared = Number(metadata[KEYS.exponent])
      out.push({
        code: this.assets.get(code) ?? code,
        decimals: this.decimals.get(code) ?? 0,
        ...(Number.isSafeInteger(declared) && declared >= 0 ? { exponent: declared } : {}),
        metadata: without(metadata, [KEYS.asset, KEYS.exponent]),
        source,
      })
    }
    return out
  }

  /** Makes each commodity sum to zero by itself: what is left over goes through the conversion account. */
  private balance(entry: BookedEntry): JournalTransaction {
    const { movements, empty, ...head } = entry
    const lines: JournalLine[] = []
    const zeroLines: ZeroLine[] = [...empty]
    const sums = new Map<string, Decimal>()
    for (const { account, commodity, number, metadata, source } of movements) {
      this.use(account, commodity, source)
      if (number.n === 0n) {
        zeroLines.push({ account: this.address(account), commodity: this.asset(commodity), metadata, source })
        continue
      }
      this.measure(commodity, number)
      sums.set(commodity, add(sums.get(commodity) ?? ZERO, number))
      lines.push(this.line(account, commodity, number, 'posting', metadata, source))
    }
    for (const line of empty) this.use(line.account, line.commodity, line.source)
    for (const [commodity, left] of sums) {
      if (left.n === 0n) continue
      this.use(this.conversion, commodity, entry.source)
      this.measure(commodity, left)
      lines.push(this.line(this.conversion, commodity, neg(left), 'conversion', {}, entry.source))
    }
    for (const commodity of sums.keys()) lines.push(...this.partners(commodity, lines, entry.source))
    return { ...head, lines, zeroLines }
  }

  /**
   * A posting in the books moves between two accounts. Where an entry moves more from an account to that same account
   * than the other lines can take up (lots exchanged within an account, say), the rest goes through the conversion
   * account, in and out.
   */
  private partners(commodity: string, lines: readonly JournalLine[], source: SourceRef): JournalLine[] {
    const excess = selfFacing(lines.filter((line) => line.commodity === this.asset(commodity)))
    if (excess.n <= 0n) return []
    this.use(this.conversion, commodity, source)
    return [excess, neg(excess)].map((number) =>
      this.line(this.conversion, commodity, number, 'conversion', {}, source),
    )
  }

  private line(
    account: string,
    commodity: string,
    number: Decimal,
    role: JournalLine['role'],
    metadata: Metadata,
    source: SourceRef,
  ): JournalLine {
    return {
      account: this.address(account),
      commodity: this.asset(commodity),
      amount: formatDecimal(number),
      role,
      metadata,
      source,
    }
  }

  private address(name: string): string {
    return this.addresses.get(name) ?? name
  }

  private asset(code: string): string {
    return this.assets.get(code) ?? code
  }

  private use(account: string, commodity: string | undefined, source: SourceRef): void {
    if (!this.accounts.has(account)) this.accounts.set(account, { metadata: {}, source })
    if (commodity !== undefined && !this.commodities.has(commodity))
      this.commodities.set(commodity, { metadata: {}, source })
  }

  private measure(commodity: string, number: Decimal): void {
    const known = this.decimals.get(commodity) ?? 0
    if (number.s > known) this.decimals.set(commodity, number.s)
  }
}

/** How much more one account is debited and credited than all lines of the commodity are debited; the sums are equal. */
function selfFacing(lines: readonly JournalLine[]): Decimal {
  // An account that stands on one line only can't move more than all of a side.
  if (lines.every(({ account }, i) => lines.findIndex((line) => line.account === account) === i)) return ZERO
  let total = ZERO
  const turnover = new Map<string, Decimal>()
  for (const { account, amount } of lines) {
    const number = parseDecimal(amount) ?? ZERO
    const size = number.n < 0n ? neg(number) : number
    if (number.n > 0n) total = add(total, number)
    turnover.set(account, add(turnover.get(account) ?? ZERO, size))
  }
  // At most one account can have more than half of everything.
  return [...turnover.values()].map((each) => add(each, neg(total))).find((excess) => excess.n > 0n) ?? ZERO
}

/** The last transaction of an export of ours: it asserts balances and moves nothing. */
function isAssertionsOnly(transaction: JournalTransaction): boolean {
  return transaction.metadata[KEYS.assertions] !== undefined && transaction.lines.length === 0
}
