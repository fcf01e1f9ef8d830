import { defineCommand, Refusal, Time } from '@florin/kernel'
import { Type } from 'typebox'
import { Description, LedgerName, Metadata, strict } from '../schemas.ts'
import { insertLedger } from '../store/ledgers.ts'

export const openLedger = defineCommand({
  name: 'ledger.open',
  summary: 'Open a ledger: the books of one legal entity',
  http: { method: 'POST', path: '/v1/ledgers' },
  input: strict({
    ledger: LedgerName,
    description: Type.Optional(Description),
    metadata: Type.Optional(Metadata),
  }),
  output: strict({
    ledger: LedgerName,
    description: Type.Union([Description, Type.Null()]),
    metadata: Metadata,
    opened_at: Time,
  }),
  permission: 'ledger.open',
  refusals: ['ledger_exists'],
  example: { input: { ledger: 'demo', description: 'Demo Payments Ltd' } },
  async run(unit, input) {
    const openedAt = await insertLedger(unit, {
      name: input.ledger,
      description: input.description,
      metadata: input.metadata ?? {},
    })
    if (openedAt === undefined) {
      throw new Refusal('ledger_exists', `The ledger "${input.ledger}" is open already`, {
        ledger: input.ledger,
      })
    }
    const opened = {
      ledger: input.ledger,
      description: input.description ?? null,
      metadata: input.metadata ?? {},
      opened_at: openedAt.toISOString(),
    }
    unit.changed({ subject: input.ledger, before: null, after: opened })
    return opened
  },
})
