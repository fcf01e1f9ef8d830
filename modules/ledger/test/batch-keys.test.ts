import { kernelModule, requestId } from '@florin/kernel'
import { createWorld } from '@florin/kernel/testing'
import { expect, test } from 'vitest'
import { ledgerModule } from '../src/index.ts'

test('no key of a caller’s own takes the place of a part of its batch', async () => {
  const world = await createWorld({ modules: [kernelModule, ledgerModule] })
  const templates = [{ address: 'a:{b*}', type: 'asset', overdraft: 'allowed', open_on_first_use: true }]
  await world.done('ledger.open', { ledger: 'demo' })
  await world.done('ledger.chart.set', { ledger: 'demo', templates })
  const postings = [{ debit: 'a:x', credit: 'a:y', amount: '1.00', asset: 'EUR' }]
  const part = `${requestId('admin', 'ledger.transaction.batch', 'b')}/0`
  for (const key of [part, 'b']) {
    expect(
      await world.execute('ledger.transaction.post', { ledger: 'demo', postings }, { key }),
    ).toMatchObject({ status: 'done' })
  }
  const batch = { ledger: 'demo', mode: 'atomic', transactions: [{ postings }] }
  expect(await world.execute('ledger.transaction.batch', batch, { key: 'b' })).toMatchObject({
    output: { booked: 1 },
  })
  expect(await world.verify()).toEqual([])
  await world.close()
})
