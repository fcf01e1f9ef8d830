import { type Db, type DomainEvent, Refusal } from '@florin/kernel'
import { formatDecimal } from '@florin/money'
import type { BookAccount } from '../domain/book.ts'
import { exceeds, outflowsOf, type Use, used } from '../domain/outflow.ts'
import { type Limit, outflowSide, type Watches } from '../domain/watches.ts'
import type { LedgerHead } from '../store/head.ts'
import { instant } from '../store/rows.ts'
import { countedBeyond, loadWindows, type WindowStart, windowKey } from '../store/windows.ts'
import type { Turn } from './watching.ts'

/** A limit on one account, and what is used of it. */
export interface LimitUse {
  readonly limit: Limit
  readonly use: Use
}

/** Keeps what is used of limits while a batch is folded, so that later orders see earlier ones. */
export class Limiting {
  readonly #ledger: LedgerHead
  readonly #watches: Watches
  readonly #uses = new Map<BookAccount, readonly LimitUse[]>()

  private constructor(ledger: LedgerHead, watches: Watches) {
    this.#ledger = ledger
    this.#watches = watches
  }

  static async load(
    db: Db,
    ledger: LedgerHead,
    watches: Watches,
    accounts: ReadonlySet<BookAccount>,
  ): Promise<Limiting> {
    const limiting = new Limiting(ledger, watches)
    const wanted = [...accounts].flatMap((account) =>
      limiting.#limitsOn(account).map((limit) => ({ account, limit })),
    )
    const windows = await loadWindows(
      db,
      ledger.id,
      ledger.bookedAt,
      wanted.map(({ account, limit }) => ({
        account: account.id,
        seconds: limit.windowSeconds,
        side: outflowSide(account),
        most: limit.count,
      })),
    )
    const found = new Map(windows.map((window) => [windowKey(window.account, window.seconds), window]))
    for (const { account, limit } of wanted) {
      const window = found.get(windowKey(account.id, limit.windowSeconds))
      if (window === undefined) throw new Error(`The window of the limit ${limit.name} was not loaded`)
      limiting.#uses.set(account, [
        ...(limiting.#uses.get(account) ?? []),
        { limit, use: useOf(account, window) },
      ])
    }
    return limiting
  }

  /** What is used now of the limits on an account. */
  usesOf(account: BookAccount): readonly LimitUse[] {
    const known = this.#uses.get(account)
    if (known !== undefined) return known
    const fresh = { amount: 0n, count: 0, start: 0n, oldest: undefined }
    return this.#limitsOn(account).map((limit) => ({ limit, use: fresh }))
  }

  /**
   * Judges what an instruction takes out. Where nothing is exceeded, or it is forced, it is counted; what a forced one
   * exceeds is told.
   *
   * @throws Refusal `limit_exceeded`
   */
  judge({ order, effects, touched }: Turn): DomainEvent[] {
    const limited: { account: BookAccount; uses: readonly LimitUse[] }[] = []
    for (const { account } of touched) {
      const uses = this.usesOf(account)
      if (uses.length > 0) limited.push({ account, uses })
    }
    if (limited.length === 0) return []
    const outflows = outflowsOf(effects, new Set(limited.map((each) => each.account.id)))
    const counted = new Map<BookAccount, LimitUse[]>()
    const events: DomainEvent[] = []
    for (const { account, uses } of limited) {
      const outflow = outflows.get(account.id)
      if (outflow === undefined) continue
      const after = uses.map(({ limit, use }) => ({ limit, use: used(use, outflow, this.#ledger.bookedAt) }))
      counted.set(account, after)
      for (const [i, { limit, use }] of uses.entries()) {
        const next = after[i]?.use ?? use
        if (!exceeds(limit, use, next)) continue
        if (order.force !== true) throw refusalOf(limit, account, use, next)
        events.push(this.#exceeded(limit, account, next, order.id))
      }
    }
    for (const [account, uses] of counted) this.#uses.set(account, uses)
    return events
  }

  #limitsOn(account: BookAccount): readonly Limit[] {
    return this.#watches.over(account)?.limits ?? []
  }

  #exceeded(limit: Limit, account: BookAccount, use: Use, transaction: string): DomainEvent {
    return {
      type: 'ledger.limit.exceeded',
      subject: `${this.#ledger.name}/${account.address} ${account.asset}`,
      data: { ledger: this.#ledger.name, ...limitShown(limit, account, use), transaction, forced: true },
    }
  }
}

function useOf(account: BookAccount, window: WindowStart): Use {
  const debits = outflowSide(account) === 'debit'
  const posted = debits ? account.postedDebits - window.debits : account.postedCredits - window.credits
  const pending = debits ? account.pendingDebits : account.pendingCredits
  return {
    amount: posted + pending - window.pending + window.given,
    count: window.count,
    start: window.start,
    oldest: window.oldest?.getTime(),
  }
}

/** A limit on an account and what is used of it, as it is shown: decimal strings, ISO times. */
export function limitShown(limit: Limit, account: BookAccount, use: Use) {
  const show = (minor: bigint): string => formatDecimal(minor, account.exponent)
  const nothingUsed = use.amount === 0n && use.count === 0
  const left = (limit.amount ?? 0n) - use.amount
  return {
    limit: limit.name,
    account: account.address,
    asset: account.asset,
    window_seconds: limit.windowSeconds,
    amount: limit.amount === undefined ? null : show(limit.amount),
    used: show(use.amount),
    available: limit.amount === undefined ? null : show(left > 0n ? left : 0n),
    count: limit.count ?? null,
    count_used: limit.count === undefined ? null : Math.min(use.count, limit.count + countedBeyond),
    count_available: limit.count === undefined ? null : Math.max(0, limit.count - use.count),
    frees_at:
      use.oldest === undefined || nothingUsed ? null : instant(use.oldest + limit.windowSeconds * 1_000),
  }
}

function refusalOf(limit: Limit, account: BookAccount, before: Use, after: Use): Refusal {
  const shown = limitShown(limit, account, before)
  const byAmount = limit.amount !== undefined && after.amount > limit.amount && after.amount > before.amount
  const what = `${account.address} ${account.asset}`
  const needed = formatDecimal(after.amount - before.amount, account.exponent)
  const message = byAmount
    ? `${what} may give out ${shown.amount} within ${limit.windowSeconds} s; ${shown.available} is left, ${needed} was asked for`
    : `${what} may give out ${limit.count} times within ${limit.windowSeconds} s, and has ${shown.count_used} times`
  return new Refusal('limit_exceeded', message, { ...shown, needed })
}
