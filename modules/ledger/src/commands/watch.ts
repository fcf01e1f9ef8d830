import { type Db, Refusal, type Unit } from '@florin/kernel'
import { parseAmount } from '../domain/instruction.ts'
import { findExponents } from '../store/assets.ts'
import { type LedgerHead, policiesChanged } from '../store/head.ts'
import {
  countWatches,
  findWatches,
  mostWatches,
  recordWatch,
  type SetWatch,
  type WatchKind,
  type WatchRules,
} from '../store/watches.ts'

/** Decimals of a known asset. @throws Refusal `asset_unknown` */
export async function exponentOf(db: Db, asset: string): Promise<number> {
  const exponent = (await findExponents(db, [asset])).get(asset)
  if (exponent === undefined)
    throw new Refusal('asset_unknown', `The asset "${asset}" is not known`, { asset })
  return exponent
}

/** Minor units of an amount that must not be negative. @throws Refusal `watch_invalid` and those of an amount */
export function unsigned(asset: string, text: string, exponent: number, what: string): bigint {
  const minor = parseAmount(asset, text, exponent)
  if (minor < 0n) throw new Refusal('watch_invalid', `${what} can’t be below zero`, { amount: text })
  return minor
}

export function invalid(message: string): Refusal {
  return new Refusal('watch_invalid', message, {})
}

/** @throws Refusal `reason_required` */
export function demandReason(unit: Unit): void {
  if (unit.context.reason === undefined)
    throw new Refusal('reason_required', 'What a customer may take out changes only for a reason', {})
}

/** Puts a rule in force in place of the one of this name, if there is one. The ledger must be locked. */
export async function setWatch<K extends WatchKind>(
  unit: Unit,
  ledger: LedgerHead,
  kind: K,
  name: string,
  rule: WatchRules[K],
): Promise<SetWatch<WatchRules[K]>> {
  const [before] = await findWatches(unit.db, ledger.id, kind, { name, limit: 1 })
  if (before === undefined && (await countWatches(unit.db, ledger.id, kind)) >= mostWatches) {
    throw new Refusal('watches_exhausted', `The ledger has ${mostWatches} ${kind}s`, { most: mostWatches })
  }
  const set = await recordWatch(unit, ledger, kind, name, rule)
  await policiesChanged(unit, ledger)
  unit.changed({ subject: `${ledger.name} ${kind} ${name}`, before: before?.rule ?? null, after: rule })
  return set
}

/** Takes a rule out of force; that it was there, and until when, stays on record. The ledger must be locked. */
export async function removeWatch(
  unit: Unit,
  ledger: LedgerHead,
  kind: WatchKind,
  name: string,
): Promise<Date> {
  const before = await inForce(unit.db, ledger.id, kind, name)
  const { set_at } = await recordWatch(unit, ledger, kind, name, undefined)
  await policiesChanged(unit, ledger)
  unit.changed({ subject: `${ledger.name} ${kind} ${name}`, before: before.rule, after: null })
  return set_at
}

/** The rule of this name. @throws Refusal `watch_not_found` */
export async function inForce<K extends WatchKind>(
  db: Db,
  ledgerId: bigint,
  kind: K,
  name: string,
): Promise<SetWatch<WatchRules[K]>> {
  const [found] = await findWatches(db, ledgerId, kind, { name, limit: 1 })
  if (found === undefined)
    throw new Refusal('watch_not_found', `There is no ${kind} "${name}"`, { [kind]: name })
  return found
}
