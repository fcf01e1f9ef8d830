import type { World } from '@florin/kernel/testing'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { expectValidCamt, toldByCsv, unescaped } from './reading.ts'
import { openWorld, type Page, templates } from './stage.ts'

let world: World
beforeAll(async () => {
  world = await openWorld()
})
afterAll(() => world.close())

describe('a statement', () => {
  const start = '2026-02-01T09:00:00.000Z'
  const dayMs = 86_400_000

  async function posted(ledger: string, texts: readonly { reference?: string; description?: string }[]) {
    if (world.clock.now() < Date.parse(start)) world.clock.set(start)
    await world.done('ledger.open', { ledger })
    await world.done('ledger.chart.set', { ledger, templates })
    for (const details of texts) {
      const postings = [{ debit: 'bank:main', credit: 'customers:1', amount: '10.00', asset: 'EUR' }]
      await world.done('ledger.transaction.post', { ledger, postings, ...details })
    }
    return { ledger, address: 'customers:1', asset: 'EUR' }
  }
  const camtOf = (input: object) => world.askFor('application/xml', 'ledger.account.statement', input)

  test('as camt keeps what fits the schema, and long references in full', async () => {
    const reference = `${'ä😀'.repeat(17)}XYZ${'r'.repeat(200)}`
    const description = `<b>&amp; ${'d'.repeat(600)}`
    const input = await posted('texts', [{ reference, description }, { reference: 'short' }])
    const camt = await camtOf(input)
    await expectValidCamt([camt])
    const [, endToEnd = ''] = /<EndToEndId>(.*?)</s.exec(camt) ?? []
    expect([...unescaped(endToEnd)].join('')).toBe([...reference].slice(0, 35).join(''))
    const whole = [...camt.matchAll(/<Ustrd>(.*?)</gs)].map(([, piece = '']) => unescaped(piece)).join('')
    expect(whole).toBe(reference)
    const [, about = ''] = /<AddtlTxInf>(.*?)</s.exec(camt) ?? []
    expect(unescaped(about)).toBe(description.slice(0, 500))
    // The short one needs no remittance information.
    expect(camt.match(/<RmtInf>/g)).toHaveLength(1)
    // Money that comes in on a liability account, a customer's, is a credit.
    expect(camt.match(/<CdtDbtInd>DBIT</g)).toBeNull()
  })

  test('as a page shows texts as texts', async () => {
    const input = await posted('pages', [
      { reference: '"><img src=x>', description: '<script>alert(1)</script>' },
    ])
    const page = await world.askFor('text/html', 'ledger.account.statement', input)
    expect(page).not.toMatch(/<script|<img/)
    expect(unescaped(page)).toContain('<script>alert(1)</script><br>"><img src=x>')
    expect(page).toMatch(/^<!doctype html>/)
    expect(page).not.toMatch(/https?:|url\(|@import/)
  })

  test('marks reversals, has the same id whenever it is written, and other accounts have others', async () => {
    const input = await posted('ids', [{}])
    const page: { items: { transaction: string }[] } = JSON.parse(
      JSON.stringify(await world.ask('ledger.account.statement', input)),
    )
    await world.done('ledger.transaction.reverse', {
      ledger: 'ids',
      transaction: page.items[0]?.transaction,
    })
    const first = await camtOf(input)
    expect(first.match(/<RvslInd>true</g)).toHaveLength(1)
    world.clock.advance(5_000)
    const again = await camtOf(input)
    const idOf = (text: string) => /<MsgId>([^<]*)</.exec(text)?.[1]
    expect(idOf(again)).toBe(idOf(first))
    expect(idOf(await camtOf({ ...input, address: 'bank:main' }))).not.toBe(idOf(first))
    await expectValidCamt([first, again])
  })

  test('has a number where it is one of a day, which rises by one a day', async () => {
    const input = await posted('daily', [{}])
    const today = Math.floor(world.clock.now() / dayMs)
    const day = (n: number) => new Date(n * dayMs).toISOString().slice(0, 10)
    const numberOf = async (n: number) =>
      JSON.parse(JSON.stringify(await world.ask('ledger.account.statement', { ...input, day: day(n) })))
    expect(await numberOf(today)).toMatchObject({
      number: '1',
      opening_balance: '0.00',
      closing_balance: '10.00',
    })
    expect(await numberOf(today + 3)).toMatchObject({ number: '4', opening_balance: '10.00', items: [] })
    expect(await numberOf(today - 1)).toMatchObject({ number: null, closing_balance: '0.00' })
    const camt = await camtOf({ ...input, day: day(today + 1) })
    expect(camt).toContain('<ElctrncSeqNb>2<')
    await expectValidCamt([camt, await camtOf({ ...input, day: day(today - 1) })])
    const both = { ...input, day: day(today), from: start }
    await expect(world.ask('ledger.account.statement', both)).rejects.toMatchObject({ code: 'invalid_input' })
    const backwards = { ...input, from: start, to: start }
    await expect(world.ask('ledger.account.statement', backwards)).rejects.toMatchObject({
      code: 'invalid_input',
    })
    await expect(
      world.ask('ledger.account.statement', { ...input, day: '2026-02-30' }),
    ).rejects.toMatchObject({ code: 'invalid_input' })
  })

  test('can be had again as it was, and pages stay with what the first one saw', async () => {
    const input = { ...(await posted('again', [{}, {}, {}])), order: 'value' }
    const ask = async (more: object): Promise<Page> =>
      JSON.parse(JSON.stringify(await world.ask('ledger.account.statement', { ...input, ...more })))
    const first = await ask({ limit: 1 })
    const late = new Date(world.clock.now() - dayMs).toISOString()
    const postings = [{ debit: 'bank:main', credit: 'customers:1', amount: '500.00', asset: 'EUR' }]
    await world.done('ledger.transaction.post', { ledger: 'again', postings, value_time: late })
    const rest = await ask({ limit: 10, cursor: first.next })
    expect(rest).toMatchObject({
      closing_balance: '30.00',
      items: [{ balance: '20.00' }, { balance: '30.00' }],
    })
    expect(await ask({ seq: first.seq })).toMatchObject({ closing_balance: '30.00' })
    expect(await ask({})).toMatchObject({
      closing_balance: '530.00',
      items: [{ balance: '500.00' }, {}, {}, {}],
    })
  })

  test('is refused as camt for what is no currency, or too large for it', async () => {
    const ledger = 'coins'
    await world.done('ledger.open', { ledger })
    await world.done('ledger.chart.set', { ledger, templates })
    await world.done('ledger.asset.register', { code: 'COIN', exponent: 2 })
    const post = (asset: string, amount: string) =>
      world.done('ledger.transaction.post', {
        ledger,
        postings: [{ debit: 'bank:main', credit: 'customers:1', amount, asset }],
      })
    await post('COIN', '1.00')
    await post('EUR', '9999999999999999.99')
    const input = { ledger, address: 'customers:1' }
    await expect(camtOf({ ...input, asset: 'COIN' })).rejects.toMatchObject({ code: 'statement_impossible' })
    await expectValidCamt([await camtOf({ ...input, asset: 'EUR' })])
    await post('EUR', '0.01')
    await expect(camtOf({ ...input, asset: 'EUR' })).rejects.toMatchObject({ code: 'statement_impossible' })
    const csv = await world.askFor('text/csv', 'ledger.account.statement', { ...input, asset: 'COIN' })
    expect(toldByCsv(csv)).toMatchObject({ closing: 100n })
  })

  test('does not believe a cursor that was tampered with', async () => {
    const input = { ...(await posted('forged', [{}, {}])), order: 'value' }
    const page: Page = JSON.parse(
      JSON.stringify(await world.ask('ledger.account.statement', { ...input, limit: 1 })),
    )
    const parts: string[] = JSON.parse(Buffer.from(page.next ?? '', 'base64url').toString())
    for (const [at, value] of [
      [1, '-1'],
      [2, ''],
      [2, '9e9'],
      [3, '99999999999999999'],
      [4, 'x'],
      [5, '-1'],
      [6, '12'],
      [7, '1.5'],
    ] as const) {
      const cursor = Buffer.from(JSON.stringify(parts.with(at, value))).toString('base64url')
      await expect(
        world.ask('ledger.account.statement', { ...input, cursor }),
        `${at}: ${value}`,
      ).rejects.toMatchObject({ code: 'invalid_input' })
    }
  })
})
