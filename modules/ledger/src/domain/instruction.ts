import { Refusal } from '@florin/kernel'
import { formatDecimal, MoneyError, parseDecimal } from '@florin/money'
import { standing } from './account.ts'
import { type Book, type BookAccount, checkAccounts, checkMove, type Move } from './book.ts'
import { checkBalanced, decompose, type EntryLine } from './lines.ts'
import { judgeEach, Verdict } from './precedence.ts'

/** Amounts as they come in: decimal strings in the asset's own unit. */
export interface RequestedPosting {
  readonly debit: string
  readonly credit: string
  readonly amount: string
  readonly asset: string
}

/** A line of a classic entry; exactly one of `debit` and `credit` is given. */
export interface RequestedLine {
  readonly account: string
  readonly asset: string
  readonly debit?: string | undefined
  readonly credit?: string | undefined
}

export interface Condition {
  readonly account: string
  readonly asset: string
  readonly available_min?: string | undefined
  readonly version?: string | undefined
}

export interface Movements {
  readonly postings?: readonly RequestedPosting[] | undefined
  readonly lines?: readonly RequestedLine[] | undefined
}

/** One thing the ledger is asked to do. */
export type Instruction =
  | ({
      readonly kind: 'transaction'
      readonly conditions: readonly Condition[]
      /** The forward that it books. */
      readonly forward?: string
      /** It is owed already: frozen and closed accounts take it. */
      readonly owed?: boolean
    } & Movements)
  | ({ readonly kind: 'hold'; readonly expiresAt: number | undefined } & RequestedPosting)
  | {
      readonly kind: 'settlement'
      readonly hold: string
      readonly amount: string | undefined
      readonly debit: string | undefined
      readonly credit: string | undefined
      readonly final: boolean
    }
  | { readonly kind: 'release'; readonly hold: string; readonly amount: string | undefined }
  | { readonly kind: 'expiry'; readonly hold: string }
  | { readonly kind: 'reversal'; readonly transaction: string }
  | ({ readonly kind: 'correction'; readonly transaction: string } & Movements)
  | ({
      readonly kind: 'closing'
      /** The closing that this one undoes, when a period is opened again. */
      readonly transaction?: string | undefined
    } & Movements)
  | ForwardInstruction
  | { readonly kind: 'cancellation'; readonly forward: string }

/** A transaction that is to be booked when its time has come. */
export type ForwardInstruction = {
  readonly kind: 'forward'
  /** Epoch milliseconds. */
  readonly due: number
  readonly conditions: readonly Condition[]
} & Movements

/** A booked transaction as its reversal or correction sees it: itself and its corrections so far. */
export interface Original {
  readonly id: string
  readonly kind: string
  readonly reversedBy: string | undefined
  readonly moves: readonly Move[]
}

/** What instructions need besides the book; loaded for the whole batch beforehand. */
export interface Surroundings {
  /** Epoch milliseconds at which everything of the batch is booked. */
  readonly bookedAt: number
  /** The account if it is there. */
  find(address: string, asset: string): BookAccount | undefined
  /** The account, opened if its template says so. Throws the Refusal that applies. */
  resolve(address: string, asset: string): BookAccount
  /** Decimals of a known asset. Throws `asset_unknown`. */
  exponent(asset: string): number
  /** Throws `transaction_not_found`, or `forward_pending` where it is not booked yet. */
  original(id: string): Original
  /** Keeps what will move when the forward is due. Nothing that was opened for it stays open. */
  keepForward(id: string, forward: ForwardInstruction, moves: readonly Move[]): void
  /** Ends a pending forward by the record `by`. Throws `forward_not_found` or `forward_not_pending`. */
  cancelForward(forward: string, by: string): void
}

/** Does what the instruction asks, on the book. `id` is the record's id and becomes that of a new hold. */
export function carryOut(
  book: Book,
  world: Surroundings,
  id: string,
  forced: boolean,
  instruction: Instruction,
): void {
  switch (instruction.kind) {
    case 'transaction':
      transact(book, world, instruction)
      break
    case 'hold':
      for (const move of entriesOf(world, { postings: [instruction] }).moves())
        book.reserve(move, { id, expiresAt: instruction.expiresAt })
      break
    case 'settlement':
      settle(book, world, instruction, forced)
      break
    case 'release':
      release(book, instruction)
      break
    case 'expiry':
      expire(book, world, instruction.hold)
      break
    case 'reversal':
      reverse(book, world, instruction.transaction)
      break
    case 'correction':
      correct(book, world, instruction)
      break
    case 'closing':
      // Moves what was earned and spent to another line of the books, not money: neither frozen nor closed accounts
      // are left out, or the period could never be closed.
      for (const move of entriesOf(world, instruction).moves()) book.post(move)
      break
    case 'forward':
      world.keepForward(id, instruction, promisedMoves(book, world, instruction))
      break
    case 'cancellation':
      world.cancelForward(instruction.forward, id)
      break
  }
}

function transact(
  book: Book,
  world: Surroundings,
  instruction: Extract<Instruction, { kind: 'transaction' }>,
): void {
  const moves = plainMoves(world, instruction) ?? judgedMoves(book, world, instruction)
  for (const move of moves) book.post(move)
}

/**
 * The short way for what is asked most: postings between accounts that are there and open, without conditions.
 * Undefined wherever anything else has to be judged: then the long way does it, which gives the same moves.
 */
function plainMoves(
  world: Surroundings,
  { postings, lines, conditions }: Extract<Instruction, { kind: 'transaction' }>,
): Move[] | undefined {
  if (postings === undefined || lines !== undefined || conditions.length > 0) return undefined
  const moves: Move[] = []
  for (const { debit: debitAddress, credit: creditAddress, asset, amount: text } of postings) {
    const debit = world.find(debitAddress, asset)
    const credit = world.find(creditAddress, asset)
    if (debit === undefined || credit === undefined || !takesPostings(debit) || !takesPostings(credit))
      return undefined
    const amount = parseOrUndefined(text, debit.exponent)
    if (amount === undefined) return undefined
    moves.push({ debit, credit, amount })
  }
  return moves
}

function takesPostings(account: BookAccount): boolean {
  return account.frozen === 'no' && !account.closed
}

/** Minor units of a positive amount, or undefined where something is wrong with it. */
function parseOrUndefined(text: string, exponent: number): bigint | undefined {
  try {
    const amount = parseDecimal(text, exponent)
    return amount > 0n ? amount : undefined
  } catch (error) {
    if (error instanceof MoneyError) return undefined
    throw error
  }
}

function judgedMoves(
  book: Book,
  world: Surroundings,
  instruction: Extract<Instruction, { kind: 'transaction' }>,
): readonly Move[] {
  const asked = entriesOf(world, instruction, instruction.conditions)
  checkConditions(world, instruction.conditions)
  if (instruction.owed !== true) book.checkOpen(asked.entries)
  return asked.moves()
}

/** Judged like a transaction, except for what only its own time can tell: funds and conditions. */
function promisedMoves(book: Book, world: Surroundings, forward: ForwardInstruction): readonly Move[] {
  const asked = entriesOf(world, forward, forward.conditions)
  book.checkOpen(asked.entries)
  const moves = asked.moves()
  for (const move of moves) checkMove(move)
  return moves
}

interface Asked {
  readonly entries: readonly EntryLine<BookAccount>[]
  /** Throws `same_account`. */
  moves(): readonly Move[]
}

/** Postings or lines in minor units, with their accounts; lines are balanced. */
function entriesOf(world: Surroundings, movements: Movements, conditions: readonly Condition[] = []): Asked {
  const { postings, lines } = movements
  if ((postings === undefined) === (lines === undefined))
    throw new Refusal('movements_unclear', 'Exactly one of postings and lines is needed', {})
  const verdict = new Verdict()
  const parsed = [
    ...verdict.each(postings ?? [], (posting) => postingEntries(world, posting)).flat(),
    ...verdict.each(lines ?? [], (line) => lineEntry(world, line)),
  ]
  verdict.each(conditions, (condition) => leastOf(world, condition))
  verdict.speak()
  if (lines !== undefined)
    checkBalanced(parsed, (asset, minor) => formatDecimal(minor, world.exponent(asset)))
  const entries = judgeEach(parsed, ({ account, asset, side, amount }) => ({
    account: world.resolve(account, asset),
    asset,
    side,
    amount,
  }))
  return { entries, moves: () => (lines === undefined ? inPairs(entries) : decompose(entries)) }
}

function postingEntries(world: Surroundings, posting: RequestedPosting): EntryLine<string>[] {
  const { asset } = posting
  const amount = amountOf(world, asset, posting.amount)
  return [
    { account: posting.debit, asset, side: 'debit', amount },
    { account: posting.credit, asset, side: 'credit', amount },
  ]
}

function lineEntry(world: Surroundings, line: RequestedLine): EntryLine<string> {
  const side = line.debit !== undefined ? 'debit' : 'credit'
  const amount = amountOf(world, line.asset, line.debit ?? line.credit ?? '0')
  return { account: line.account, asset: line.asset, side, amount }
}

/** The moves whose entries stand in pairs, debit first. */
function inPairs(entries: readonly EntryLine<BookAccount>[]): Move[] {
  const moves: Move[] = []
  let debit: EntryLine<BookAccount> | undefined
  for (const entry of entries) {
    if (debit === undefined) debit = entry
    else {
      moves.push({ debit: debit.account, credit: entry.account, amount: entry.amount })
      debit = undefined
    }
  }
  return moves
}

/** Minor units of a positive amount. */
function amountOf(world: Surroundings, asset: string, text: string): bigint {
  const amount = parseAmount(asset, text, world.exponent(asset))
  if (amount === 0n)
    throw new Refusal('amount_zero', `The amount of ${asset} must be more than zero`, { asset })
  return amount
}

/** Minor units of an amount that may be zero; more decimals than the asset has are refused, never rounded. */
export function parseAmount(asset: string, text: string, exponent: number): bigint {
  try {
    return parseDecimal(text, exponent)
  } catch (error) {
    if (!(error instanceof MoneyError)) throw error
    const code =
      error.code === 'amount_too_many_decimals' ? 'amount_too_many_decimals' : 'amount_out_of_range'
    throw new Refusal(code, `${text} ${asset}: ${error.message}`, { asset, amount: text, decimals: exponent })
  }
}

function checkConditions(world: Surroundings, conditions: readonly Condition[]): void {
  judgeEach(conditions, (condition) => checkCondition(world, condition))
}

/** Accounts that the transaction itself opens count as there, and empty. */
function checkCondition(world: Surroundings, condition: Condition): void {
  const { account: address, asset } = condition
  const account = world.find(address, asset)
  const named = { account: address, asset }
  if (account === undefined)
    throw new Refusal('account_not_found', `There is no account ${address} ${asset}`, named)
  if (condition.version !== undefined && account.version !== BigInt(condition.version)) {
    throw new Refusal(
      'condition_failed',
      `${address} ${asset} is at version ${account.version}, not ${condition.version}`,
      { ...named, version: String(account.version) },
    )
  }
  const least = leastOf(world, condition)
  const { available } = standing(account.type, account)
  if (least === undefined || available >= least) return
  const shown = formatDecimal(available, world.exponent(asset))
  throw new Refusal(
    'condition_failed',
    `${address} ${asset} has ${shown} available, less than ${condition.available_min}`,
    { ...named, available: shown },
  )
}

/** Minor units that a condition wants to be available. */
function leastOf(world: Surroundings, { asset, available_min: least }: Condition): bigint | undefined {
  const exponent = world.exponent(asset)
  return least === undefined ? undefined : parseAmount(asset, least, exponent)
}

function settle(
  book: Book,
  world: Surroundings,
  order: Extract<Instruction, { kind: 'settlement' }>,
  forced: boolean,
): void {
  const hold = book.openHold(order.hold)
  const { asset } = hold.debit
  const amount = order.amount === undefined ? hold.remaining : amountOf(world, asset, order.amount)
  if (amount > hold.remaining && !forced) {
    const show = (minor: bigint): string => formatDecimal(minor, world.exponent(asset))
    throw new Refusal(
      'hold_exceeded',
      `The hold has ${show(hold.remaining)} ${asset} left, ${show(amount)} was to be settled`,
      {
        hold: hold.id,
        remaining: show(hold.remaining),
        asset,
      },
    )
  }
  const verdict = new Verdict()
  const [debit = hold.debit] = verdict.each(given(order.debit), (address) => world.resolve(address, asset))
  const [credit = hold.credit] = verdict.each(given(order.credit), (address) => world.resolve(address, asset))
  verdict.speak()
  book.settle(hold.id, amount, { debit, credit }, order.final)
}

function given<T>(value: T | undefined): T[] {
  return value === undefined ? [] : [value]
}

function release(book: Book, order: Extract<Instruction, { kind: 'release' }>): void {
  if (order.amount === undefined) {
    book.endHold(order.hold, 'released')
    return
  }
  const hold = book.openHold(order.hold)
  const { asset, exponent } = hold.debit
  const amount = parseAmount(asset, order.amount, exponent)
  if (amount === 0n) throw new Refusal('amount_zero', 'The amount must be more than zero', { hold: hold.id })
  if (amount > hold.remaining) {
    throw new Refusal(
      'hold_exceeded',
      `The hold has ${formatDecimal(hold.remaining, exponent)} ${asset} left`,
      {
        hold: hold.id,
        remaining: formatDecimal(hold.remaining, exponent),
        asset,
      },
    )
  }
  book.releasePart(hold.id, amount)
}

function expire(book: Book, world: Surroundings, id: string): void {
  const hold = book.openHold(id)
  if (hold.expiresAt === undefined || hold.expiresAt > world.bookedAt) {
    throw new Refusal('hold_not_due', `The hold ${id} has not expired`, { hold: id })
  }
  book.endHold(id, 'expired')
}

/** Undoes the transaction together with its corrections: afterwards, economically, it never happened. */
function reverse(book: Book, world: Surroundings, id: string): void {
  const { moves } = reversible(world, id)
  book.checkOpen(
    moves.flatMap((move) => [
      { account: move.debit, side: 'credit' as const },
      { account: move.credit, side: 'debit' as const },
    ]),
  )
  for (const move of moves) book.post({ debit: move.credit, credit: move.debit, amount: move.amount })
}

function correct(book: Book, world: Surroundings, order: Extract<Instruction, { kind: 'correction' }>): void {
  const original = reversible(world, order.transaction)
  const wanted = entriesOf(world, order)
  const difference = differenceOf(original.moves, wanted.entries)
  if (difference.length === 0) {
    throw new Refusal(
      'nothing_to_correct',
      `The transaction ${order.transaction} is booked like this already`,
      { transaction: order.transaction },
    )
  }
  book.checkOpen(difference)
  for (const move of wanted.moves()) checkAccounts(move)
  for (const move of decompose(difference)) book.post(move)
}

/** What has to be entered on each account so that `booked` becomes `wanted`. */
function differenceOf(
  booked: readonly Move[],
  wanted: readonly EntryLine<BookAccount>[],
): EntryLine<BookAccount>[] {
  const net = new Map<BookAccount, bigint>()
  const add = (account: BookAccount, amount: bigint): void =>
    void net.set(account, (net.get(account) ?? 0n) + amount)
  for (const { account, side, amount } of wanted) add(account, side === 'debit' ? amount : -amount)
  for (const move of booked) {
    add(move.debit, -move.amount)
    add(move.credit, move.amount)
  }
  return [...net].flatMap(([account, amount]): EntryLine<BookAccount>[] => {
    if (amount === 0n) return []
    const { asset } = account
    return [
      amount > 0n
        ? { account, asset, side: 'debit', amount }
        : { account, asset, side: 'credit', amount: -amount },
    ]
  })
}

function reversible(world: Surroundings, id: string): Original {
  const original = world.original(id)
  if (original.kind === 'reversal' || original.kind === 'correction' || original.kind === 'closing') {
    throw new Refusal('transaction_is_amendment', `The transaction ${id} is itself a ${original.kind}`, {
      transaction: id,
    })
  }
  if (original.reversedBy !== undefined) {
    throw new Refusal(
      'transaction_reversed',
      `The transaction ${id} was reversed by ${original.reversedBy}`,
      {
        transaction: id,
        reversed_by: original.reversedBy,
      },
    )
  }
  return original
}
