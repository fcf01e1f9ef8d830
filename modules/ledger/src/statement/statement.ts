import { InvalidInput, type View } from '@florin/kernel'
import { normalSide, standing } from '../domain/account.ts'
import { type AccountRecordRow, findAccount } from '../store/account-records.ts'
import { balancesAsOf, pointInHistory } from '../store/balances.ts'
import { findLedger } from '../store/head.ts'
import { firstInstant, seqsUpTo } from '../store/statement-lines.ts'
import { postedByValueTime } from '../store/value-time.ts'

export type StatementOrder = 'booking' | 'value'

export interface StatementInput {
  readonly ledger: string
  readonly address: string
  readonly asset: string
  readonly order?: StatementOrder
  readonly from?: string
  readonly to?: string
  readonly day?: string
  readonly seq?: string
}

/** What was posted to the account until some point, in minor units. */
export interface Totals {
  readonly debits: bigint
  readonly credits: bigint
}

/** Everything about a statement but its lines. Times in epoch milliseconds, amounts in minor units. */
export interface Statement {
  readonly ledgerId: bigint
  readonly account: AccountRecordRow
  readonly order: StatementOrder
  /** Lines of this time or later; undefined: from the beginning. */
  readonly from: number | undefined
  /** Lines before this time; undefined (in booking order only): up to `asOf`. */
  readonly to: number | undefined
  /** Only what the records up to this one say: the same statement can be had again later. */
  readonly asOf: bigint
  /** The time of that record, or now. */
  readonly at: number
  /** In booking order the records that it covers: after the first, up to the second. */
  readonly records: { readonly after: bigint; readonly upTo: bigint }
  readonly opening: Totals
  readonly closing: Totals
  /** Balance less what was held at the end; only in booking order, since holds have no value time. */
  readonly closingAvailable: bigint | undefined
  /** Of a statement of one day: 1 on the day on which the account was opened, and one more each day. */
  readonly number: bigint | undefined
}

/** What later pages of a statement keep of the first one. */
export interface Pinned {
  readonly asOf: bigint
  readonly to: number | undefined
}

const dayMs = 86_400_000

/** Opens the account's statement. Throws `ledger_not_found`, `account_not_found`. */
export async function openStatement(view: View, input: StatementInput, pinned?: Pinned): Promise<Statement> {
  const order = input.order ?? 'booking'
  const asked = periodOf(input)
  const end = asked.to ?? pinned?.to
  const ledger = await findLedger(view, input.ledger)
  const ends = [(asked.from ?? firstInstant) - 1, (end ?? firstInstant) - 1]
  // Sent together: what a page takes is mostly the time between question and answer.
  const [account, point, [after = 0n, last = 0n]] = await Promise.all([
    findAccount(view.db, ledger.id, input.address, input.asset),
    pointInHistory(view.db, ledger, { seq: pinned?.asOf.toString() ?? input.seq }),
    seqsUpTo(view.db, ledger.id, ends),
  ])
  const to = end ?? (order === 'value' ? point.at + 1 : undefined)
  const period = { order, from: asked.from, to }
  const upTo = end !== undefined && last < point.seq ? last : point.seq
  const frame = { ledgerId: ledger.id, account, ...period, asOf: point.seq, at: point.at }
  const records = { after: after < upTo ? after : upTo, upTo }
  const at = Math.min(point.at, (to ?? Number.POSITIVE_INFINITY) - 1)
  const totals =
    order === 'booking' ? await totalsByBooking(view, frame, records, at) : await totalsByValue(view, frame)
  return { ...frame, records, ...totals, number: dailyNumber(account.opened_at, period) }
}

/** The balance on the account's normal side. */
export function balanceOf(account: AccountRecordRow, { debits, credits }: Totals): bigint {
  return normalSide(account.type) === 'debit' ? debits - credits : credits - debits
}

function periodOf({ from, to, day }: StatementInput): { from: number | undefined; to: number | undefined } {
  if (day !== undefined) {
    if (from !== undefined || to !== undefined)
      throw new InvalidInput([{ path: '/day', message: 'stands for from and to; send either' }])
    const start = Date.parse(day)
    return { from: start, to: start + dayMs }
  }
  const period = {
    from: from === undefined ? undefined : Date.parse(from),
    to: to === undefined ? undefined : Date.parse(to),
  }
  if (period.from !== undefined && period.to !== undefined && period.from >= period.to)
    throw new InvalidInput([{ path: '/to', message: 'must lie after from' }])
  return period
}

type Frame = Pick<Statement, 'ledgerId' | 'account' | 'from' | 'to' | 'asOf'>

async function totalsByBooking(
  view: View,
  { ledgerId, account }: Frame,
  records: Statement['records'],
  at: number,
): Promise<Pick<Statement, 'opening' | 'closing' | 'closingAvailable'>> {
  const filter = { address: account.address, asset: account.asset }
  const [[before], [after]] = await Promise.all([
    records.after === 0n ? [] : balancesAsOf(view.db, ledgerId, filter, records.after, at),
    balancesAsOf(view.db, ledgerId, filter, records.upTo, at),
  ])
  if (after === undefined) throw new Error(`The balances of ${account.address} are missing`)
  return {
    opening: { debits: before?.postedDebits ?? 0n, credits: before?.postedCredits ?? 0n },
    closing: { debits: after.postedDebits, credits: after.postedCredits },
    closingAvailable: standing(account.type, after).available,
  }
}

async function totalsByValue(
  view: View,
  { ledgerId, account, from, to, asOf }: Frame,
): Promise<Pick<Statement, 'opening' | 'closing' | 'closingAvailable'>> {
  const before = async (time: number | undefined): Promise<Totals> => {
    if (time === undefined || time <= firstInstant) return { debits: 0n, credits: 0n }
    const filter = { address: account.address, asset: account.asset }
    const [totals] = await postedByValueTime(view.db, ledgerId, filter, { seq: asOf, valueTime: time - 1 })
    if (totals === undefined) throw new Error(`The totals of ${account.address} are missing`)
    return { debits: totals.debits, credits: totals.credits }
  }
  const [opening, closing] = await Promise.all([before(from), before(to)])
  return { opening, closing, closingAvailable: undefined }
}

function dailyNumber(openedAt: Date, { from, to }: Pick<Statement, 'from' | 'to'>): bigint | undefined {
  if (from === undefined || to !== from + dayMs || from % dayMs !== 0) return undefined
  const number = from / dayMs - Math.floor(openedAt.getTime() / dayMs) + 1
  return number < 1 ? undefined : BigInt(number)
}
