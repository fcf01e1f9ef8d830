import { defineCommand, Refusal, Time, type Unit, Uuid } from '@florin/kernel'
import { type Static, Type } from 'typebox'
import { LedgerName, Reference, strict } from '../schemas.ts'
import { findLedger } from '../store/head.ts'
import {
  findSettleable,
  insertSettlements,
  lockSettlements,
  type Settleable,
  type SettlementFact,
} from '../store/settlements.ts'
import { exampleTransaction } from './amend-transaction.ts'

const posted = ['ledger.open', 'ledger.chart.set', 'ledger.transaction.post']

const fact = {
  transaction: Uuid,
  settled_at: { ...Time, description: 'When the money moved' },
  reference: { ...Reference, description: 'The settlement’s own reference, such as a bank’s' },
}
const replace = Type.Optional(
  Type.Boolean({
    description: 'Replace what was recorded before; needs a reason. All that was recorded is kept',
  }),
)

const Settled = strict(
  { ...fact, ledger: LedgerName, version: Type.Integer({ description: '1, or more if it replaced others' }) },
  { title: 'Settlement' },
)

const itemRefusals = ['settlement_in_future', 'transaction_not_found', 'transaction_settled']
const exampleInput = {
  transaction: exampleTransaction,
  settled_at: '2026-01-02T10:00:00.000Z',
  reference: 'bank-2026-01-31-17',
}

export const settleTransaction = defineCommand({
  name: 'ledger.transaction.settle',
  summary: 'Record that a transaction settled: when its money moved, and under which reference',
  description:
    'Settlement is a fact of its own that comes later; the books stay as they are. What was recorded with the same time and reference is left as it is.',
  http: { method: 'POST', path: '/v1/ledgers/{ledger}/transactions/{transaction}/settle' },
  input: strict({ ledger: LedgerName, ...fact, replace }),
  output: Settled,
  permission: 'ledger.transaction.settle',
  refusals: ['ledger_not_found', 'reason_required', ...itemRefusals],
  example: {
    after: posted,
    input: { ledger: 'demo', ...exampleInput },
    refused: {
      transaction_settled: { ledger: 'demo', ...exampleInput, reference: 'bank-2026-01-31-18' },
    },
  },
  async run(unit, input) {
    const { ledger, replace: replacing = false, ...told } = input
    const [outcome] = await settleTransactions(unit, ledger, [told], replacing)
    if (outcome === undefined || 'refused' in outcome)
      throw outcome?.refused ?? new Error('Nothing was judged')
    if (outcome.isNew) {
      const after = { settled_at: told.settled_at, reference: told.reference }
      unit.changed({ subject: `${ledger}/${told.transaction}`, before: outcome.before, after })
    }
    return { ledger, ...told, version: outcome.version }
  },
})

const ItemOutcome = Type.Union(
  [
    strict(
      { status: Type.Enum(['settled', 'unchanged']), version: Type.Integer() },
      { title: 'SettledItem' },
    ),
    strict(
      { status: Type.Literal('refused'), code: Type.String(), detail: Type.String() },
      { title: 'RefusedSettlement' },
    ),
  ],
  { title: 'SettlementOutcome' },
)

export const recordSettlements = defineCommand({
  name: 'ledger.settlement.record',
  summary: 'Record up to 10,000 settlements with one call, as a settlement file brings them',
  description:
    'Each is recorded or refused on its own, in order; the outcomes stand in the order of the settlements.',
  http: { method: 'POST', path: '/v1/ledgers/{ledger}/settlements' },
  input: strict({
    ledger: LedgerName,
    settlements: Type.Array(strict(fact, { title: 'SettlementItem' }), { minItems: 1, maxItems: 10_000 }),
    replace,
  }),
  output: strict({
    settled: Type.Integer(),
    unchanged: Type.Integer(),
    refused: Type.Integer(),
    outcomes: Type.Array(ItemOutcome),
  }),
  permission: 'ledger.settlement.record',
  refusals: ['ledger_not_found', 'reason_required'],
  example: { after: posted, input: { ledger: 'demo', settlements: [exampleInput] } },
  bodyLimit: 8 * 1024 * 1024,
  // The settlements themselves are records of their own.
  recorded: ({ ledger, settlements, replace: replacing }) => ({
    ledger,
    settlements: settlements.length,
    replace: replacing,
  }),
  async run(unit, input) {
    const judged = await settleTransactions(unit, input.ledger, input.settlements, input.replace ?? false)
    const outcomes = judged.map((outcome): Static<typeof ItemOutcome> => {
      if ('refused' in outcome)
        return { status: 'refused', code: outcome.refused.code, detail: outcome.refused.message }
      return { status: outcome.isNew ? 'settled' : 'unchanged', version: outcome.version }
    })
    const count = (status: string): number => outcomes.filter((outcome) => outcome.status === status).length
    const counts = { settled: count('settled'), unchanged: count('unchanged'), refused: count('refused') }
    unit.changed({ subject: input.ledger, before: null, after: counts })
    return { ...counts, outcomes }
  },
})

/** That a transaction settled: when (ISO 8601), and under which reference. */
export interface Told {
  readonly transaction: string
  readonly settled_at: string
  readonly reference: string
}

export interface Recorded {
  readonly version: number
  readonly isNew: boolean
  /** What counted until then. */
  readonly before: { readonly settled_at: string; readonly reference: string } | null
}

export type Judged = { readonly refused: Refusal } | Recorded

/**
 * Judges settlements in their order and writes down those that say something new, as part of the caller's unit. Each has
 * its own outcome.
 *
 * @throws Refusal `ledger_not_found`, `reason_required`
 */
export async function settleTransactions(
  unit: Unit,
  ledgerName: string,
  told: readonly Told[],
  replacing: boolean,
): Promise<Judged[]> {
  const ledger = await findLedger(unit, ledgerName)
  const { reason } = unit.context
  if (replacing && reason === undefined)
    throw new Refusal('reason_required', 'Replacing a settlement needs a reason', {})
  await lockSettlements(unit.db, ledger.id)
  const ids = [...new Set(told.map(({ transaction }) => transaction))]
  const known = await findSettleable(unit.db, ledger.id, ids)
  const facts: SettlementFact[] = []
  const now = unit.clock.now()
  const outcomes = told.map((one): Judged => {
    const found = known.get(one.transaction)
    const judged = judge(found, one, replacing, now)
    if (found !== undefined && 'version' in judged && judged.isNew) {
      const { version } = judged
      const settlement = { version, settledAt: Date.parse(one.settled_at), reference: one.reference }
      facts.push({ seq: found.seq, ...settlement, reason: found.known === undefined ? undefined : reason })
      known.set(one.transaction, { ...found, known: settlement })
      tell(unit, ledgerName, one, judged)
    }
    return judged
  })
  await insertSettlements(unit.db, ledger.id, facts, { at: now, by: unit.context.actor.id })
  return outcomes
}

function judge(found: Settleable | undefined, told: Told, replacing: boolean, now: number): Judged {
  const { transaction, settled_at, reference } = told
  const settledAt = Date.parse(settled_at)
  if (settledAt > now) {
    const details = { now: new Date(now).toISOString() }
    return { refused: new Refusal('settlement_in_future', `${settled_at} has not come yet`, details) }
  }
  if (found === undefined) {
    const message = `There is no transaction ${transaction} in this ledger`
    return { refused: new Refusal('transaction_not_found', message, { transaction }) }
  }
  const { known } = found
  if (known === undefined) return { version: 1, isNew: true, before: null }
  const before = { settled_at: new Date(known.settledAt).toISOString(), reference: known.reference }
  if (known.settledAt === settledAt && known.reference === reference)
    return { version: known.version, isNew: false, before }
  if (replacing) return { version: known.version + 1, isNew: true, before }
  const message = `${transaction} settled at ${before.settled_at} as "${before.reference}"`
  return { refused: new Refusal('transaction_settled', message, { transaction, ...before }) }
}

function tell(unit: Unit, ledger: string, told: Told, { before }: Recorded): void {
  unit.emit({
    type: 'ledger.transaction.settled',
    subject: `${ledger}/${told.transaction}`,
    data: { ledger, ...told, replaced: before },
  })
}
