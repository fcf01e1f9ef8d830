import { formatDecimal } from '../decimal.ts'
import { encode, KEYS } from '../florin.ts'
import type { AccountType, Metadata } from '../model.ts'
import { checkDate, type ExportJournal, type ExportTransaction } from './model.ts'
import { plainAccounts, plainCommodities } from './names.ts'
import { Tally } from './tally.ts'

const LETTER: Readonly<Record<AccountType, string>> = {
  asset: 'A',
  liability: 'L',
  equity: 'E',
  revenue: 'R',
  expense: 'X',
}

// A description ends at a comment, splits at a bar, and may not begin like a status or a code.
const DESCRIPTION = /^(?![*!(=])[^\p{C};|\s](?:[^\p{C};|\p{Z}]| (?! ))*$/u
const CODE = /^[\p{L}\p{N}_./#-]+$/u
const TAG = /^[A-Za-z][A-Za-z0-9_/.-]*$/
const VALUE = /^[^\s,;[\]|=*\p{C}](?:[^,;[\]\p{C}\p{Z}]| (?! ))*$/u
/** Tags with a meaning of their own in hledger, or in our reader. */
const RESERVED = new Set(['date', 'date2', 'type', 't', 'comment', 'status', 'virtual', 'cost', 'price'])

function isPlainTag(key: string): boolean {
  return TAG.test(key) && !RESERVED.has(key.toLowerCase()) && !key.startsWith('florin-')
}

function isPlainValue(value: string): boolean {
  return VALUE.test(value) && !value.endsWith(' ') && !/date2?:/i.test(value)
}

/** Writes hledger (and ledger) piece by piece: `header`, each `transaction`, then `footer`. */
export class HledgerWriter {
  private readonly names: Map<string, string>
  private readonly commodities: Map<string, string>
  private readonly tally: Tally
  private readonly journal: Omit<ExportJournal, 'transactions'>

  constructor(journal: Omit<ExportJournal, 'transactions'>) {
    this.journal = journal
    this.tally = new Tally(journal)
    this.names = plainAccounts(journal.accounts)
    this.commodities = plainCommodities(journal.assets.map(({ code }) => code))
  }

  header(): string {
    const out = [`; ${(this.journal.title ?? 'Florin').replace(/[\p{C}\s]+/gu, ' ')}`, '']
    for (const { code, exponent } of this.journal.assets) {
      const name = this.commodities.get(code) ?? code
      const asset = name === code ? '' : `, ${KEYS.asset}: ${encode(code)}`
      // hledger wants a decimal mark in the sample, also where no digits follow it.
      out.push(
        `commodity 1000.${'0'.repeat(exponent)} ${symbol(name)}  ; ${KEYS.exponent}: ${exponent}${asset}`,
      )
    }
    out.push('')
    for (const { address, type, opened, closed } of this.journal.accounts) {
      const name = this.names.get(address) ?? address
      const facts = [`type: ${LETTER[type]}`]
      if (name !== address) facts.push(`${KEYS.address}: ${encode(address)}`)
      if (opened !== undefined) facts.push(`${KEYS.opened}: ${checkDate(opened)}`)
      if (closed !== undefined) facts.push(`${KEYS.closed}: ${checkDate(closed)}`)
      out.push(`account ${name}  ; ${facts.join(', ')}`)
    }
    return `${out.join('\n')}\n\n`
  }

  transaction(transaction: ExportTransaction): string {
    this.tally.take(transaction)
    const { date, description, reference, tags = [], metadata = {}, lines } = transaction
    const plainCode = reference !== undefined && CODE.test(reference)
    const plainText = description === '' || (DESCRIPTION.test(description) && !description.endsWith(' '))
    const text = plainText ? description : description.replace(/[\p{C}\s;|*!()=]+/gu, ' ').trim()
    const out = [`${date} *${plainCode ? ` (${reference})` : ''}${text === '' ? '' : ` ${text}`}`]
    if (!plainText) out.push(`    ; ${KEYS.description}: ${encode(description)}`)
    if (reference !== undefined && !plainCode) out.push(`    ; ${KEYS.reference}: ${encode(reference)}`)
    for (const tag of tags) if (isPlainTag(tag)) out.push(`    ; ${tag}:`)
    const odd = tags.filter((tag) => !isPlainTag(tag))
    if (odd.length > 0) out.push(`    ; ${KEYS.tags}: ${encode(JSON.stringify(odd))}`)
    this.metadata(out, '    ', metadata)
    for (const { address, asset, amount, metadata: own } of lines) {
      const commodity = symbol(this.commodities.get(asset) ?? asset)
      out.push(`    ${this.names.get(address) ?? address}  ${amount} ${commodity}`)
      if (own !== undefined) this.metadata(out, '    ', own)
    }
    return `${out.join('\n')}\n\n`
  }

  private metadata(out: string[], indent: string, metadata: Metadata): void {
    const odd: [string, string][] = []
    for (const [key, value] of Object.entries(metadata)) {
      if (isPlainTag(key) && isPlainValue(value)) out.push(`${indent}; ${key}: ${value}`)
      else odd.push([key, value])
    }
    if (odd.length > 0)
      out.push(`${indent}; ${KEYS.meta}: ${encode(JSON.stringify(Object.fromEntries(odd)))}`)
  }

  /** One last transaction that moves nothing and asserts every balance. */
  footer(): string {
    const { lastDate, balances } = this.tally
    if (lastDate === undefined) return ''
    const out = [`${lastDate} * balances`, `    ; ${KEYS.assertions}: all`]
    for (const [address, held] of balances)
      for (const [asset, amount] of held) {
        const commodity = symbol(this.commodities.get(asset) ?? asset)
        out.push(
          `    ${this.names.get(address) ?? address}  0 ${commodity} = ${formatDecimal(amount)} ${commodity}`,
        )
      }
    return `${out.join('\n')}\n`
  }
}

function symbol(name: string): string {
  return /^\p{L}+$/u.test(name) ? name : `"${name}"`
}

/** The journal as hledger, in pieces: nothing is kept but names and balances. */
export function* hledgerChunks(journal: ExportJournal): Generator<string> {
  const writer = new HledgerWriter(journal)
  yield writer.header()
  for (const transaction of journal.transactions) yield writer.transaction(transaction)
  yield writer.footer()
}

/** The journal as one hledger text that `hledger check --strict` accepts and that asserts its own balances. */
export function writeHledger(journal: ExportJournal): string {
  return [...hledgerChunks(journal)].join('')
}
