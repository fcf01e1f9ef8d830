import type { Db, Finding } from '@florin/kernel'
import { formatDecimal, parseDecimal } from '@florin/money'
import { isBroken } from './domain/watches.ts'
import { findExponents } from './store/assets.ts'
import { addUp, falseStates } from './store/watch-setup.ts'
import { loadSums } from './store/watch-states.ts'
import {
  findWatches,
  type MonitorRule,
  monitorOf,
  mostWatches,
  type SafeguardRule,
  type SetWatch,
  safeguardOf,
} from './store/watches.ts'

interface Ledger {
  readonly id: bigint
  readonly name: string
}

/** What is kept for monitors and safeguards, against the balances. */
export async function verifyWatches(db: Db, mostFindings: number): Promise<Finding[]> {
  const ledgers = await db.query<Ledger>('SELECT id, name FROM ledger.ledgers WHERE id > 0 ORDER BY id')
  const findings: Finding[] = []
  for (const ledger of ledgers) {
    const all = { limit: mostWatches }
    for (const set of await findWatches(db, ledger.id, 'monitor', all))
      findings.push(...(await verifyMonitor(db, ledger, set, mostFindings)))
    for (const set of await findWatches(db, ledger.id, 'safeguard', all))
      findings.push(...(await verifySafeguard(db, ledger, set)))
  }
  return findings
}

async function verifyMonitor(
  db: Db,
  ledger: Ledger,
  set: SetWatch<MonitorRule>,
  most: number,
): Promise<Finding[]> {
  const exponents = await findExponents(db, [set.rule.asset])
  const monitor = monitorOf(set, (text, asset) => parseDecimal(text, exponents.get(asset) ?? 0))
  const said = (triggered: boolean): string => (triggered ? 'triggered' : 'not triggered')
  return (await falseStates(db, ledger.id, monitor, set.seq, most)).map(({ place, expected, found }) => ({
    check: 'ledger.monitors-equal-balances',
    subject: `${ledger.name} ${set.name} on ${place}`,
    expected: said(expected),
    found: said(found),
  }))
}

async function verifySafeguard(db: Db, ledger: Ledger, set: SetWatch<SafeguardRule>): Promise<Finding[]> {
  const exponents = await findExponents(db, Object.keys(set.rule.tolerance))
  const safeguard = safeguardOf(set, (text, asset) => parseDecimal(text, exponents.get(asset) ?? 0))
  const sums = new Map((await loadSums(db, [set.id])).map((sum) => [sum.asset, sum]))
  const findings: Finding[] = []
  for (const { asset, exponent, held, owed } of await addUp(db, ledger.id, safeguard)) {
    const kept = sums.get(asset) ?? { held: 0n, owed: 0n, broken: false }
    sums.delete(asset)
    const broken = isBroken(safeguard, asset, held, owed)
    if (kept.held === held && kept.owed === owed && kept.broken === broken) continue
    const said = (s: { held: bigint; owed: bigint; broken: boolean }): string =>
      `${formatDecimal(s.held, exponent)} / ${formatDecimal(s.owed, exponent)}${s.broken ? ', broken' : ''}`
    findings.push({
      check: 'ledger.safeguards-equal-balances',
      subject: `${ledger.name} ${set.name} ${asset}`,
      expected: said({ held, owed, broken }),
      found: said(kept),
    })
  }
  for (const asset of sums.keys()) {
    const subject = `${ledger.name} ${set.name} ${asset}`
    findings.push({
      check: 'ledger.safeguards-equal-balances',
      subject,
      expected: 'no account of it',
      found: 'sums',
    })
  }
  return findings
}
