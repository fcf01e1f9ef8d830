import { type Books, type Hold, remaining, type Side, sum } from './books.ts'
import type { Judge, Leg, Movements, Place, Verdict } from './judge.ts'
import type { Request, SettleInput, TransactionInput } from './requests.ts'

/** What a request would do to the books if nothing speaks against it. */
export interface Draft {
  readonly kind: string
  readonly subject: string | undefined
  readonly legs: readonly Leg[]
  readonly newHold?: { debit: Place; credit: Place; amount: bigint; expiresAt: number | undefined }
  readonly holdChanges: readonly { hold: Hold | 'new'; delta: bigint; status: Hold['status'] }[]
}

export interface Case {
  readonly books: Books
  readonly judge: Judge
  readonly verdict: Verdict
  readonly request: Request
  readonly reason: string | undefined
}

/** Judges a request and drafts its effects; undefined where it can't even be drafted. */
export function draftOf(c: Case): Draft | undefined {
  const { request, verdict } = c
  const { input } = request
  if ('force' in input && input.force === true && c.reason === undefined) verdict.no('reason_required')
  if (
    'value_time' in input &&
    input.value_time !== undefined &&
    Date.parse(input.value_time) > c.books.bookedAt
  )
    verdict.no('value_time_in_future')
  switch (request.command) {
    case 'ledger.transaction.post':
      return transaction(c, request.input)
    case 'ledger.transaction.reverse':
      return reversal(c, request.input.transaction)
    case 'ledger.transaction.correct':
      return correction(c, request.input)
    case 'ledger.hold.reserve':
      return reserve(c, request.input)
    case 'ledger.hold.settle':
      return settle(c, request.input)
    case 'ledger.hold.release':
      return release(c, request.input.hold, request.input.amount)
    case 'ledger.hold.expire':
      return expire(c, request.input.hold)
    default:
      throw new Error(`${request.command} books nothing`)
  }
}

function transaction(c: Case, input: TransactionInput): Draft | undefined {
  const legs = c.judge.legs(input)
  const places = placesOf(input)
  for (const condition of input.conditions ?? []) c.judge.condition(condition, places)
  checkAccounts(c, legs ?? places.map((place) => ({ place, side: undefined })))
  if (legs === undefined) return undefined
  c.judge.pairable(input, legs)
  return { kind: 'transaction', subject: undefined, legs, holdChanges: [] }
}

function checkAccounts(
  c: Case,
  legs: readonly { readonly place: Place; readonly side: Side | undefined }[],
): void {
  for (const { place, side } of legs) {
    const account = c.judge.account(place)
    if (side !== undefined) c.judge.open(account, side)
  }
}

function placesOf({ postings, lines }: Movements): Place[] {
  return [
    ...(postings ?? []).flatMap(({ debit, credit, asset }) => [
      { address: debit, asset },
      { address: credit, asset },
    ]),
    ...(lines ?? []).map(({ account: address, asset }) => ({ address, asset })),
  ]
}

/** The entries of a transaction and of its corrections so far. */
function bookedLegs(books: Books, id: string): Leg[] {
  const records = books.records.filter(
    (r) => r.refusal === undefined && (r.id === id || (r.kind === 'correction' && r.subject === id)),
  )
  return books.entries
    .filter((entry) => records.some((r) => r.id === entry.record))
    .map(({ account: { address, asset }, side, amount }) => ({ place: { address, asset }, side, amount }))
}

function amendable({ books, verdict }: Case, id: string): boolean {
  const record = books.records.find((r) => r.id === id && r.refusal === undefined)
  if (
    record === undefined ||
    !['transaction', 'settlement', 'reversal', 'correction'].includes(record.kind)
  ) {
    verdict.no('transaction_not_found')
    return false
  }
  if (record.kind === 'reversal' || record.kind === 'correction') verdict.no('transaction_is_amendment')
  const reversed = books.records.some(
    (r) => r.kind === 'reversal' && r.subject === id && r.refusal === undefined,
  )
  if (reversed) verdict.no('transaction_reversed')
  return true
}

function opposite(side: Side): Side {
  return side === 'debits' ? 'credits' : 'debits'
}

function reversal(c: Case, id: string): Draft | undefined {
  if (!amendable(c, id)) return undefined
  const legs = bookedLegs(c.books, id).map((leg) => ({ ...leg, side: opposite(leg.side) }))
  checkAccounts(c, legs)
  return { kind: 'reversal', subject: id, legs, holdChanges: [] }
}

function correction(c: Case, input: TransactionInput & { readonly transaction: string }): Draft | undefined {
  const found = amendable(c, input.transaction)
  const wanted = c.judge.legs(input)
  for (const place of placesOf(input)) c.judge.account(place)
  if (!found || wanted === undefined) return undefined
  c.judge.pairable(input, wanted)
  const booked = bookedLegs(c.books, input.transaction).map((leg) => ({ ...leg, side: opposite(leg.side) }))
  const legs = netOf([...wanted, ...booked])
  if (legs.length === 0) c.verdict.no('nothing_to_correct')
  // each posting of the difference must be in range, though what it corrects was booked in several
  if (legs.some((leg) => leg.amount >= 2n ** 256n)) c.verdict.no('amount_out_of_range')
  checkAccounts(c, legs)
  return { kind: 'correction', subject: input.transaction, legs, holdChanges: [] }
}

/** One entry for each account that is left with something. */
function netOf(legs: readonly Leg[]): Leg[] {
  const places = [...new Map(legs.map(({ place }) => [`${place.address} ${place.asset}`, place])).values()]
  return places.flatMap((place): Leg[] => {
    const own = legs.filter((l) => l.place.address === place.address && l.place.asset === place.asset)
    const net = sum(own.map((leg) => (leg.side === 'debits' ? leg.amount : -leg.amount)))
    if (net === 0n) return []
    return [{ place, side: net > 0n ? 'debits' : 'credits', amount: net > 0n ? net : -net }]
  })
}

function reserve(
  c: Case,
  input: Extract<Request, { command: 'ledger.hold.reserve' }>['input'],
): Draft | undefined {
  const expiresAt = input.expires_at === undefined ? undefined : Date.parse(input.expires_at)
  if (expiresAt !== undefined && expiresAt <= c.books.bookedAt) c.verdict.no('expiry_in_past')
  const debit = { address: input.debit, asset: input.asset }
  const credit = { address: input.credit, asset: input.asset }
  const amount = c.judge.amount(input.asset, input.amount, 'refused')
  if (input.debit === input.credit) c.verdict.no('same_account')
  checkAccounts(c, [
    { place: debit, side: 'debits' },
    { place: credit, side: 'credits' },
  ])
  if (amount === undefined) return undefined
  return {
    kind: 'hold',
    subject: undefined,
    legs: [],
    newHold: { debit, credit, amount, expiresAt },
    holdChanges: [{ hold: 'new', delta: amount, status: 'open' }],
  }
}

function openHold({ books, verdict }: Case, id: string): Hold | undefined {
  const hold = books.holds.find((each) => each.id === id)
  if (hold === undefined) verdict.no('hold_not_found')
  else if (hold.status !== 'open') verdict.no('hold_not_open')
  return hold?.status === 'open' ? hold : undefined
}

function settle(c: Case, input: SettleInput): Draft | undefined {
  const hold = openHold(c, input.hold)
  if (hold === undefined) return undefined
  const { asset } = hold.debit
  const left = remaining(hold)
  const amount = input.amount === undefined ? left : c.judge.amount(asset, input.amount, 'refused')
  if (amount !== undefined && amount > left && input.force !== true) c.verdict.no('hold_exceeded')
  const debit = { address: input.debit ?? hold.debit.address, asset }
  const credit = { address: input.credit ?? hold.credit.address, asset }
  if (debit.address === credit.address) c.verdict.no('same_account')
  checkAccounts(c, [
    { place: debit, side: 'debits' },
    { place: credit, side: 'credits' },
  ])
  if (amount === undefined) return undefined
  const taken = input.final === true || amount > left ? left : amount
  return {
    kind: 'settlement',
    subject: hold.id,
    legs: [
      { place: debit, side: 'debits', amount },
      { place: credit, side: 'credits', amount },
    ],
    holdChanges: [{ hold, delta: -taken, status: taken === left ? 'settled' : 'open' }],
  }
}

function release(c: Case, id: string, text: string | undefined): Draft | undefined {
  const hold = openHold(c, id)
  if (hold === undefined) return undefined
  const left = remaining(hold)
  const amount = text === undefined ? left : c.judge.amount(hold.debit.asset, text, 'refused')
  if (amount === undefined) return undefined
  if (amount > left) c.verdict.no('hold_exceeded')
  const status = amount === left ? 'released' : 'open'
  return { kind: 'release', subject: id, legs: [], holdChanges: [{ hold, delta: -amount, status }] }
}

function expire(c: Case, id: string): Draft | undefined {
  const hold = openHold(c, id)
  if (hold === undefined) return undefined
  if (hold.expiresAt === undefined || hold.expiresAt > c.books.bookedAt) c.verdict.no('hold_not_due')
  const holdChanges = [{ hold, delta: -remaining(hold), status: 'expired' as const }]
  return { kind: 'expiry', subject: id, legs: [], holdChanges }
}
