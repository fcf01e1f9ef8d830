import { Counter, defineCommand, Time, Uuid } from '@florin/kernel'
import { Type } from 'typebox'
import { LedgerName, strict } from '../schemas.ts'
import { insertVerification } from '../store/verifications.ts'

const FindingView = strict(
  { check: Type.String(), subject: Type.String(), expected: Type.String(), found: Type.String() },
  { title: 'Finding' },
)

export const verificationFields = {
  started_at: Time,
  ended_at: Time,
  up_to: Type.Array(strict({ ledger: LedgerName, seq: Counter }), {
    maxItems: 100_000,
    description: 'Of every ledger the last record that was looked at',
  }),
  findings: Type.Integer({ minimum: 0, maximum: 2_147_483_647, description: 'How many there were in all' }),
  details: Type.Array(FindingView, { maxItems: 10_000, description: 'The first of each check' }),
}

export const recordVerification = defineCommand({
  name: 'ledger.verification.record',
  summary: 'Record what a verification of the books found',
  description:
    'For the background role `verifier`, which looks at the books outside of any transaction. Announces `ledger.books.verified`, or `ledger.books.broken` where anything was found.',
  http: { method: 'POST', path: '/v1/verifications' },
  input: strict(verificationFields),
  output: strict({ id: Uuid }),
  permission: 'ledger.verification.record',
  refusals: [],
  example: {
    input: {
      started_at: '2026-01-31T03:00:00.000Z',
      ended_at: '2026-01-31T03:01:12.000Z',
      up_to: [{ ledger: 'demo', seq: '1000000' }],
      findings: 0,
      details: [],
    },
  },
  bodyLimit: 16 * 1024 * 1024,
  recorded: ({ details: _details, ...input }) => input,
  async run(unit, input) {
    const id = unit.newId()
    await insertVerification(unit.db, {
      id,
      startedAt: Date.parse(input.started_at),
      endedAt: Date.parse(input.ended_at),
      actor: unit.context.actor.id,
      upTo: input.up_to,
      findings: input.findings,
      details: input.details,
    })
    unit.emit({
      type: input.findings === 0 ? 'ledger.books.verified' : 'ledger.books.broken',
      subject: id,
      data: { findings: input.findings, up_to: input.up_to, details: input.details.slice(0, 20) },
    })
    return { id }
  },
})
