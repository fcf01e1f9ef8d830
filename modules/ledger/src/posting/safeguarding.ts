import type { Db, DomainEvent } from '@florin/kernel'
import { formatDecimal } from '@florin/money'
import type { BookAccount } from '../domain/book.ts'
import { isBroken, type Safeguard, shareOf, type Watches } from '../domain/watches.ts'
import type { LedgerHead } from '../store/head.ts'
import type { Statement } from '../store/rows.ts'
import { loadSums, type SafeguardSum, saveSums } from '../store/watch-states.ts'
import type { Turn } from './watching.ts'

/** Keeps both sides of safeguards while a batch is folded, and tells when one breaks or holds again. */
export class Safeguarding {
  readonly #ledger: LedgerHead
  readonly #watches: Watches
  readonly #sums: Map<string, SafeguardSum>
  readonly #changed = new Set<string>()

  private constructor(ledger: LedgerHead, watches: Watches, sums: readonly SafeguardSum[]) {
    this.#ledger = ledger
    this.#watches = watches
    this.#sums = new Map(sums.map((sum) => [placeOf(sum.safeguard, sum.asset), sum]))
  }

  static async load(db: Db, ledger: LedgerHead, watches: Watches): Promise<Safeguarding> {
    const sums = await loadSums(
      db,
      watches.safeguards.map(({ id }) => id),
    )
    return new Safeguarding(ledger, watches, sums)
  }

  judge({ order, seq, touched: accounts }: Turn): DomainEvent[] {
    const touched = new Map<string, { safeguard: Safeguard; account: BookAccount }>()
    for (const { account: is, before: was } of accounts) {
      const watched = this.#watches.over(is)
      if (watched === undefined) continue
      for (const { safeguard, side } of watched.safeguards) {
        const change = shareOf(side, is) - shareOf(side, was)
        if (change === 0n) continue
        const place = placeOf(safeguard.id, is.asset)
        const sum = this.#sumOf(safeguard, is.asset)
        this.#sums.set(place, { ...sum, [side]: sum[side] + change })
        touched.set(place, { safeguard, account: is })
      }
    }
    const events: DomainEvent[] = []
    for (const [place, { safeguard, account: example }] of touched) {
      this.#changed.add(place)
      const sum = this.#sumOf(safeguard, example.asset)
      const broken = isBroken(safeguard, example.asset, sum.held, sum.owed)
      if (broken === sum.broken) continue
      const turned = { ...sum, broken, since: this.#ledger.bookedAt, seq }
      this.#sums.set(place, turned)
      events.push(safeguardEvent(this.#ledger.name, safeguard, turned, example.exponent, order.id))
    }
    return events
  }

  statements(): Statement[] {
    return saveSums([...this.#changed].flatMap((place) => this.#sums.get(place) ?? []))
  }

  /** An asset that the safeguard meets for the first time has held nothing and owed nothing since it was set. */
  #sumOf({ id }: Safeguard, asset: string): SafeguardSum {
    const fresh = { held: 0n, owed: 0n, broken: false, since: this.#ledger.bookedAt, seq: this.#ledger.seq }
    return this.#sums.get(placeOf(id, asset)) ?? { safeguard: id, asset, ...fresh }
  }
}

/** That a safeguard broke for an asset, or holds again; `transaction` turned it, if one did. */
export function safeguardEvent(
  ledger: string,
  safeguard: Safeguard,
  sum: SafeguardSum,
  exponent: number,
  transaction: string | null,
): DomainEvent {
  const show = (minor: bigint): string => formatDecimal(minor, exponent)
  return {
    type: `ledger.safeguard.${sum.broken ? 'broken' : 'restored'}`,
    subject: `${ledger}/${safeguard.name} ${sum.asset}`,
    data: {
      ledger,
      safeguard: safeguard.name,
      asset: sum.asset,
      held: show(sum.held),
      owed: show(sum.owed),
      difference: show(sum.held - sum.owed),
      tolerance: show(safeguard.tolerance.get(sum.asset) ?? 0n),
      transaction,
    },
  }
}

function placeOf(safeguard: string, asset: string): string {
  return `${safeguard}/${asset}`
}
