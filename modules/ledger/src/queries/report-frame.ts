import { Counter, Refusal, Time, type View } from '@florin/kernel'
import { type Static, type TProperties, Type } from 'typebox'
import { dayOf, type Period, type Span } from '../domain/periods.ts'
import { AccountTypeSchema, AssetCode, Day, LedgerName, PeriodName, Prefix } from '../schemas.ts'
import { pointInHistory } from '../store/balances.ts'
import { findLedger, type LedgerHead } from '../store/head.ts'
import { loadPeriods, namedPeriod } from '../store/periods.ts'
import type { Knowledge } from '../store/turnover.ts'

/** Which part of the journal a report believes, and where it puts amendments. */
const knowledgeInput = {
  as_of_seq: Type.Optional({
    ...Counter,
    description: 'Believe the journal up to this record only: what was reported then. Now if absent',
  }),
  booked_until: Type.Optional({
    ...Time,
    description: 'Believe only what was booked until then; in place of as_of_seq',
  }),
}

const corrections = Type.Optional(
  Type.Enum(['as_booked', 'restated'], {
    description:
      'as_booked (if absent): reversals and corrections stand in the days they were booked into, those of earlier days as clean-up; restated: in the days of what they reverse or correct',
  }),
)

/** The days of a report, and those beside it. */
export const spanInput = {
  period: Type.Optional(PeriodName),
  from: Type.Optional(Day),
  to: Type.Optional(Day),
  compare_period: Type.Optional(PeriodName),
  compare_from: Type.Optional(Day),
  compare_to: Type.Optional(Day),
  ...knowledgeInput,
  corrections,
}

/** The end of which day a report is about, and of which one beside it. */
export const dayInput = {
  period: Type.Optional({ ...PeriodName, description: 'As of the last instant of this period' }),
  day: Type.Optional({ ...Day, description: 'As of the last instant of this UTC day; today if absent' }),
  compare_period: Type.Optional(PeriodName),
  compare_day: Type.Optional(Day),
  ...knowledgeInput,
  corrections,
}

export const filterInput = {
  prefix: Type.Optional(Prefix),
  asset: Type.Optional(AssetCode),
  type: Type.Optional(AccountTypeSchema),
}

export const spanRefusals = ['ledger_not_found', 'period_not_found', 'span_unclear']

const SpanView = Type.Object(
  { first_day: Day, last_day: Day },
  { additionalProperties: false, title: 'Span' },
)

/** What every report over days says of itself. */
export const spanHead = {
  ledger: LedgerName,
  span: SpanView,
  compared_span: Type.Optional(SpanView),
  as_of_seq: Counter,
  corrections: Type.Enum(['as_booked', 'restated']),
}

/** What every report about the end of a day says of itself. */
export const dayHead = {
  ledger: LedgerName,
  day: Day,
  compared_day: Type.Optional(Day),
  as_of_seq: Counter,
  corrections: Type.Enum(['as_booked', 'restated']),
}

type Given<P extends TProperties> = Static<ReturnType<typeof Type.Object<P>>>

interface Frame extends Knowledge {
  readonly ledger: LedgerHead
}

export interface SpanFrame extends Frame {
  readonly current: Span
  readonly compared: Span | undefined
  readonly head: Static<ReturnType<typeof Type.Object<typeof spanHead>>>
}

/** @throws Refusal `ledger_not_found`, `period_not_found` or `span_unclear` */
export async function spanFrame(
  view: View,
  input: { readonly ledger: string } & Given<typeof spanInput>,
): Promise<SpanFrame> {
  const frame = await believed(view, input)
  const periods = await loadPeriods(view.db, frame.ledger.id)
  const current = spanOf(periods, input.period, input.from, input.to)
  if (current === undefined) throw unclear('Name a period, or the first and the last day')
  const compared = spanOf(periods, input.compare_period, input.compare_from, input.compare_to)
  return {
    ...frame,
    current,
    compared,
    head: {
      ...headOf(frame),
      span: spanView(current),
      ...(compared === undefined ? {} : { compared_span: spanView(compared) }),
    },
  }
}

export interface DayFrame extends Frame {
  readonly day: string
  readonly comparedDay: string | undefined
  readonly head: Static<ReturnType<typeof Type.Object<typeof dayHead>>>
}

/** @throws Refusal `ledger_not_found`, `period_not_found` or `span_unclear` */
export async function dayFrame(
  view: View,
  input: { readonly ledger: string } & Given<typeof dayInput>,
): Promise<DayFrame> {
  const frame = await believed(view, input)
  const periods = await loadPeriods(view.db, frame.ledger.id)
  const day = lastDayOf(periods, input.period, input.day) ?? dayOf(frame.ledger.bookedAt)
  const comparedDay = lastDayOf(periods, input.compare_period, input.compare_day)
  return {
    ...frame,
    day,
    comparedDay,
    head: { ...headOf(frame), day, ...(comparedDay === undefined ? {} : { compared_day: comparedDay }) },
  }
}

async function believed(
  view: View,
  input: { readonly ledger: string; readonly corrections?: string } & Given<typeof knowledgeInput>,
): Promise<Frame> {
  const { ledger, seq } = await knownPoint(view, input)
  return { ledger, seq, restated: input.corrections === 'restated' }
}

/** Up to which record, and to which booking time, a report believes the journal. */
export async function knownPoint(
  view: View,
  input: { readonly ledger: string } & Given<typeof knowledgeInput>,
): Promise<{ readonly ledger: LedgerHead; readonly seq: bigint; readonly at: number }> {
  const ledger = await findLedger(view, input.ledger)
  if (input.as_of_seq !== undefined && input.booked_until !== undefined)
    throw unclear('Name either as_of_seq or booked_until')
  const { seq, at } = await pointInHistory(view.db, ledger, { seq: input.as_of_seq, at: input.booked_until })
  return { ledger, seq, at }
}

function headOf({ ledger, seq, restated }: Frame) {
  const corrections: 'as_booked' | 'restated' = restated ? 'restated' : 'as_booked'
  return { ledger: ledger.name, as_of_seq: String(seq), corrections }
}

function spanOf(
  periods: readonly Period[],
  period: string | undefined,
  from: string | undefined,
  to: string | undefined,
): Span | undefined {
  if (period !== undefined) {
    if (from !== undefined || to !== undefined) throw unclear('Name either a period or days')
    return namedPeriod(periods, period)
  }
  if (from === undefined && to === undefined) return undefined
  if (from === undefined || to === undefined) throw unclear('Name both the first and the last day')
  if (from > to) throw unclear(`${from} lies after ${to}`)
  return { firstDay: from, lastDay: to }
}

function lastDayOf(
  periods: readonly Period[],
  period: string | undefined,
  day: string | undefined,
): string | undefined {
  if (period === undefined) return day
  if (day !== undefined) throw unclear('Name either a period or a day')
  return namedPeriod(periods, period).lastDay
}

function spanView({ firstDay, lastDay }: Span) {
  return { first_day: firstDay, last_day: lastDay }
}

function unclear(message: string): Refusal {
  return new Refusal('span_unclear', message, {})
}
