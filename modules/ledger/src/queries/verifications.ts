import { defineList, InvalidInput, Uuid } from '@florin/kernel'
import { Type } from 'typebox'
import { verificationFields } from '../commands/record-verification.ts'
import { strict } from '../schemas.ts'
import { readVerifications } from '../store/verifications.ts'

const uuid = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/

export const listVerifications = defineList({
  name: 'ledger.verification.list',
  summary: 'List what verifications of the books found, the latest first',
  http: { method: 'GET', path: '/v1/verifications' },
  input: strict({}),
  item: strict({ id: Uuid, ...verificationFields, actor: Type.String() }, { title: 'Verification' }),
  permission: 'ledger.verification.list',
  refusals: [],
  example: { after: ['ledger.verification.record'], input: { limit: 10 } },
  async page(view, _input, page) {
    const before = page.after?.[0]
    if (before !== undefined && !uuid.test(before))
      throw new InvalidInput([{ path: '/cursor', message: 'is not a cursor that a list gave out' }])
    const found = await readVerifications(view.db, before, page.fetch)
    return {
      rows: found.map(({ id, startedAt, endedAt, actor, upTo, findings, details }) => ({
        key: [id],
        item: {
          id,
          started_at: new Date(startedAt).toISOString(),
          ended_at: new Date(endedAt).toISOString(),
          actor,
          up_to: [...upTo],
          findings,
          details: [...details],
        },
      })),
    }
  },
})
