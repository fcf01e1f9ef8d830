import type { SourceRef } from '../model.ts'
import type { Report } from '../report.ts'

const SYMBOLS: Readonly<Record<string, string>> = { $: 'USD', '€': 'EUR', '£': 'GBP', '¥': 'JPY' }

/** Commodity in the file → code in the books; each symbol that is read as a currency is told once. */
export class CommodityNames {
  private readonly map: Readonly<Record<string, string>>
  private readonly report: Report
  private readonly told = new Set<string>()
  private nameless = 0
  private firstNameless: SourceRef | undefined

  constructor(map: Readonly<Record<string, string>> | undefined, report: Report) {
    this.map = map ?? {}
    this.report = report
  }

  name(commodity: string, at: SourceRef): string {
    if (Object.hasOwn(this.map, commodity)) return this.map[commodity] ?? commodity
    if (commodity === '') {
      this.nameless++
      this.firstNameless ??= at
      return commodity
    }
    const code = Object.hasOwn(SYMBOLS, commodity) ? SYMBOLS[commodity] : undefined
    if (code === undefined) return commodity
    if (!this.told.has(commodity)) {
      this.told.add(commodity)
      this.report.notice(at, 'symbol', `${commodity} is read as ${code}`)
    }
    return code
  }

  /** Amounts of nothing cannot be booked: one error for all of them. */
  complain(): void {
    if (this.firstNameless === undefined) return
    this.report.error(
      this.firstNameless,
      'no_commodity',
      `${this.nameless} amount(s) have no commodity, the first one here: map "" to a code to read them`,
    )
  }
}
