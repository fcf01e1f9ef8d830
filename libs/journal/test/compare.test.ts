import { execFileSync } from 'node:child_process'
import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { canonical, parseDecimal } from '../src/decimal.ts'
import { type ExportJournal, type JournalResult, writeBeancount, writeHledger } from '../src/index.ts'
import { leftOver } from './help.ts'
import {
  accepts,
  type Balances,
  BEANCOUNT_EXAMPLES,
  beancountBalances,
  beanQueryBalances,
  CORPUS,
  hledgerBalances,
  ledgerBalances,
  ourBalances,
  PATIENCE,
  readDisk,
  scratch,
  scratchFile,
  tools,
} from './tools.ts'

/** Commodities under the names the file gives them, so that they compare with the foreign tool's. */
const VERBATIM = { commodities: { $: '$', '€': '€' } }

function toExport(result: JournalResult): ExportJournal {
  return {
    accounts: result.accounts.map(({ name, type, opened }) => ({
      address: name,
      type,
      ...(opened === undefined ? {} : { opened }),
    })),
    assets: result.commodities.map(({ code, decimals, exponent }) => ({
      code,
      exponent: exponent ?? decimals,
    })),
    transactions: result.transactions.map(({ date, payee, narration, code, tags, metadata, lines }) => ({
      date,
      description: payee === undefined ? narration : `${payee}: ${narration}`,
      ...(code === undefined ? {} : { reference: code }),
      tags,
      metadata,
      lines: lines.map(({ account, commodity, amount, metadata: own }) => ({
        address: account,
        asset: commodity,
        amount,
        metadata: own,
      })),
    })),
  }
}

/** Balances with our conversion lines counted in: what an export holds. */
function allBalances(result: JournalResult): Balances {
  return ourBalances({
    ...result,
    transactions: result.transactions.map((transaction) => ({
      ...transaction,
      lines: transaction.lines.map((line) => ({ ...line, role: 'posting' as const })),
    })),
  })
}

/** Out through both writers, and every tool must see our balances to the last digit. */
function exportAgrees(result: JournalResult): void {
  const journal = toExport(result)
  const bean = scratchFile('x.beancount', writeBeancount(journal))
  const plain = scratchFile('x.journal', writeHledger(journal))
  const wanted = allBalances(result)
  for (const path of [bean, plain]) {
    const back = readDisk(path)
    expect(back.errors).toEqual([])
    expect(allBalances(back)).toEqual(wanted)
    expect(back.transactions.length).toBe(result.transactions.length)
  }
  if (tools.beanCheck) expect(accepts('bean-check', bean)).toBe('')
  if (tools.hledger) {
    expect(accepts('hledger', '-f', plain, 'check', '--strict')).toBe('')
    expect(hledgerBalances(plain)).toEqual(wanted)
  }
  if (tools.ledger) expect(ledgerBalances(plain)).toEqual(wanted)
}

/** bean-query's figures are ours, rounded to the digits it shows. */
function beanQueryAgrees(path: string, ours: Balances): void {
  for (const [account, inventory] of beanQueryBalances(path)) {
    const shown = inventory === '' ? [] : inventory.split(/,\s+/)
    expect(shown.length, account).toBe(ours.get(account)?.size ?? 0)
    for (const position of shown) {
      const [amount = '', commodity = ''] = position.trim().replaceAll(',', '').split(/\s+/)
      const figure = parseDecimal(amount)
      const own = parseDecimal(ours.get(account)?.get(commodity) ?? 'missing')
      if (figure === undefined || own === undefined) throw new Error(`${account}: ${position}`)
      const scale = 10n ** BigInt(Math.max(own.s, figure.s))
      const off = own.n * (scale / 10n ** BigInt(own.s)) - figure.n * (scale / 10n ** BigInt(figure.s))
      expect((off < 0n ? -off : off) * 10n ** BigInt(figure.s) < scale, `${account} ${position}`).toBe(true)
    }
  }
}

// These need plugins that rewrite transactions; they are refused by name.
const REFUSED = [
  'forecast/forecast.beancount',
  'sharing/cozumel2015.beancount',
  'sharing/duxbury2015.beancount',
]

describe.skipIf(!tools.beancountModule || !tools.beanQuery)('beancount files against beancount', () => {
  const examples = tools.beancountModule
    ? readdirSync(BEANCOUNT_EXAMPLES, { recursive: true, encoding: 'utf8' }).filter((name) =>
        name.endsWith('.beancount'),
      )
    : []

  it.each(examples.filter((name) => !REFUSED.includes(name)))('%s', (name) => {
    const path = join(BEANCOUNT_EXAMPLES, name)
    const result = readDisk(path)
    const theirs = beancountBalances(path)
    expect(result.errors).toEqual([])
    expect(theirs.errors).toBe(0)
    expect(leftOver(result)).toEqual([])
    expect(ourBalances(result)).toEqual(theirs.balances)
    beanQueryAgrees(path, ourBalances(result))
    exportAgrees(result)
  })

  it.each(examples.filter((name) => REFUSED.includes(name)))('%s is refused for its plugin', (name) => {
    expect(readDisk(join(BEANCOUNT_EXAMPLES, name)).errors.map(({ code }) => code)).toEqual(['plugin'])
  })

  it.skipIf(!tools.beanExample).each([1, 2, 3, 4])('bean-example --seed %i', (seed) => {
    const path = join(scratch(), 'example.beancount')
    const range = ['--date-begin', '2022-01-01', '--date-end', '2023-09-01']
    execFileSync('bean-example', ['--seed', String(seed), ...range, '-o', path], {
      ...PATIENCE,
      stdio: 'ignore',
    })
    const result = readDisk(path)
    expect(result.errors).toEqual([])
    expect(leftOver(result)).toEqual([])
    expect(ourBalances(result)).toEqual(beancountBalances(path).balances)
    if (seed === 1) {
      beanQueryAgrees(path, ourBalances(result))
      exportAgrees(result)
    }
  })

  it('the business journal, to the 18th decimal', () => {
    const path = join(CORPUS, 'business.beancount')
    const result = readDisk(path)
    expect(result.errors).toEqual([])
    expect(ourBalances(result)).toEqual(beancountBalances(path).balances)
    expect(ourBalances(result).get('Liabilities:Customers:C43')?.get('TOKEN')).toBe(
      '-1234567.123456789012345677',
    )
    exportAgrees(result)
  })

  it('generated trades, prices, costs and elided amounts', () => {
    const path = scratchFile('generated.beancount', generate(20_240_101, 400))
    const result = readDisk(path)
    const theirs = beancountBalances(path)
    expect(theirs.errors).toBe(0)
    expect(result.errors).toEqual([])
    expect(leftOver(result)).toEqual([])
    expect(ourBalances(result)).toEqual(theirs.balances)
  })
})

/** A journal of all kinds of postings; a small generator of its own keeps it the same in every run. */
function generate(seed: number, count: number): string {
  let state = seed
  const next = (below: number) => {
    state = (state * 1_103_515_245 + 12_345) % 2_147_483_648
    return Math.floor((state / 2_147_483_648) * below)
  }
  const scales: Record<string, number> = { USD: 2, EUR: 2, JPY: 0, KWD: 3, TOK: 18 }
  const currencies = Object.keys(scales)
  const pick = () => currencies[next(currencies.length)] ?? 'USD'
  const number = (scale: number) => {
    const whole = String(next(9_000) + 1)
    return scale === 0
      ? whole
      : `${whole}.${String(next(1_000_000_000)).padStart(9, '0').repeat(2).slice(0, scale)}`
  }
  const out = ['option "booking_method" "FIFO"', 'option "infer_tolerance_from_cost" "TRUE"']
  for (const account of ['Assets:A', 'Assets:B', 'Assets:S', 'Income:I'])
    out.push(`2020-01-01 open ${account}`)
  let held = 0
  for (let i = 0; i < count; i++) {
    const day = `20${21 + Math.floor(i / 120)}-${String(1 + (Math.floor(i / 10) % 12)).padStart(2, '0')}-${String(1 + (i % 10) * 2).padStart(2, '0')}`
    out.push(`${day} * "t${i}"`)
    const kind = next(6)
    const [a, b] = [pick(), pick()]
    if (kind === 0) {
      const n = next(20) + 1
      held += n
      out.push(
        `  Assets:S  ${n} HOOL {${next(2) === 0 ? `${number(2)} USD` : `${number(0)} # ${number(2)} USD`}}`,
        '  Assets:A',
      )
    } else if (kind === 1 && held > 0) {
      const n = next(held) + 1
      held -= n
      out.push(`  Assets:S  -${n} HOOL {} @ ${number(2)} USD`, `  Assets:A  ${number(2)} USD`, '  Income:I')
    } else if (kind === 2 && a !== b)
      out.push(`  Assets:A  ${number(scales[a] ?? 2)} ${a} @@ ${number(scales[b] ?? 2)} ${b}`, '  Assets:B')
    else if (kind === 3 && a !== b)
      out.push(`  Assets:A  -${number(scales[a] ?? 2)} ${a} @ 0.${next(8999) + 1000} ${b}`, '  Assets:B')
    else if (kind === 4)
      out.push(
        `  Assets:A  ${number(scales[a] ?? 2)} ${a}`,
        `  Income:I  -${number(scales[b] ?? 2)} ${b}`,
        '  Assets:B',
      )
    else out.push(`  Assets:A  (${number(2)} - ${number(1)} * 3 / 4) ${a}`, '  Assets:B')
  }
  return `${out.join('\n')}\n`
}

describe.skipIf(!tools.hledger)('hledger journals against hledger', () => {
  it.each(['features.journal', 'comma.journal', 'business.journal'])('%s', (name) => {
    const path = join(CORPUS, name)
    const result = readDisk(path, VERBATIM)
    expect(result.errors).toEqual([])
    expect(leftOver(result)).toEqual([])
    expect(ourBalances(result)).toEqual(hledgerBalances(path))
    exportAgrees(readDisk(path))
  })
})

describe.skipIf(!tools.ledger)('ledger journals against ledger', () => {
  it.each(['features.ledger', 'business.ledger'])('%s', (name) => {
    const path = join(CORPUS, name)
    const types = { customers: 'liability', escrow: 'liability' } as const
    const result = readDisk(path, { ...VERBATIM, types })
    expect(result.errors).toEqual([])
    expect(leftOver(result)).toEqual([])
    expect(ourBalances(result)).toEqual(ledgerBalances(path))
    exportAgrees(readDisk(path, { types }))
  })
})

it('canonical amounts compare by value', () => {
  expect(canonical({ n: 1500n, s: 3 })).toBe('1.5')
})
