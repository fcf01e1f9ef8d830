import { arrayAt, isObject, stringAt } from '../cli/json.ts'
import { renderTable } from '../cli/render.ts'
import type { Desk } from './desk.ts'
import { ledger, market } from './opening.ts'

export interface Closing {
  /** What the books say, for people. */
  readonly text: string
  /** Engine and ledger agree, and nothing was found that does not hold. */
  readonly ok: boolean
}

/** Books everything that was traded; returns the number of trades. */
export async function settleAll(desk: Desk): Promise<number> {
  let trades = 0
  for (;;) {
    const settled = await desk.done('exchange.fills.settle', { market })
    if (!isObject(settled) || typeof settled.commands !== 'number' || typeof settled.trades !== 'number')
      throw new Error('Settling answered something else')
    if (settled.commands === 0) return trades
    trades += settled.trades
  }
}

/** Records that what is due today settled; returns the number of trades. */
export async function completeDue(desk: Desk): Promise<number> {
  let trades = 0
  for (;;) {
    const completed = await desk.done('exchange.settlement.complete', { market })
    if (!isObject(completed) || typeof completed.settled !== 'number')
      throw new Error('Completing settlements answered something else')
    if (completed.settled === 0) return trades
    trades += completed.settled
  }
}

/** The trial balance, the engine's positions beside the ledger's, and what `verify` finds. */
export async function closeBooks(
  desk: Desk,
  positions: ReadonlyMap<string, number>,
  counts: { readonly booked: number; readonly settled: number },
): Promise<Closing> {
  const balance = await desk.ask('ledger.trial-balance', { ledger })
  const accounts = isObject(balance) ? arrayAt(balance, 'accounts').filter(isObject) : []
  const held = new Map(accounts.map((row) => [stringAt(row, 'address') ?? '', stringAt(row, 'balance')]))
  const compared = [...positions].map(([name, lots]) => {
    const inLedger = held.get(`exchange:${market}:${name}:position`) ?? '0'
    // A position is what the exchange owes: a credit, which a balance counts below zero.
    return { account: name, engine: String(lots), ledger: negated(inLedger) }
  })
  const equal = compared.every((row) => row.engine === row.ledger)
  const report = await desk.ask('kernel.verify', {})
  const findings = isObject(report) ? arrayAt(report, 'findings').filter(isObject) : []
  const ok = isObject(report) && report.ok === true
  const rows = accounts.map((row) => ({
    account: stringAt(row, 'address') ?? '',
    asset: stringAt(row, 'asset') ?? '',
    debits: stringAt(row, 'debits') ?? '',
    credits: stringAt(row, 'credits') ?? '',
  }))
  const totals = (isObject(balance) ? arrayAt(balance, 'totals').filter(isObject) : []).map((row) => ({
    account: 'total',
    asset: stringAt(row, 'asset') ?? '',
    debits: stringAt(row, 'debits') ?? '',
    credits: stringAt(row, 'credits') ?? '',
  }))
  const text = [
    `Trial balance of the ledger: ${counts.booked} trades booked, ${counts.settled} of them settled today\n`,
    renderTable([...rows, ...totals]),
    `Positions, lots: ${equal ? 'engine = ledger' : 'engine and ledger differ'}\n`,
    renderTable(compared),
    ok ? 'verify: everything holds' : `verify: ${findings.length} findings\n${renderTable(findings)}`,
    '',
  ].join('\n')
  return { text, ok: ok && equal }
}

function negated(amount: string): string {
  if (/^0(\.0+)?$/.test(amount)) return '0'
  return amount.startsWith('-') ? amount.slice(1) : `-${amount}`
}
