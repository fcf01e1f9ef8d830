import { kernelModule } from '@florin/kernel'
import { createWorld } from '@florin/kernel/testing'
import { describe, expect, test } from 'vitest'
import { ledgerModule } from '../src/index.ts'

const modules = [kernelModule, ledgerModule]

const templates = [
  { address: 'bank:{name}', type: 'asset', overdraft: 'allowed', open_on_first_use: true },
  {
    address: 'customers:{customer}:wallet',
    type: 'liability',
    overdraft: 'forbidden',
    open_on_first_use: true,
  },
  { address: 'revenue:fees', type: 'revenue', overdraft: 'allowed', open_on_first_use: true },
  { address: 'expenses:{what}', type: 'expense', overdraft: 'allowed', open_on_first_use: true },
]

async function openWorld() {
  const world = await createWorld({ modules })
  await world.done('ledger.open', { ledger: 'demo' })
  await world.done('ledger.chart.set', { ledger: 'demo', templates })
  const post = (debit: string, credit: string, amount: string, more: object = {}) =>
    world.done('ledger.transaction.post', {
      ledger: 'demo',
      postings: [{ debit, credit, amount, asset: 'EUR' }],
      ...more,
    })
  return { ...world, world, post }
}

const iso = (ms: number): string => new Date(ms).toISOString()

describe('balances as of a booking time', () => {
  test('are what they were, also of what was held, to the instant', async () => {
    const { world, post } = await openWorld()
    const start = world.clock.now()
    await post('bank:main', 'customers:1:wallet', '100.00')
    world.clock.advance(1_000)
    await world.done('ledger.hold.reserve', {
      ledger: 'demo',
      debit: 'customers:1:wallet',
      credit: 'bank:main',
      amount: '40.00',
      asset: 'EUR',
      expires_at: iso(start + 5_000),
    })
    world.clock.advance(1_000)
    await post('customers:1:wallet', 'revenue:fees', '7.50')
    world.clock.advance(10_000)
    await post('bank:main', 'customers:1:wallet', '1.00')

    const at = async (ms: number) => {
      const answer = await world.ask('ledger.balance.get', {
        ledger: 'demo',
        address: 'customers:1:wallet',
        at: iso(ms),
      })
      return JSON.parse(JSON.stringify(answer)).balances[0]
    }
    expect(await at(start)).toMatchObject({ total: '100.00', reserved: '0.00', available: '100.00' })
    expect(await at(start + 1_500)).toMatchObject({ total: '100.00', reserved: '40.00', available: '60.00' })
    expect(await at(start + 4_999)).toMatchObject({ total: '92.50', reserved: '40.00', available: '52.50' })
    // From the instant of its expiry the hold holds nothing, though that was recorded much later.
    expect(await at(start + 5_000)).toMatchObject({ total: '92.50', reserved: '0.00', available: '92.50' })
    expect(await at(start + 12_000)).toMatchObject({ total: '93.50', reserved: '0.00', available: '93.50' })
    await expect(at(start - 1)).resolves.toMatchObject({ total: '0.00' })
    await world.close()
  })

  test('agree with the cached balances at the end of the journal', async () => {
    const { world, post } = await openWorld()
    for (let i = 1; i <= 20; i++) {
      await post('bank:main', `customers:${i % 3}:wallet`, `${i}.00`)
      world.clock.advance(10)
    }
    const now = await world.ask('ledger.trial-balance', { ledger: 'demo' })
    const then = await world.ask('ledger.trial-balance', { ledger: 'demo', seq: '20' })
    expect({ ...Object(then), at: null }).toEqual({ ...Object(now), at: null })
    await world.close()
  })
})

describe('trial balance', () => {
  test('adds up by prefix and shows the accounting equation', async () => {
    const { world, post } = await openWorld()
    await post('bank:main', 'customers:1:wallet', '100.00')
    await post('customers:1:wallet', 'revenue:fees', '2.00')
    await post('expenses:bank', 'bank:main', '0.50')
    const answer = await world.ask('ledger.trial-balance', { ledger: 'demo', depth: 1 })
    expect(answer).toMatchObject({
      accounts: [
        { address: 'bank', type: 'asset', debits: '100.00', credits: '0.50', balance: '99.50' },
        { address: 'customers', type: 'liability', debits: '2.00', credits: '100.00', balance: '-98.00' },
        { address: 'expenses', type: 'expense', balance: '0.50' },
        { address: 'revenue', type: 'revenue', balance: '-2.00' },
      ],
      totals: [{ asset: 'EUR', debits: '102.50', credits: '102.50' }],
      equation: [
        {
          assets: '99.50',
          liabilities: '98.00',
          equity: '0.00',
          revenue: '2.00',
          expenses: '0.50',
          balanced: true,
        },
      ],
    })
    expect(await world.ask('ledger.trial-balance', { ledger: 'demo', prefix: 'customers' })).toMatchObject({
      accounts: [{ address: 'customers:1:wallet' }],
    })
    // A prefix is whole segments.
    expect(await world.ask('ledger.trial-balance', { ledger: 'demo', prefix: 'custom' })).toMatchObject({
      accounts: [],
    })
    await world.close()
  })
})

describe('transactions', () => {
  test('are found by account, reference, metadata and time', async () => {
    const { world, post } = await openWorld()
    const start = world.clock.now()
    await post('bank:main', 'customers:1:wallet', '10.00', {
      reference: 'a',
      metadata: { channel: 'sepa', batch: '7' },
    })
    world.clock.advance(1_000)
    await post('bank:main', 'customers:2:wallet', '20.00', {
      reference: 'b',
      metadata: { channel: 'card' },
      value_time: iso(start - 86_400_000),
    })
    world.clock.advance(1_000)
    await post('customers:2:wallet', 'customers:1:wallet', '5.00', { reference: 'b' })
    const found = async (filter: object) => {
      const answer = await world.ask('ledger.transaction.list', { ledger: 'demo', ...filter })
      return JSON.parse(JSON.stringify(answer)).items.map((item: { seq: string }) => item.seq)
    }
    expect(await found({})).toEqual(['1', '2', '3'])
    expect(await found({ account: 'customers:1:wallet' })).toEqual(['1', '3'])
    expect(await found({ account: 'nobody' })).toEqual([])
    expect(await found({ reference: 'b' })).toEqual(['2', '3'])
    expect(await found({ metadata: ['channel=sepa', 'batch=7'] })).toEqual(['1'])
    expect(await found({ metadata: ['channel=sepa', 'batch=8'] })).toEqual([])
    expect(await found({ from: iso(start + 1_000) })).toEqual(['2', '3'])
    expect(await found({ from: iso(start + 1), to: iso(start + 2_000) })).toEqual(['2'])
    expect(await found({ value_to: iso(start) })).toEqual(['2'])
    await world.close()
  })

  test('show the links that were made to them later', async () => {
    const { world, post } = await openWorld()
    const posted = JSON.parse(JSON.stringify(await post('bank:main', 'customers:1:wallet', '10.00')))
    const transaction: string = posted.id
    const postings = [{ debit: 'bank:main', credit: 'customers:1:wallet', amount: '12.00', asset: 'EUR' }]
    await world.done('ledger.transaction.correct', { ledger: 'demo', transaction, postings })
    await world.done('ledger.transaction.reverse', { ledger: 'demo', transaction })
    const shown = JSON.parse(
      JSON.stringify(await world.ask('ledger.transaction.get', { ledger: 'demo', transaction })),
    )
    expect(shown.corrected_by).toHaveLength(1)
    const reversal = await world.ask('ledger.transaction.get', {
      ledger: 'demo',
      transaction: shown.reversed_by,
    })
    expect(reversal).toMatchObject({ kind: 'reversal', subject: transaction })
    expect(await world.ask('ledger.balance.get', { ledger: 'demo', address: 'bank:main' })).toMatchObject({
      balances: [{ total: '0.00', debits: '12.00', credits: '12.00' }],
    })
    expect(await world.verify()).toEqual([])
    await world.close()
  })

  test('a dry run answers like the real one and books nothing', async () => {
    const { world, post } = await openWorld()
    await post('bank:main', 'customers:1:wallet', '10.00')
    const before = await world.digest()
    const input = {
      ledger: 'demo',
      postings: [{ debit: 'customers:1:wallet', credit: 'customers:9:wallet', amount: '4.00', asset: 'EUR' }],
    }
    expect(await world.ask('ledger.transaction.preview', input)).toMatchObject({
      balances: [
        { address: 'customers:1:wallet', opens: false, balance: { available: '6.00' } },
        { address: 'customers:9:wallet', opens: true, balance: { available: '4.00' } },
      ],
    })
    const tooMuch = {
      ...input,
      postings: [{ debit: 'customers:1:wallet', credit: 'bank:main', amount: '10.01', asset: 'EUR' }],
    }
    await expect(world.ask('ledger.transaction.preview', tooMuch)).rejects.toMatchObject({
      code: 'insufficient_funds',
    })
    expect(await world.digest()).toEqual(before)
    await world.close()
  })
})

describe('statement', () => {
  test('runs through both sides of an account in pages, each line with the balance after it', async () => {
    const { world, post } = await openWorld()
    for (let i = 0; i < 7; i++) {
      await post('bank:main', 'customers:1:wallet', '10.00')
      await post('customers:1:wallet', 'revenue:fees', '1.00')
    }
    const lines: { balance: string; side: string }[] = []
    for (let cursor: string | undefined; ; ) {
      const page = JSON.parse(
        JSON.stringify(
          await world.ask('ledger.account.statement', {
            ledger: 'demo',
            address: 'customers:1:wallet',
            asset: 'EUR',
            limit: 4,
            ...(cursor === undefined ? {} : { cursor }),
          }),
        ),
      )
      lines.push(...page.items)
      if (page.next === null) break
      cursor = page.next
    }
    expect(lines).toHaveLength(14)
    expect(lines.map((line) => line.balance).slice(0, 4)).toEqual(['10.00', '9.00', '19.00', '18.00'])
    expect(lines.at(-1)).toMatchObject({ side: 'debit', balance: '63.00' })
    await world.close()
  })
})

describe('holds', () => {
  test('are listed with the balance, from one snapshot, and expire to the instant', async () => {
    const { world, post } = await openWorld()
    await post('bank:main', 'customers:1:wallet', '100.00')
    const hold = { ledger: 'demo', debit: 'customers:1:wallet', credit: 'bank:main', asset: 'EUR' }
    const expires_at = iso(world.clock.now() + 1_000)
    await world.done('ledger.hold.reserve', { ...hold, amount: '10.00', reference: 'order-1', expires_at })
    await world.done('ledger.hold.reserve', { ...hold, amount: '20.00', reference: 'order-2' })
    const balance = () =>
      world.ask('ledger.balance.get', { ledger: 'demo', address: 'customers:1:wallet', holds: true })
    expect(await balance()).toMatchObject({
      balances: [{ reserved: '30.00', available: '70.00' }],
      holds: [{ amount: '10.00' }, { amount: '20.00' }],
    })
    world.clock.advance(1_000)
    expect(await balance()).toMatchObject({
      balances: [{ reserved: '20.00', available: '80.00' }],
      holds: [{ amount: '20.00' }],
    })
    expect(await world.ask('ledger.hold.list', { ledger: 'demo', status: 'expired' })).toMatchObject({
      items: [{ reference: 'order-1', status: 'expired', remaining: '0.00' }],
    })
    // The reserve is free at once, and spending it records the expiry.
    await post('customers:1:wallet', 'revenue:fees', '80.00')
    expect(await balance()).toMatchObject({
      balances: [{ total: '20.00', reserved: '20.00', available: '0.00' }],
    })
    expect(await world.verify()).toEqual([])
    await world.close()
  })
})
