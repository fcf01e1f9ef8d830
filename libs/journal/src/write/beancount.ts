import { add, type Decimal, formatDecimal, ZERO } from '../decimal.ts'
import { encode, KEYS } from '../florin.ts'
import type { Metadata } from '../model.ts'
import {
  checkDate,
  dayAfter,
  type ExportAccount,
  type ExportJournal,
  type ExportTransaction,
} from './model.ts'
import { beancountAccounts, beancountCommodities } from './names.ts'
import { Tally } from './tally.ts'

const ESCAPES: Readonly<Record<string, string>> = {
  '\\': '\\\\',
  '"': '\\"',
  '\n': '\\n',
  '\t': '\\t',
  '\r': '\\r',
  '\f': '\\f',
  '\b': '\\b',
}

/** Control characters without an escape of their own, and halves of surrogate pairs. */
const UNSAFE = /[\p{Cc}--[\n\t\r\f\b]]|[\u2028\u2029\ufeff\ufffd]|\p{Cs}/v
const UNSAFE_ALL = /[\p{Cc}--[\n\t\r\f\b]]|[\u2028\u2029\ufeff\ufffd]|\p{Cs}/gv

function quote(text: string): string {
  return `"${text.replace(/[\\"\n\t\r\f\b]/g, (c) => ESCAPES[c] ?? c).replace(UNSAFE_ALL, ' ')}"`
}

const KEY = /^[a-z][a-zA-Z0-9_-]+$/
/** beancount keeps these two for itself on every directive. */
const RESERVED = new Set(['filename', 'lineno'])
const TAG = /^[A-Za-z0-9\-_/.]+$/

const DIGITS = 28
/** Sums over subaccounts may be some digits longer than any one balance. */
const CARRY = 1
/** Each addition may be off by half a unit: room for a million of them. */
const SLACK = 6

/** Writes beancount piece by piece: `header`, each `transaction`, then `footer`. */
export class BeancountWriter {
  private readonly accounts: readonly ExportAccount[]
  private readonly names: Map<string, string>
  private readonly commodities: Map<string, string>
  private readonly tally: Tally
  private readonly journal: Omit<ExportJournal, 'transactions'>

  constructor(journal: Omit<ExportJournal, 'transactions'>) {
    this.journal = journal
    this.accounts = journal.accounts
    this.tally = new Tally(journal)
    this.names = beancountAccounts(journal.accounts)
    this.commodities = beancountCommodities(journal.assets.map(({ code }) => code))
  }

  header(): string {
    const out = [';; -*- mode: beancount -*-', `option "title" ${quote(this.journal.title ?? 'Florin')}`, '']
    for (const { code, exponent } of this.journal.assets) {
      const name = this.commodities.get(code) ?? code
      out.push(`1970-01-01 commodity ${name}`)
      if (name !== code) out.push(`  ${KEYS.asset}: ${quote(encode(code))}`)
      out.push(`  ${KEYS.exponent}: ${exponent}`)
    }
    return `${out.join('\n')}\n\n`
  }

  transaction(transaction: ExportTransaction): string {
    this.tally.take(transaction)
    const { date, description, reference, tags = [], metadata = {}, lines } = transaction
    const plain = tags.filter((tag) => TAG.test(tag))
    const odd = tags.filter((tag) => !TAG.test(tag))
    const out = [`${date} * ${quote(description)}${plain.map((tag) => ` #${tag}`).join('')}`]
    if (UNSAFE.test(description)) out.push(`  ${KEYS.description}: ${quote(encode(description))}`)
    if (reference !== undefined) out.push(`  ${KEYS.reference}: ${quote(encode(reference))}`)
    if (odd.length > 0) out.push(`  ${KEYS.tags}: ${quote(encode(JSON.stringify(odd)))}`)
    this.metadata(out, '  ', metadata)
    for (const { address, asset, amount, metadata: own } of lines) {
      out.push(`  ${this.names.get(address) ?? address}  ${amount} ${this.commodities.get(asset) ?? asset}`)
      if (own !== undefined) this.metadata(out, '    ', own)
    }
    return `${out.join('\n')}\n\n`
  }

  private metadata(out: string[], indent: string, metadata: Metadata): void {
    const odd: [string, string][] = []
    for (const [key, value] of Object.entries(metadata)) {
      const isPlain = KEY.test(key) && !RESERVED.has(key) && !key.startsWith('florin-') && !UNSAFE.test(value)
      if (isPlain) out.push(`${indent}${key}: ${quote(value)}`)
      else odd.push([key, value])
    }
    if (odd.length > 0)
      out.push(`${indent}${KEYS.meta}: ${quote(encode(JSON.stringify(Object.fromEntries(odd))))}`)
  }

  /** Opens (their dates are known only now) and an assertion for every account and commodity. */
  footer(): string {
    const out: string[] = []
    // The assertions must stand after the last open too: a subaccount may be older than its parent.
    let lastOpen = ''
    for (const { address, opened, closed } of this.accounts) {
      const first = this.tally.firstUse.get(address)
      const told = opened === undefined ? undefined : checkDate(opened)
      const date = [told, first].filter((day) => day !== undefined).sort()[0] ?? '1970-01-01'
      const name = this.names.get(address) ?? address
      if (date > lastOpen) lastOpen = date
      out.push(`${date} open ${name}`)
      if (name !== address) out.push(`  ${KEYS.address}: ${quote(encode(address))}`)
      if (told !== date) out.push(`  ${KEYS.opened}: "${told ?? ''}"`)
      if (closed !== undefined) out.push(`  ${KEYS.closed}: "${checkDate(closed)}"`)
    }
    const rough = this.roughCommodities()
    for (const [commodity, tolerance] of rough)
      out.push(`option "inferred_tolerance_default" "${commodity}:${tolerance}"`)
    const { lastDate } = this.tally
    if (lastDate !== undefined) {
      out.push('')
      const day = dayAfter(lastDate > lastOpen ? lastDate : lastOpen)
      for (const [name, commodity, amount] of this.subtreeBalances())
        out.push(
          `${day} balance ${name}  ${formatDecimal(amount)} ~ ${rough.get(commodity) ?? '0'} ${commodity}`,
        )
    }
    return `${out.join('\n')}\n`
  }

  /**
   * beancount 2 computes with 28 significant digits. Where amounts have more, its own sums are off in the last
   * digits, so the file must allow for that; everywhere else its assertions are exact.
   */
  private roughCommodities(): Map<string, string> {
    const out = new Map<string, string>()
    for (const [asset, { n, s }] of this.tally.peaks) {
      const excess = n.toString().length + CARRY - DIGITS
      if (excess <= 0) continue
      out.set(this.commodities.get(asset) ?? asset, formatDecimal({ n: 10n ** BigInt(excess + SLACK), s }))
    }
    return out
  }

  /** beancount's assertions count subaccounts in. */
  private subtreeBalances(): [string, string, Decimal][] {
    const sums = new Map<string, Map<string, Decimal>>()
    for (const { address } of this.accounts) sums.set(this.names.get(address) ?? address, new Map())
    for (const [address, held] of this.tally.balances) {
      const name = this.names.get(address) ?? address
      for (let end = name.length; end > 0; end = name.lastIndexOf(':', end - 1)) {
        const sum = sums.get(name.slice(0, end))
        if (sum === undefined) continue
        for (const [asset, amount] of held) sum.set(asset, add(sum.get(asset) ?? ZERO, amount))
      }
    }
    return [...sums].flatMap(([name, sum]) =>
      [...sum].map(([asset, amount]): [string, string, Decimal] => [
        name,
        this.commodities.get(asset) ?? asset,
        amount,
      ]),
    )
  }
}

/** The journal as beancount, in pieces: nothing is kept but names and balances. */
export function* beancountChunks(journal: ExportJournal): Generator<string> {
  const writer = new BeancountWriter(journal)
  yield writer.header()
  for (const transaction of journal.transactions) yield writer.transaction(transaction)
  yield writer.footer()
}

/** The journal as one beancount text that `bean-check` accepts and that asserts its own balances. */
export function writeBeancount(journal: ExportJournal): string {
  return [...beancountChunks(journal)].join('')
}
