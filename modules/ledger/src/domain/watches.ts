import { type Counters, normalSide, type Standing } from './account.ts'
import type { BookAccount } from './book.ts'

export const monitorConditions = [
  'available_below',
  'available_above',
  'reserved_above',
  'total_below',
  'total_above',
  'change_above',
] as const
export type MonitorCondition = (typeof monitorConditions)[number]

interface Watch {
  /** Of the version in force: what is kept for it is kept under it. */
  readonly id: string
  readonly name: string
}

/** Tells when a balance crosses a line. Amounts in minor units. */
export interface Monitor extends Watch {
  readonly prefix: string
  readonly asset: string
  readonly when: MonitorCondition
  readonly amount: bigint
  /** With `change_above`: how far back the change is counted. */
  readonly windowSeconds: number | undefined
}

/** Refuses more outflow from one account within a rolling window than it allows. */
export interface Limit extends Watch {
  readonly prefix: string
  readonly asset: string
  /** Minor units; undefined: no limit of the amount. */
  readonly amount: bigint | undefined
  /** Records that take something out; undefined: no limit of the number. */
  readonly count: number | undefined
  readonly windowSeconds: number
}

/** Holds that what is held covers what is owed, for each asset by itself. */
export interface Safeguard extends Watch {
  /** Undefined: every asset. */
  readonly assets: ReadonlySet<string> | undefined
  readonly hold: readonly string[]
  readonly owe: readonly string[]
  /** Minor units by asset that may be missing; zero where none is named. */
  readonly tolerance: ReadonlyMap<string, bigint>
}

export type SafeguardSide = 'held' | 'owed'

/** What watches over one account. */
export interface Watched {
  readonly monitors: readonly Monitor[]
  readonly limits: readonly Limit[]
  readonly safeguards: readonly { readonly safeguard: Safeguard; readonly side: SafeguardSide }[]
}

/** Everything that watches over the accounts of a ledger, found by address. */
/** What of an account decides what watches over it. */
interface WatchedAccount {
  readonly address: string
  readonly asset: string
}

const nothing = Symbol('nothing')

export class Watches {
  readonly #monitors: Map<string, Monitor[]>
  readonly #limits: Map<string, Limit[]>
  readonly #hold: Map<string, Safeguard[]>
  readonly #owe: Map<string, Safeguard[]>
  readonly #remembered = new WeakMap<WatchedAccount, Watched | typeof nothing>()
  readonly safeguards: readonly Safeguard[]

  constructor(monitors: readonly Monitor[], limits: readonly Limit[], safeguards: readonly Safeguard[]) {
    this.safeguards = safeguards
    this.#monitors = byPrefix(monitors, ({ prefix }) => [prefix])
    this.#limits = byPrefix(limits, ({ prefix }) => [prefix])
    this.#hold = byPrefix(safeguards, ({ hold }) => hold)
    this.#owe = byPrefix(safeguards, ({ owe }) => owe)
  }

  /** What watches over the account, or undefined; remembered for as long as the account itself is. */
  over(account: WatchedAccount): Watched | undefined {
    const known = this.#remembered.get(account)
    if (known !== undefined) return known === nothing ? undefined : known
    const watched = this.#find(account.address, account.asset)
    this.#remembered.set(account, watched ?? nothing)
    return watched
  }

  #find(address: string, asset: string): Watched | undefined {
    const prefixes = prefixesOf(address)
    const ofAsset = (rule: { readonly asset: string }): boolean => rule.asset === asset
    const guards = (rules: Map<string, Safeguard[]>): Safeguard[] =>
      // Two prefixes of one rule may fit; the account still counts once.
      [...new Set(prefixes.flatMap((prefix) => rules.get(prefix) ?? []))].filter(
        ({ assets }) => assets === undefined || assets.has(asset),
      )
    const monitors = prefixes.flatMap((prefix) => this.#monitors.get(prefix) ?? []).filter(ofAsset)
    const limits = prefixes.flatMap((prefix) => this.#limits.get(prefix) ?? []).filter(ofAsset)
    const safeguards = [
      ...guards(this.#hold).map((safeguard) => ({ safeguard, side: 'held' as const })),
      ...guards(this.#owe).map((safeguard) => ({ safeguard, side: 'owed' as const })),
    ]
    if (monitors.length + limits.length + safeguards.length === 0) return undefined
    return {
      monitors: monitors.sort(byName),
      limits: limits.sort(byName),
      safeguards: safeguards.sort(byRule),
    }
  }
}

function byPrefix<R>(rules: readonly R[], prefixes: (rule: R) => readonly string[]): Map<string, R[]> {
  const map = new Map<string, R[]>()
  for (const rule of rules) {
    for (const prefix of prefixes(rule)) map.set(prefix, [...(map.get(prefix) ?? []), rule])
  }
  return map
}

function byName(a: Watch, b: Watch): number {
  return a.name < b.name ? -1 : a.name > b.name ? 1 : 0
}

function byRule(a: { readonly safeguard: Safeguard }, b: { readonly safeguard: Safeguard }): number {
  return byName(a.safeguard, b.safeguard)
}

/** `a:b:c` has the prefixes `a`, `a:b` and itself. */
function prefixesOf(address: string): string[] {
  const prefixes: string[] = []
  for (let end = address.indexOf(':'); end >= 0; end = address.indexOf(':', end + 1))
    prefixes.push(address.slice(0, end))
  return [...prefixes, address]
}

/** Whether addresses below `inner` lie below `outer`, too. */
function within(inner: string, outer: string): boolean {
  return inner === outer || inner.startsWith(`${outer}:`)
}

/** A prefix of one list that lies within one of the other, or the other way round; undefined if there is none. */
export function overlapOf(a: readonly string[], b: readonly string[]): readonly [string, string] | undefined {
  for (const x of a) for (const y of b) if (within(x, y) || within(y, x)) return [x, y]
  return undefined
}

/** The prefixes without those that lie within another: no address is below two of them. */
export function outermost(prefixes: readonly string[]): string[] {
  const distinct = [...new Set(prefixes)]
  return distinct.filter((prefix) => !distinct.some((other) => other !== prefix && within(prefix, other)))
}

/** Whether the condition holds; `change` is that of the total within the window, for monitors that have one. */
export function holds(monitor: Monitor, { available, reserved, total }: Standing, change: bigint): boolean {
  switch (monitor.when) {
    case 'available_below':
      return available < monitor.amount
    case 'available_above':
      return available > monitor.amount
    case 'reserved_above':
      return reserved > monitor.amount
    case 'total_below':
      return total < monitor.amount
    case 'total_above':
      return total > monitor.amount
    case 'change_above':
      return (change < 0n ? -change : change) > monitor.amount
  }
}

/**
 * What an account adds to its side of a safeguard. Held is a balance of debits, as it is. Owed is a balance of
 * credits, and nothing where it is negative: nobody's money covers another's overdraft.
 */
export function shareOf(side: SafeguardSide, { postedDebits, postedCredits }: Counters): bigint {
  if (side === 'held') return postedDebits - postedCredits
  return postedCredits > postedDebits ? postedCredits - postedDebits : 0n
}

/** Whether more is missing than the safeguard tolerates. */
export function isBroken(safeguard: Safeguard, asset: string, held: bigint, owed: bigint): boolean {
  return held + (safeguard.tolerance.get(asset) ?? 0n) < owed
}

/** The side on which an account's balance goes down. */
export function outflowSide({ type }: Pick<BookAccount, 'type'>): 'debit' | 'credit' {
  return normalSide(type) === 'debit' ? 'credit' : 'debit'
}
