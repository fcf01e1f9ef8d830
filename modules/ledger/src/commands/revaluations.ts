import { defineCommand, Refusal, requestId, Time, type Unit, Uuid } from '@florin/kernel'
import { type Static, Type } from 'typebox'
import { type RevaluedPosition, revaluationPostings } from '../domain/revaluation.ts'
import type { ValuationTerms } from '../domain/valuation.ts'
import { postTransactions } from '../posting/in-unit.ts'
import { revaluedPositions } from '../posting/revalued-positions.ts'
import { reverseOnItsDay, reverseWhatIsDue } from '../posting/reverse-revaluation.ts'
import { Rounding, rateTerms } from '../rate-schemas.ts'
import { RevaluationView, revaluationView, shownLines } from '../revaluation-view.ts'
import { Address, AssetCode, Description, LedgerName, Prefix, strict, TransactionView } from '../schemas.ts'
import { type LedgerHead, lockLedger } from '../store/head.ts'
import { findRevaluation, insertRevaluation } from '../store/revaluations.ts'
import { transactionRefusals } from './post-transaction.ts'

export const exampleRevaluation = requestId(
  'admin',
  'ledger.revaluation.post',
  'example-ledger.revaluation.post',
)

/** Refusals of booking a revaluation or its reversal, in the order of a transaction. */
const bookingCodes = transactionRefusals.filter((code) => code !== 'ledger_not_found')

const RevaluationInput = strict({
  ledger: LedgerName,
  positions: Type.String({
    ...Prefix,
    description:
      'The position accounts: each address holds one foreign asset and what it cost in the reporting asset',
  }),
  monetary: Type.Array(Prefix, {
    minItems: 1,
    maxItems: 100,
    description:
      'The accounts that hold or owe money in foreign assets: together they must mirror the positions',
  }),
  reporting_asset: AssetCode,
  rounding: Rounding,
  ...rateTerms,
  value_time: { ...Time, description: 'The end of the period' },
  rate_time: Type.Optional({ ...Time, description: 'The time whose rates are used; value_time if absent' }),
  gain: Address,
  loss: Address,
  reverse_on: Type.Optional({
    ...Time,
    description:
      'The beginning of the next period: then it is reversed, by the background role, or at once if that time has come. Absent: the new values are kept, and the next revaluation starts from them',
  }),
  description: Type.Optional(Description),
})
type Input = Static<typeof RevaluationInput>

export const postRevaluation = defineCommand({
  name: 'ledger.revaluation.post',
  summary: 'Revalue foreign positions at closing rates and book the gains and losses',
  description:
    'For every position: difference = what is held × closing rate − what it is carried at, booked between the position and the account for gains or losses, all in one transaction at `value_time`. Earlier revaluations whose day of reversal has come are reversed first.',
  http: { method: 'POST', path: '/v1/ledgers/{ledger}/revaluations' },
  input: RevaluationInput,
  output: RevaluationView,
  permission: 'ledger.revaluation.post',
  refusals: [
    'ledger_not_found',
    'revaluation_invalid',
    'asset_unknown',
    'position_shared',
    'position_mismatch',
    'rate_missing',
    'transaction_reversed',
    ...bookingCodes.filter((code) => code !== 'asset_unknown'),
  ],
  example: {
    after: [
      'ledger.open',
      'ledger.chart.set',
      'ledger.transaction.post',
      'ledger.transaction.batch',
      'ledger.rate.record',
    ],
    input: {
      ledger: 'demo',
      positions: 'fx',
      monetary: ['bank', 'customers'],
      reporting_asset: 'EUR',
      source: 'ecb',
      inverse: true,
      rounding: 'half-even',
      value_time: '2025-12-31T23:59:59.999Z',
      gain: 'revenue:exchange',
      loss: 'expenses:exchange',
      reverse_on: '2026-02-01T00:00:00.000Z',
    },
  },
  async run(unit, input) {
    const ledger = await lockLedger(unit, input.ledger)
    const times = checkedTimes(ledger, input)
    await reverseWhatIsDue(unit, ledger)
    const { lines, terms, seq } = await revaluedPositions(unit, ledger, input, times)
    const transaction = await book(unit, input, lines, terms)
    const made = await insertRevaluation(unit.db, ledger, {
      id: unit.callId,
      transaction: transaction ?? null,
      value_time: new Date(times.valueTime),
      reporting_asset: input.reporting_asset,
      positions: input.positions,
      source: input.source,
      rate_time: new Date(times.rateTime),
      rounding: input.rounding,
      reverse_on: times.reverseOn === undefined ? null : new Date(times.reverseOn),
      lines: shownLines(lines, input.source, terms),
      seq,
    })
    const reversal =
      transaction !== undefined && made.reverse_on !== null && made.reverse_on.getTime() <= ledger.bookedAt
        ? await reverseOnItsDay(unit, ledger, { id: made.id, transaction, reverse_on: made.reverse_on })
        : undefined
    const view = revaluationView(input.ledger, { ...made, reversal: reversal?.id ?? null })
    unit.changed({ subject: `${input.ledger} revaluation ${view.number}`, before: null, after: view })
    return view
  },
})

export const reverseRevaluation = defineCommand({
  name: 'ledger.revaluation.reverse',
  summary: 'Reverse a revaluation whose day has come',
  description: 'The background role `worker` does this by itself, and so does the next revaluation.',
  http: { method: 'POST', path: '/v1/ledgers/{ledger}/revaluations/{revaluation}/reverse' },
  input: strict({ ledger: LedgerName, revaluation: Uuid }),
  output: TransactionView,
  permission: 'ledger.revaluation.reverse',
  refusals: [
    'ledger_not_found',
    'revaluation_not_found',
    'revaluation_not_due',
    'transaction_reversed',
    ...bookingCodes,
  ],
  example: {
    after: ['ledger.revaluation.post'],
    at: '2026-02-01T00:00:00.000Z',
    input: { ledger: 'demo', revaluation: exampleRevaluation },
  },
  async run(unit, input) {
    const ledger = await lockLedger(unit, input.ledger)
    const { id, transaction, reverse_on } = await findRevaluation(unit.db, ledger.id, input.revaluation)
    if (transaction === null || reverse_on === null || reverse_on.getTime() > ledger.bookedAt) {
      const why =
        transaction === null ? 'booked nothing' : reverse_on === null ? 'is to be kept' : 'is not due'
      throw new Refusal('revaluation_not_due', `The revaluation ${id} ${why}`, {
        revaluation: id,
        reverse_on: reverse_on?.toISOString() ?? null,
      })
    }
    return reverseOnItsDay(unit, ledger, { id, transaction, reverse_on })
  },
})

interface Times {
  readonly valueTime: number
  readonly rateTime: number
  readonly reverseOn: number | undefined
}

function checkedTimes(ledger: LedgerHead, input: Input): Times {
  const valueTime = Date.parse(input.value_time)
  const reverseOn = input.reverse_on === undefined ? undefined : Date.parse(input.reverse_on)
  const invalid = (why: string) =>
    new Refusal('revaluation_invalid', why, {
      value_time: input.value_time,
      reverse_on: input.reverse_on ?? null,
      booking_time: new Date(ledger.bookedAt).toISOString(),
    })
  if (valueTime > ledger.bookedAt) throw invalid('The end of the period has not come')
  if (reverseOn !== undefined && reverseOn <= valueTime)
    throw invalid('It would be reversed before it is booked')
  if (input.gain === input.positions || input.loss === input.positions)
    throw invalid('Gains and losses have accounts of their own')
  return {
    valueTime,
    rateTime: input.rate_time === undefined ? valueTime : Date.parse(input.rate_time),
    reverseOn,
  }
}

/** Books the differences; the id of the transaction, or undefined where there is nothing to book. */
async function book(
  unit: Unit,
  input: Input,
  lines: readonly RevaluedPosition[],
  { reporting }: ValuationTerms,
): Promise<string | undefined> {
  const postings = revaluationPostings(lines, input, reporting)
  if (postings.length === 0) return undefined
  const [outcome] = await postTransactions(unit, input.ledger, [
    {
      key: 'revaluation',
      postings,
      valueTime: Date.parse(input.value_time),
      description: input.description ?? `Revaluation at ${input.value_time}`,
      metadata: { revaluation: unit.callId },
    },
  ])
  if (outcome === undefined) throw new Error('A revaluation has no outcome')
  if ('refused' in outcome) throw outcome.refused
  return outcome.done.id
}
