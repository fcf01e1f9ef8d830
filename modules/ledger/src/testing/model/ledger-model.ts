import { requestId } from '@florin/kernel'
import {
  type Account,
  type Books,
  balance,
  emptyBooks,
  findAccount,
  type Hold,
  minorUnits,
  nextSeq,
  remaining,
} from './books.ts'
import { type Draft, draftOf } from './drafts.ts'
import { Judge, type Place, Verdict } from './judge.ts'
import type { Asked, Request, Told, TransactionInput } from './requests.ts'

export type Precedence = (command: string) => readonly string[]

type AccountRequest = Extract<Request, { command: `ledger.account.${string}` }>
export type JournalRequest = Exclude<
  Request,
  AccountRequest | { command: 'ledger.chart.set' } | { command: 'ledger.transaction.batch' }
>

/** One ledger, one request after another. */
export class LedgerModel {
  books: Books = emptyBooks()
  readonly #decimals: ReadonlyMap<string, number>
  readonly #precedence: Precedence

  constructor(decimals: ReadonlyMap<string, number>, precedence: Precedence) {
    this.#decimals = decimals
    this.#precedence = precedence
  }

  execute(asked: Asked): Told {
    const { request } = asked
    if (request.command === 'ledger.chart.set') {
      this.books.chart = request.input.templates
      return { status: 'done' }
    }
    if (isAboutAnAccount(request)) return this.#changeAccount(request, asked.now)
    if (request.command === 'ledger.transaction.batch') return this.#batch(request.input, asked)
    this.#tick(asked.now)
    this.#expire(touched(this.books, request), endedBy([request]))
    return this.#book(request, asked.id, asked.reason)
  }

  /** Requests that are booked together: what has expired is over before the first of them is judged. */
  executeTogether(
    all: readonly {
      readonly request: JournalRequest
      readonly id: string
      readonly reason: string | undefined
    }[],
    now: number,
  ): Told[] {
    this.#tick(now)
    const requests = all.map(({ request }) => request)
    this.#expire(
      requests.flatMap((request) => touched(this.books, request)),
      endedBy(requests),
    )
    return all.map(({ request, id, reason }) => this.#book(request, id, reason))
  }

  #batch(
    { mode, transactions }: Extract<Request, { command: 'ledger.transaction.batch' }>['input'],
    asked: Asked,
  ): Told {
    const before = structuredClone(this.books)
    this.#tick(asked.now)
    const requests = transactions.map(asTransaction)
    this.#expire(
      requests.flatMap((request) => touched(this.books, request)),
      new Set(),
    )
    const items = requests.map((request, i) => this.#book(request, asked.itemId(i), asked.reason))
    if (mode === 'independent' || items.every((item) => item.status === 'done'))
      return { status: 'done', items }
    this.books = before
    return { status: 'refused', code: 'batch_aborted' }
  }

  /** Booking times never fall, whatever the clock does. */
  #tick(now: number): void {
    this.books.bookedAt = Math.max(now, this.books.bookedAt)
  }

  /** Whatever has expired on these accounts is over before anything else is judged. */
  #expire(accounts: readonly Account[], except: ReadonlySet<string>): void {
    const due = this.books.holds.filter(
      (hold) =>
        hold.status === 'open' &&
        !except.has(hold.id) &&
        hold.expiresAt !== undefined &&
        hold.expiresAt <= this.books.bookedAt &&
        (accounts.includes(hold.debit) || accounts.includes(hold.credit)),
    )
    due.sort((a, b) => (a.expiresAt ?? 0) - (b.expiresAt ?? 0) || (a.id < b.id ? -1 : 1))
    for (const { id } of due) {
      this.#book(
        { command: 'ledger.hold.expire', input: { hold: id } },
        expiryId(id, nextSeq(this.books)),
        undefined,
      )
    }
  }

  /** Books a request or records its refusal. */
  #book(request: JournalRequest, id: string, reason: string | undefined): Told {
    const seq = nextSeq(this.books)
    const verdict = new Verdict()
    const judge = new Judge(this.books, this.#decimals, verdict)
    const draft = draftOf({ books: this.books, judge, verdict, request, reason })
    let code = verdict.first(this.#precedence(request.command))
    const before = structuredClone(this.books)
    if (code === undefined && draft === undefined) throw new Error('Nothing to book and nothing against it')
    if (code === undefined && draft !== undefined)
      code = this.#apply(draft, seq, id, judge, isForced(request))
    if (code !== undefined) this.books = before
    const { kind, subject } = draft ?? { kind: 'refused', subject: undefined }
    this.books.records.push({ seq, id, kind, subject, bookedAt: this.books.bookedAt, refusal: code })
    return code === undefined ? { status: 'done', seq } : { status: 'refused', code }
  }

  #apply(draft: Draft, seq: bigint, id: string, judge: Judge, forced: boolean): string | undefined {
    const availableBefore = new Map(this.books.accounts.map((a) => [a, balance(this.books, a).available]))
    for (const { hold, delta, status } of draft.holdChanges) {
      const held = hold === 'new' ? this.#newHold(draft, id, judge) : hold
      held.changes.push({ seq, delta })
      held.status = status
    }
    for (const { place, side, amount } of draft.legs) {
      this.books.entries.push({ seq, record: id, account: this.#account(place, judge), side, amount })
    }
    for (const account of this.books.accounts) {
      if (account.limit === null) continue
      const was = availableBefore.get(account) ?? 0n
      const is = balance(this.books, account).available
      if (!forced && is < -account.limit && is < was) return 'insufficient_funds'
      if (was >= -account.limit && is < -account.limit) this.#tell('ledger.account.overdrawn', account)
      if (was < -account.limit && is >= -account.limit) this.#tell('ledger.account.recovered', account)
    }
    return undefined
  }

  #newHold(draft: Draft, id: string, judge: Judge): Hold {
    const { newHold } = draft
    if (newHold === undefined) throw new Error('The draft has no hold')
    const hold: Hold = {
      id,
      debit: this.#account(newHold.debit, judge),
      credit: this.#account(newHold.credit, judge),
      amount: newHold.amount,
      expiresAt: newHold.expiresAt,
      changes: [],
      status: 'open',
    }
    this.books.holds.push(hold)
    return hold
  }

  #tell(type: string, { address, asset }: Account): void {
    this.books.events.push({ type, address, asset })
  }

  #account(place: Place, judge: Judge): Account {
    const found = findAccount(this.books, place.address, place.asset)
    if (found !== undefined) return found
    const fresh = judge.opened(place)
    this.books.accounts.push(fresh)
    return fresh
  }

  #changeAccount(request: AccountRequest, now: number): Told {
    const verdict = new Verdict()
    const judge = new Judge(this.books, this.#decimals, verdict)
    const { address, asset } = request.input
    const account = findAccount(this.books, address, asset)
    const before = structuredClone(this.books)
    if (request.command === 'ledger.account.open') this.#judgeOpening(request.input, verdict, judge)
    else if (account === undefined) verdict.no('account_not_found')
    else if (account.closed) verdict.no('account_closed')
    if (
      request.command === 'ledger.account.limit' &&
      account !== undefined &&
      request.input.overdraft_limit !== null
    )
      judge.amount(asset, request.input.overdraft_limit, 'allowed')
    if (request.command === 'ledger.account.close' && account?.closed === false) {
      this.#tick(now)
      this.#expire([account], new Set())
      const { debits, credits, pendingDebits, pendingCredits } = balance(this.books, account)
      if (debits !== credits || pendingDebits > 0n || pendingCredits > 0n) verdict.no('account_not_empty')
    }
    const code = verdict.first(this.#precedence(request.command))
    if (code === undefined) this.#carryOut(request, account ?? judge.opened(request.input), now)
    else this.books = before
    return code === undefined ? { status: 'done' } : { status: 'refused', code }
  }

  #judgeOpening(place: Place, verdict: Verdict, judge: Judge): void {
    if (findAccount(this.books, place.address, place.asset) !== undefined) verdict.no('account_exists')
    if (!this.#decimals.has(place.asset)) verdict.no('asset_unknown')
    else judge.openable(place)
  }

  #carryOut(request: AccountRequest, account: Account, now: number): void {
    switch (request.command) {
      case 'ledger.account.open':
        this.#tick(now)
        this.books.accounts.push(account)
        break
      case 'ledger.account.close':
        account.closed = true
        break
      case 'ledger.account.freeze':
        account.frozen = request.input.frozen
        break
      case 'ledger.account.limit': {
        const { overdraft_limit: limit, asset } = request.input
        const minor = limit === null ? null : minorUnits(limit, this.#decimals.get(asset) ?? 0)
        if (typeof minor === 'string') throw new Error(minor)
        account.limit = minor
      }
    }
  }

  hold(id: string): Hold | undefined {
    return this.books.holds.find((hold) => hold.id === id)
  }

  /** What is due now and not recorded yet. */
  due(now: number): Hold[] {
    const at = Math.max(now, this.books.bookedAt)
    return this.books.holds.filter((h) => remaining(h) > 0n && h.expiresAt !== undefined && h.expiresAt <= at)
  }
}

function asTransaction(input: TransactionInput): JournalRequest {
  return { command: 'ledger.transaction.post', input }
}

function isAboutAnAccount(request: Request): request is AccountRequest {
  return request.command.startsWith('ledger.account.')
}

function isForced(request: JournalRequest): boolean {
  return 'force' in request.input && request.input.force === true
}

/** Expiry that nobody asked for is recorded as the background role would record it. */
function expiryId(hold: string, seq: bigint): string {
  return requestId('system:worker', 'ledger.hold.expire', `${hold}/${seq}`)
}

/** The holds that requests are about to end by themselves. */
function endedBy(requests: readonly JournalRequest[]): Set<string> {
  return new Set(requests.flatMap((r) => (r.command === 'ledger.hold.expire' ? [r.input.hold] : [])))
}

/** The accounts that a request is about, of those that exist. */
function touched(books: Books, request: JournalRequest): Account[] {
  const { input } = request
  const hold = 'hold' in input ? books.holds.find((each) => each.id === input.hold) : undefined
  const places: Place[] = []
  const add = (address: string | undefined, asset: string | undefined): void => {
    if (address !== undefined && asset !== undefined) places.push({ address, asset })
  }
  const asset = 'asset' in input ? input.asset : hold?.debit.asset
  if ('debit' in input) add(input.debit, asset)
  if ('credit' in input) add(input.credit, asset)
  if ('postings' in input || 'lines' in input) {
    for (const p of input.postings ?? []) {
      add(p.debit, p.asset)
      add(p.credit, p.asset)
    }
    for (const line of input.lines ?? []) add(line.account, line.asset)
  }
  if ('conditions' in input) for (const c of input.conditions ?? []) add(c.account, c.asset)
  const original = 'transaction' in input ? input.transaction : undefined
  const related = books.records.filter(
    (r) =>
      r.refusal === undefined && (r.id === original || (r.subject === original && r.kind === 'correction')),
  )
  const booked = books.entries.filter((entry) => related.some((r) => r.id === entry.record))
  return [
    ...(hold === undefined ? [] : [hold.debit, hold.credit]),
    ...booked.map((entry) => entry.account),
    ...places.flatMap((p) => findAccount(books, p.address, p.asset) ?? []),
  ]
}
