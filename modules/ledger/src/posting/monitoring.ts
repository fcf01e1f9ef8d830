import type { Db, DomainEvent } from '@florin/kernel'
import { formatDecimal } from '@florin/money'
import { type Counters, type Standing, standing } from '../domain/account.ts'
import type { BookAccount } from '../domain/book.ts'
import { holds, type Monitor, outflowSide, type Watches } from '../domain/watches.ts'
import type { LedgerHead } from '../store/head.ts'
import type { Statement } from '../store/rows.ts'
import { loadTriggered, type MonitorState, saveStates } from '../store/watch-states.ts'
import { loadWindows } from '../store/windows.ts'
import type { Turn } from './watching.ts'

/** Judges monitors after each order of a batch and tells when one turns. */
export class Monitoring {
  readonly #ledger: LedgerHead
  readonly #watches: Watches
  /** By monitor and account: those that are triggered. */
  readonly #triggered = new Set<string>()
  readonly #changed = new Map<string, MonitorState>()
  /** Totals at the beginnings of windows; an account that is not there had nothing then. */
  readonly #totals = new Map<string, bigint>()

  private constructor(ledger: LedgerHead, watches: Watches) {
    this.#ledger = ledger
    this.#watches = watches
  }

  static async load(
    db: Db,
    ledger: LedgerHead,
    watches: Watches,
    accounts: ReadonlySet<BookAccount>,
  ): Promise<Monitoring> {
    const monitoring = new Monitoring(ledger, watches)
    const pairs = [...accounts].flatMap((account) =>
      monitoring.#monitorsOn(account).map((monitor) => ({ account, monitor })),
    )
    const named = pairs.map(({ account, monitor }) => ({ monitor: monitor.id, account: account.id }))
    for (const { monitor, account } of await loadTriggered(db, named))
      monitoring.#triggered.add(placeOf(monitor, account))
    await monitoring.#loadTotals(db, pairs)
    return monitoring
  }

  async #loadTotals(
    db: Db,
    pairs: readonly { readonly account: BookAccount; readonly monitor: Monitor }[],
  ): Promise<void> {
    const wanted = pairs.flatMap(({ account, monitor }) =>
      monitor.windowSeconds === undefined
        ? []
        : [
            {
              account: account.id,
              seconds: monitor.windowSeconds,
              side: outflowSide(account),
              most: undefined,
            },
          ],
    )
    const types = new Map(pairs.map(({ account }) => [account.id, account.type]))
    for (const window of await loadWindows(db, this.#ledger.id, this.#ledger.bookedAt, wanted)) {
      const type = types.get(window.account)
      if (type === undefined) continue
      const { total } = standing(type, {
        ...nothing,
        postedDebits: window.debits,
        postedCredits: window.credits,
      })
      this.#totals.set(placeOf(String(window.seconds), window.account), total)
    }
  }

  judge({ order, seq, touched }: Turn): DomainEvent[] {
    const events: DomainEvent[] = []
    for (const { account: after } of touched) {
      const monitors = this.#monitorsOn(after)
      if (monitors.length === 0) continue
      const stands = standing(after.type, after)
      for (const monitor of monitors) {
        const change = this.#changeWithin(monitor, after, stands)
        const is = holds(monitor, stands, change ?? 0n)
        if (this.#turn(monitor, after, is, seq))
          events.push(monitorEvent(this.#ledger.name, monitor, after, { is, change, transaction: order.id }))
      }
    }
    return events
  }

  statements(): Statement[] {
    return saveStates([...this.#changed.values()])
  }

  #monitorsOn(account: BookAccount): readonly Monitor[] {
    return this.#watches.over(account)?.monitors ?? []
  }

  #changeWithin({ windowSeconds }: Monitor, account: BookAccount, { total }: Standing): bigint | undefined {
    if (windowSeconds === undefined) return undefined
    return total - (this.#totals.get(placeOf(String(windowSeconds), account.id)) ?? 0n)
  }

  /** Whether the monitor has turned; it is kept if so. */
  #turn(monitor: Monitor, account: BookAccount, is: boolean, seq: bigint): boolean {
    const place = placeOf(monitor.id, account.id)
    if (this.#triggered.has(place) === is) return false
    if (is) this.#triggered.add(place)
    else this.#triggered.delete(place)
    const since = this.#ledger.bookedAt
    this.#changed.set(place, { monitor: monitor.id, account: account.id, triggered: is, since, seq })
    return true
  }
}

/** That a monitor was triggered on an account, or cleared; by time alone where no transaction turned it. */
export function monitorEvent(
  ledger: string,
  monitor: Monitor,
  account: BookAccount,
  found: { readonly is: boolean; readonly change: bigint | undefined; readonly transaction: string | null },
): DomainEvent {
  const show = (minor: bigint): string => formatDecimal(minor, account.exponent)
  const { total, reserved, available } = standing(account.type, account)
  return {
    type: `ledger.monitor.${found.is ? 'triggered' : 'cleared'}`,
    subject: `${ledger}/${account.address} ${account.asset}`,
    data: {
      ledger,
      monitor: monitor.name,
      account: account.address,
      asset: account.asset,
      when: monitor.when,
      amount: show(monitor.amount),
      window_seconds: monitor.windowSeconds ?? null,
      total: show(total),
      reserved: show(reserved),
      available: show(available),
      change: found.change === undefined ? null : show(found.change),
      transaction: found.transaction,
    },
  }
}

const nothing: Counters = { postedDebits: 0n, postedCredits: 0n, pendingDebits: 0n, pendingCredits: 0n }

function placeOf(of: string, account: bigint): string {
  return `${of}/${account}`
}
