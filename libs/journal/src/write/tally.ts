import { add, type Decimal, ZERO } from '../decimal.ts'
import { amountOf, checkDate, ExportError, type ExportJournal, type ExportTransaction } from './model.ts'

/** Watches what is written: refuses unbalanced transactions, knows balances and first uses at the end. */
export class Tally {
  readonly balances = new Map<string, Map<string, Decimal>>()
  readonly firstUse = new Map<string, string>()
  lastDate: string | undefined
  /** Largest amount or running balance of each asset, in its smallest written unit, without sign. */
  readonly peaks = new Map<string, Decimal>()
  private readonly addresses: ReadonlySet<string>
  private readonly assets: ReadonlySet<string>

  constructor(journal: Pick<ExportJournal, 'accounts' | 'assets'>) {
    this.addresses = new Set(journal.accounts.map(({ address }) => address))
    this.assets = new Set(journal.assets.map(({ code }) => code))
    if (this.addresses.size !== journal.accounts.length) throw new ExportError('an account is given twice')
    if (this.assets.size !== journal.assets.length) throw new ExportError('an asset is given twice')
  }

  take(transaction: ExportTransaction): void {
    const date = checkDate(transaction.date)
    if (this.lastDate === undefined || date > this.lastDate) this.lastDate = date
    const sums = new Map<string, Decimal>()
    for (const line of transaction.lines) {
      const { address, asset } = line
      if (!this.addresses.has(address)) throw new ExportError(`a line names an account not given: ${address}`)
      if (!this.assets.has(asset)) throw new ExportError(`a line names an asset not given: ${asset}`)
      const amount = amountOf(line)
      sums.set(asset, add(sums.get(asset) ?? ZERO, amount))
      let account = this.balances.get(address)
      if (account === undefined) {
        account = new Map()
        this.balances.set(address, account)
      }
      const balance = add(account.get(asset) ?? ZERO, amount)
      account.set(asset, balance)
      this.peak(asset, balance)
      this.peak(asset, amount)
      const first = this.firstUse.get(address)
      if (first === undefined || date < first) this.firstUse.set(address, date)
    }
    for (const [asset, sum] of sums)
      if (sum.n !== 0n) throw new ExportError(`the transaction of ${date} does not balance in ${asset}`)
  }

  private peak(asset: string, amount: Decimal): void {
    const known = this.peaks.get(asset)
    const n = amount.n < 0n ? -amount.n : amount.n
    if (known === undefined) this.peaks.set(asset, { n, s: amount.s })
    else if (n > known.n || amount.s > known.s)
      this.peaks.set(asset, { n: n > known.n ? n : known.n, s: Math.max(amount.s, known.s) })
  }
}
