import type { Clock } from '@florin/kernel'
import type {
  EngineAccount,
  EngineOrder,
  EngineOutcome,
  EnginePosting,
  EngineRecord,
  PostingEngine,
} from '../engine/port.ts'
import { ledgerModule } from '../index.ts'
import { type BookRecord, type Books, balance, type Entry, type Hold, type Template } from './model/books.ts'
import { type JournalRequest, LedgerModel } from './model/ledger-model.ts'
import type { Told } from './model/requests.ts'

/** What a request may be refused for, first things first, as its command documents it. */
function precedence(command: string): readonly string[] {
  return ledgerModule.commands.find((each) => each.name === command)?.refusals ?? []
}

interface Ledger {
  readonly model: LedgerModel
  readonly orders: Map<string, EngineOrder>
  readonly outcomes: Map<string, EngineOutcome>
}

/**
 * The reference: plain lists that are added up whenever somebody asks. Slow, without durability, and hard to get wrong.
 * It passes the same contract as the others, which are compared with it.
 */
export class MemoryEngine implements PostingEngine {
  readonly #ledgers = new Map<string, Ledger>()
  readonly #clock: Clock
  readonly #decimals: ReadonlyMap<string, number>

  constructor(clock: Clock, decimals: ReadonlyMap<string, number>) {
    this.#clock = clock
    this.#decimals = decimals
  }

  open(name: string, templates: readonly Template[]): void {
    const model = new LedgerModel(this.#decimals, precedence)
    model.books.chart = templates
    this.#ledgers.set(name, { model, orders: new Map(), outcomes: new Map() })
  }

  async post(name: string, orders: readonly EngineOrder[]): Promise<EngineOutcome[]> {
    const ledger = this.#ledgers.get(name) ?? this.#nobodys()
    const fresh = new Map<string, EngineOrder>()
    for (const order of orders)
      if (!ledger.orders.has(order.id) && !fresh.has(order.id)) fresh.set(order.id, order)
    const asked = [...fresh.values()]
    const told = this.#ledgers.has(name)
      ? ledger.model.executeTogether(asked.map(askedOf), this.#clock.now())
      : asked.map((): Told => ({ status: 'refused', code: 'ledger_not_found' }))
    for (const [i, order] of asked.entries()) {
      ledger.orders.set(order.id, order)
      ledger.outcomes.set(order.id, outcomeOf(told[i], ledger.model.books))
    }
    const unanswered = new Set(fresh.keys())
    return orders.map((order) => {
      const outcome = ledger.outcomes.get(order.id)
      if (outcome === undefined) throw new Error('An order has no outcome')
      if (ledger.orders.get(order.id)?.payloadHash.equals(order.payloadHash) !== true)
        return { status: 'key_reused' }
      return unanswered.delete(order.id) ? outcome : { ...outcome, replayed: true }
    })
  }

  async balances(name: string, asked: { prefix?: string; seq?: bigint }): Promise<EngineAccount[]> {
    const { books } = this.#ledger(name).model
    const at =
      asked.seq === undefined
        ? Math.max(this.#clock.now(), books.bookedAt)
        : (books.records.find((record) => record.seq === asked.seq)?.bookedAt ?? 0)
    const then = booksAt(books, asked.seq ?? BigInt(books.records.length), at)
    return books.accounts
      .filter(({ address }) => isWithin(address, asked.prefix))
      .map((account) => {
        const { debits, credits, pendingDebits, pendingCredits } = balance(then, account)
        const { address, asset, type } = account
        return {
          address,
          asset,
          type,
          postedDebits: debits,
          postedCredits: credits,
          pendingDebits,
          pendingCredits,
        }
      })
      .sort((a, b) => compare(a.address, b.address) || compare(a.asset, b.asset))
  }

  async journal(name: string, after: bigint, limit: number): Promise<EngineRecord[]> {
    const { model, orders } = this.#ledger(name)
    return model.books.records
      .filter((record) => record.seq > after)
      .slice(0, limit)
      .map((record) => recordOf(record, orders.get(record.id), model.books.entries))
  }

  #ledger(name: string): Ledger {
    const ledger = this.#ledgers.get(name)
    if (ledger === undefined) throw new Error(`There is no ledger ${name}`)
    return ledger
  }

  /** Remembers what was refused because there is no such ledger. */
  #nobodys(): Ledger {
    const nobodys = this.#ledgers.get('')
    if (nobodys !== undefined) return nobodys
    this.open('', [])
    return this.#ledger('')
  }
}

function askedOf({ id, reason, ...order }: EngineOrder) {
  return { id, reason, request: requestOf(order) }
}

/** The order as the command that makes it is called. */
function requestOf({ instruction, valueTime, force }: Omit<EngineOrder, 'id' | 'reason'>): JournalRequest {
  const details = {
    ...(valueTime === undefined ? {} : { value_time: new Date(valueTime).toISOString() }),
    ...(force === undefined ? {} : { force }),
  }
  switch (instruction.kind) {
    case 'transaction':
      return { command: 'ledger.transaction.post', input: { ...instruction, ...details } }
    case 'hold': {
      const { expiresAt } = instruction
      const expiry = expiresAt === undefined ? {} : { expires_at: new Date(expiresAt).toISOString() }
      return { command: 'ledger.hold.reserve', input: { ...instruction, ...expiry, ...details } }
    }
    case 'settlement':
      return { command: 'ledger.hold.settle', input: { ...instruction, ...details } }
    case 'release':
      return { command: 'ledger.hold.release', input: instruction }
    case 'expiry':
      return { command: 'ledger.hold.expire', input: { hold: instruction.hold } }
    case 'reversal':
      return {
        command: 'ledger.transaction.reverse',
        input: { transaction: instruction.transaction, ...details },
      }
    case 'correction':
      return { command: 'ledger.transaction.correct', input: { ...instruction, ...details } }
    default:
      throw new Error('The reference knows no such order')
  }
}

function outcomeOf(told: Told | undefined, books: Books): EngineOutcome {
  if (told === undefined) throw new Error('An order has no outcome')
  if (told.status === 'refused') return { status: 'refused', code: told.code, replayed: false }
  return { status: 'booked', seq: told.seq ?? 0n, bookedAt: books.bookedAt, replayed: false }
}

function recordOf(
  record: BookRecord,
  order: EngineOrder | undefined,
  entries: readonly Entry[],
): EngineRecord {
  return {
    seq: record.seq,
    id: record.id,
    // Expiry that nobody asked for has no order.
    kind: order?.instruction.kind ?? 'expiry',
    bookedAt: record.bookedAt,
    valueTime: order?.valueTime ?? record.bookedAt,
    refusal: record.refusal,
    subject: record.subject,
    postings: paired(entries.filter((entry) => entry.record === record.id)),
  }
}

/** Entries as postings: debits against credits of the same asset, in their order. */
function paired(entries: readonly Entry[]): EnginePosting[] {
  const open = entries.map(({ account, side, amount }) => ({ account, side, left: amount }))
  const postings: EnginePosting[] = []
  for (const debit of open.filter((entry) => entry.side === 'debits')) {
    for (const credit of open) {
      if (credit.side === 'debits' || credit.account.asset !== debit.account.asset) continue
      const amount = debit.left < credit.left ? debit.left : credit.left
      if (amount === 0n) continue
      debit.left -= amount
      credit.left -= amount
      postings.push({
        debit: debit.account.address,
        credit: credit.account.address,
        asset: debit.account.asset,
        amount,
      })
    }
  }
  return postings
}

/** The books as they were after a record, at a time: what had expired by then holds nothing. */
function booksAt(books: Books, seq: bigint, at: number): Books {
  const holds = books.holds
    .filter((hold) => hold.expiresAt === undefined || hold.expiresAt > at)
    .map((hold): Hold => ({ ...hold, changes: hold.changes.filter((change) => change.seq <= seq) }))
  return { ...books, holds, entries: books.entries.filter((entry) => entry.seq <= seq) }
}

function isWithin(address: string, prefix: string | undefined): boolean {
  return prefix === undefined || address === prefix || address.startsWith(`${prefix}:`)
}

function compare(left: string, right: string): number {
  return left === right ? 0 : left < right ? -1 : 1
}
