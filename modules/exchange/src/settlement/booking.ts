import { Refusal, type Unit } from '@florin/kernel'
import { bookOrders, type UnitOrder } from '@florin/ledger'
import type { TradePosting } from '../domain/trades.ts'
import type { SettlementStatus, StoredRefusal } from '../store/settlements.ts'

/** Something that happened on a market and has to be in the ledger. */
export interface Movement {
  /** Names it for ever: it can be booked once only. */
  readonly identity: string
  readonly reference: string
  readonly postings: readonly TradePosting[]
  /** Epoch milliseconds. */
  readonly valueTime: number
}

export interface BookedMovement {
  /** `nothing`: there was nothing to move. */
  readonly status: SettlementStatus
  readonly transaction: string | undefined
  /** Why it was forced, or could not be booked at all. */
  readonly refusal: StoredRefusal | undefined
}

/**
 * Books movements, one ledger transaction each, in order. What the ledger refuses is forced, since it has happened
 * already; what can't be forced either (no chart has a place for it any more) is told, and keeps nothing else from being
 * booked.
 */
export async function bookMovements(
  unit: Unit,
  ledger: string,
  movements: readonly Movement[],
): Promise<BookedMovement[]> {
  const now = unit.clock.now()
  const moving = movements.filter(({ postings }) => postings.length > 0)
  const first = await book(
    unit,
    ledger,
    moving.map((movement) => plainOrder(movement, now)),
  )
  const refused = moving.flatMap((movement, i) => {
    const outcome = first[i]
    return outcome instanceof Refusal ? [{ movement, why: outcome }] : []
  })
  const second = await book(
    unit,
    ledger,
    refused.map(({ movement, why }) => forcedOrder(movement, now, why)),
  )
  const forced = new Map(
    refused.map(({ movement, why }, i) => [movement, forcedOutcome(second[i], why)] as const),
  )
  const plain = new Map(moving.map((movement, i) => [movement, first[i]] as const))
  return movements.map((movement) => {
    const transaction = plain.get(movement)
    if (typeof transaction === 'string') return { status: 'booked', transaction, refusal: undefined }
    return forced.get(movement) ?? { status: 'nothing', transaction: undefined, refusal: undefined }
  })
}

/** Each one's transaction, or why it was refused. */
async function book(unit: Unit, ledger: string, orders: readonly UnitOrder[]): Promise<(string | Refusal)[]> {
  if (orders.length === 0) return []
  const outcomes = await bookOrders(unit, ledger, orders)
  return outcomes.map((outcome) => ('refused' in outcome ? outcome.refused : outcome.done.id))
}

function plainOrder({ identity, reference, postings, valueTime }: Movement, now: number): UnitOrder {
  // The clock of the process that stamped it may be ahead of this one.
  const known = { kind: 'transaction', key: identity, identity, reference, postings } as const
  return { ...known, valueTime: Math.min(valueTime, now) }
}

function forcedOrder(movement: Movement, now: number, why: Refusal): UnitOrder {
  const forced = {
    ...plainOrder(movement, now),
    identity: `${movement.identity}/forced`,
    force: true,
    owed: true,
    reason: `It happened on the market, and the ledger refused it: ${why.message}`,
  }
  // A period that is closed stays as it is: what belonged into it is booked when it became known.
  return why.code === 'period_closed' ? { ...forced, valueTime: undefined } : forced
}

function forcedOutcome(outcome: string | Refusal | undefined, why: Refusal): BookedMovement {
  if (typeof outcome === 'string') return { status: 'forced', transaction: outcome, refusal: told(why) }
  return { status: 'refused', transaction: undefined, refusal: told(outcome ?? why) }
}

function told({ code, message, details }: Refusal): StoredRefusal {
  const { account } = details
  return { code, message, ...(typeof account === 'string' ? { account } : {}) }
}
