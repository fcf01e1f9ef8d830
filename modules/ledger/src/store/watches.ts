import type { Db, Unit } from '@florin/kernel'
import { parseDecimal } from '@florin/money'
import {
  type Limit,
  type Monitor,
  type MonitorCondition,
  type Safeguard,
  Watches,
} from '../domain/watches.ts'
import { findExponents } from './assets.ts'
import type { LedgerHead } from './head.ts'

export type WatchKind = 'monitor' | 'limit' | 'safeguard'

/** Rules as they are recorded and shown: amounts as decimal strings. */
export interface MonitorRule {
  readonly prefix: string
  readonly asset: string
  readonly when: MonitorCondition
  readonly amount: string
  readonly window_seconds: number | null
}

export interface LimitRule {
  readonly prefix: string
  readonly asset: string
  readonly amount: string | null
  readonly count: number | null
  readonly window_seconds: number
}

export interface SafeguardRule {
  readonly assets: readonly string[] | null
  readonly hold: readonly string[]
  readonly owe: readonly string[]
  readonly tolerance: Readonly<Record<string, string>>
}

export interface WatchRules {
  monitor: MonitorRule
  limit: LimitRule
  safeguard: SafeguardRule
}

/** A rule with the record that set it. */
export interface SetWatch<R> {
  readonly id: string
  readonly name: string
  readonly version: number
  readonly rule: R
  readonly reason: string | null
  /** The last record before it was set. */
  readonly seq: bigint
  readonly set_at: Date
  readonly set_by: string
}

/** Rules of one kind in a ledger at most: with every posting all that fit are judged. */
export const mostWatches = 1_000

/** The rules in force, by name; each version but the last is passed over by one probe of the primary key. */
export async function findWatches<K extends WatchKind>(
  db: Db,
  ledgerId: bigint,
  kind: K,
  page: { readonly name?: string; readonly after?: string | undefined; readonly limit: number },
): Promise<SetWatch<WatchRules[K]>[]> {
  return db.query<SetWatch<WatchRules[K]>>(
    `SELECT w.id, w.name, w.version, w.rule, w.reason, w.seq, w.set_at, w.set_by FROM ledger.watches w
     WHERE w.ledger_id = $1 AND w.kind = $2 AND w.rule IS NOT NULL AND w.name > $3 AND ($4::text IS NULL OR w.name = $4)
       AND NOT EXISTS (SELECT FROM ledger.watches n
         WHERE n.ledger_id = w.ledger_id AND n.kind = w.kind AND n.name = w.name AND n.version = w.version + 1)
     ORDER BY w.name LIMIT $5`,
    [ledgerId, kind, page.after ?? '', page.name ?? null, page.limit],
  )
}

/** How many rules of this kind are in force. */
export async function countWatches(db: Db, ledgerId: bigint, kind: WatchKind): Promise<number> {
  return (await findWatches(db, ledgerId, kind, { limit: mostWatches })).length
}

/** Records a new version of a rule, or with `rule: undefined` that it is removed. The ledger must be locked. */
export async function recordWatch<K extends WatchKind>(
  unit: Unit,
  ledger: LedgerHead,
  kind: K,
  name: string,
  rule: WatchRules[K] | undefined,
): Promise<SetWatch<WatchRules[K]>> {
  const [row] = await unit.db.query<SetWatch<WatchRules[K]>>(
    `INSERT INTO ledger.watches (ledger_id, kind, name, version, id, rule, reason, seq, set_at, set_by)
     SELECT $1, $2, $3, coalesce(max(version), 0) + 1, $4, $5, $6, $7, $8, $9 FROM ledger.watches
     WHERE ledger_id = $1 AND kind = $2 AND name = $3
     RETURNING id, name, version, rule, reason, seq, set_at, set_by`,
    [
      ledger.id,
      kind,
      name,
      unit.callId,
      rule === undefined ? null : JSON.stringify(rule),
      unit.context.reason ?? null,
      ledger.seq,
      new Date(ledger.bookedAt),
      unit.context.actor.id,
    ],
  )
  if (row === undefined) throw new Error('A rule was not recorded')
  return row
}

/** Everything that watches over a ledger; undefined where nothing does. */
export async function loadWatches(db: Db, ledgerId: bigint): Promise<Watches | undefined> {
  const [any] = await db.query('SELECT FROM ledger.watches WHERE ledger_id = $1 LIMIT 1', [ledgerId])
  if (any === undefined) return undefined
  const all = { limit: mostWatches }
  const monitors = await findWatches(db, ledgerId, 'monitor', all)
  const limits = await findWatches(db, ledgerId, 'limit', all)
  const safeguards = await findWatches(db, ledgerId, 'safeguard', all)
  if (monitors.length + limits.length + safeguards.length === 0) return undefined
  const exponents = await findExponents(
    db,
    new Set([
      ...[...monitors, ...limits].map(({ rule }) => rule.asset),
      ...safeguards.flatMap(({ rule }) => Object.keys(rule.tolerance)),
    ]),
  )
  const minor = (text: string, asset: string): bigint => parseDecimal(text, exponents.get(asset) ?? 0)
  return new Watches(
    monitors.map((set) => monitorOf(set, minor)),
    limits.map((set) => limitOf(set, minor)),
    safeguards.map((set) => safeguardOf(set, minor)),
  )
}

type Minor = (text: string, asset: string) => bigint

export function monitorOf({ id, name, rule }: SetWatch<MonitorRule>, minor: Minor): Monitor {
  const { prefix, asset, when, amount, window_seconds } = rule
  return {
    id,
    name,
    prefix,
    asset,
    when,
    amount: minor(amount, asset),
    windowSeconds: window_seconds ?? undefined,
  }
}

function limitOf({ id, name, rule }: SetWatch<LimitRule>, minor: Minor): Limit {
  const { prefix, asset, amount, count, window_seconds: windowSeconds } = rule
  return {
    id,
    name,
    prefix,
    asset,
    amount: amount === null ? undefined : minor(amount, asset),
    count: count ?? undefined,
    windowSeconds,
  }
}

export function safeguardOf({ id, name, rule }: SetWatch<SafeguardRule>, minor: Minor): Safeguard {
  const { assets, hold, owe, tolerance } = rule
  return {
    id,
    name,
    assets: assets === null ? undefined : new Set(assets),
    hold,
    owe,
    tolerance: new Map(Object.entries(tolerance).map(([asset, text]) => [asset, minor(text, asset)])),
  }
}
