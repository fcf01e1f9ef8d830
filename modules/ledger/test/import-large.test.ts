import { hash } from 'node:crypto'
import { JournalStream, type JournalTransaction, normalise } from '@florin/journal'
import { largeJournal } from '@florin/journal/generator'
import { kernelModule } from '@florin/kernel'
import { createWorld, type World } from '@florin/kernel/testing'
import { Type } from 'typebox'
import { Compile } from 'typebox/compile'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { ledgerModule, wireOf } from '../src/index.ts'

let world: World
beforeAll(async () => {
  world = await createWorld({ modules: [kernelModule, ledgerModule] })
})
afterAll(async () => {
  expect(await world.verify()).toEqual([])
  await world.close()
})

const Progress = Compile(
  Type.Object({ through: Type.Integer(), booked: Type.Integer(), already_booked: Type.Integer() }),
)
const Report = Compile(Type.Object({ booked: Type.Integer(), already_booked: Type.Integer() }))

const file = 'large.beancount'
const journal = (transactions: number) =>
  [...largeJournal({ format: 'beancount', transactions, seed: 11, accounts: 30, perDay: 50 })].join('')

function read(text: string) {
  const stream = new JournalStream(file, 'beancount')
  const transactions: JournalTransaction[] = []
  for (let at = 0; at < text.length; at += 10_000)
    transactions.push(...stream.read(text.slice(at, at + 10_000)))
  transactions.push(...stream.end())
  return { transactions, result: stream.result() }
}

/** As the command line does it: lines with how often the same came before. */
function linesOf(transactions: readonly JournalTransaction[]): string[] {
  const seen = new Map<string, number>()
  return transactions.map((transaction) => {
    const content = hash('sha256', normalise(transaction))
    const nth = (seen.get(content) ?? 0) + 1
    seen.set(content, nth)
    return JSON.stringify(nth === 1 ? wireOf(transaction) : { ...wireOf(transaction), nth })
  })
}

/** Sends the parts that are missing; stops after `most` of them, as if it had been killed. */
async function importInParts(ledger: string, text: string, size: number, most = Number.POSITIVE_INFINITY) {
  const { transactions, result } = read(text)
  const lines = linesOf(transactions)
  const call = { ledger, import: hash('sha256', text), file }
  const accounts = result.accounts.map(({ source, ...account }) => ({ ...account, line: source.line }))
  const commodities = result.commodities.map(({ source, ...commodity }) => ({
    ...commodity,
    line: source.line,
  }))
  const begun = Progress.Parse(await world.done('ledger.import.begin', { ...call, accounts, commodities }))
  let parts = 0
  for (let from = begun.through; from < lines.length && parts < most; from += size, parts++) {
    const through = Math.min(lines.length, from + size)
    await world.done('ledger.import.part', {
      ...call,
      through,
      transactions: lines.slice(from, through).join('\n'),
    })
  }
  return {
    end: () => world.done('ledger.import.end', { ...call, accounts, transactions: lines.length }),
    begun,
    call,
    parts,
  }
}

function importWhole(ledger: string, text: string) {
  return world.done('ledger.journal.import', { ledger, main: file, files: [{ name: file, content: text }] })
}

/** Everything that was booked, in order, without what depends on when. */
function records(ledger: string) {
  return world.adminDatabase.query(
    `SELECT j.idempotency_key, j.payload_hash, j.description, j.metadata, j.value_time, p.line, p.amount,
       d.address AS debit, c.address AS credit, p.debit_debits, p.debit_credits
     FROM ledger.journal j JOIN ledger.ledgers l ON l.id = j.ledger_id AND l.name = $1
     JOIN ledger.postings p ON p.ledger_id = j.ledger_id AND p.seq = j.seq
     JOIN ledger.accounts d ON d.id = p.debit_account JOIN ledger.accounts c ON c.id = p.credit_account
     ORDER BY j.seq, p.line`,
    [ledger],
  )
}

const withoutName = (rows: readonly Record<string, unknown>[]) =>
  rows.map((row) => ({ ...row, idempotency_key: String(row.idempotency_key).split('/').slice(1).join('/') }))

test('in parts or as a whole: the very same is booked, and either finds what the other has booked', async () => {
  const text = journal(1_000)
  const whole = Report.Parse(await importWhole('whole', text))
  const { end } = await importInParts('parts', text, 170)
  expect(Report.Parse(await end())).toMatchObject({ booked: whole.booked, already_booked: 0 })
  expect(withoutName(await records('parts'))).toEqual(withoutName(await records('whole')))

  expect(Report.Parse(await importWhole('parts', text))).toMatchObject({
    booked: 0,
    already_booked: whole.booked,
  })
  const again = await importInParts('whole', text, 300)
  expect(Report.Parse(await again.end())).toMatchObject({ booked: 0, already_booked: whole.booked })
})

test('goes on where it was interrupted, and ends as if it never had been', async () => {
  const text = journal(800)
  const { call } = await importInParts('cut', text, 100, 3)
  expect(
    await world.execute('ledger.import.end', { ...call, accounts: [], transactions: 800 }),
  ).toMatchObject({
    refusal: { code: 'import_incomplete', details: { through: 300 } },
  })
  // Parts of another size: where it ended is told in transactions.
  const resumed = await importInParts('cut', text, 70)
  expect(resumed.begun.through).toBe(300)
  await resumed.end()
  await (await importInParts('uncut', text, 1_000)).end()
  expect(withoutName(await records('cut'))).toEqual(withoutName(await records('uncut')))
  const done = await importInParts('cut', text, 70)
  expect([done.begun.through > 800, done.parts]).toEqual([true, 0])
})

test('a longer version of the journal books only what is new', async () => {
  await (await importInParts('grown', journal(400), 150)).end()
  const before = (await records('grown')).length
  const { end, begun } = await importInParts('grown', journal(500), 150)
  expect(begun.through).toBe(0)
  const { booked, already_booked } = Report.Parse(await end())
  expect(booked).toBeGreaterThanOrEqual(100)
  expect(already_booked).toBeGreaterThanOrEqual(400)
  await importWhole('at-once', journal(500))
  expect((await records('grown')).length).toBe((await records('at-once')).length)
  expect(before).toBeLessThan((await records('grown')).length)
})

test('two imports of the same journal at once book everything once', async () => {
  const text = journal(300)
  const both = await Promise.all([importInParts('both', text, 40), importInParts('both', text, 60)])
  await Promise.all(both.map(({ end }) => end()))
  await importWhole('single', text)
  expect((await records('both')).length).toBe((await records('single')).length)
})

test.each(['in parts', 'as a whole'])(
  'an account that the journal closes takes nothing more, imported %s',
  async (how) => {
    const ledger = how.replaceAll(' ', '-')
    const text = [
      '2026-01-01 open Assets:Old EUR\n2026-01-01 open Assets:New EUR\n',
      '2026-01-02 * "in"\n  Assets:Old  5.00 EUR\n  Assets:New  -5.00 EUR\n',
      '2026-01-03 * "out"\n  Assets:Old  -5.00 EUR\n  Assets:New  5.00 EUR\n',
      '2026-01-04 close Assets:Old\n',
    ].join('')
    if (how === 'in parts') await (await importInParts(ledger, text, 1)).end()
    else await importWhole(ledger, text)
    // by the very process that has just booked on it
    const posting = { debit: 'Assets:Old', credit: 'Assets:New', amount: '1.00', asset: 'EUR' }
    expect(await world.execute('ledger.transaction.post', { ledger, postings: [posting] })).toMatchObject({
      status: 'refused',
      refusal: { code: 'account_closed' },
    })
  },
)

describe('a part is refused as a whole', () => {
  const line = (account: string, more: object = {}) =>
    JSON.stringify({
      line: 7,
      date: '2026-01-05',
      lines: [
        { account, commodity: 'EUR', amount: '1.00' },
        { account: 'Equity:Opening', commodity: 'EUR', amount: '-1.00' },
      ],
      ...more,
    })
  const refusedPart = async (transactions: string) => {
    const call = { ledger: 'refusing', import: 'a'.repeat(64), file }
    await world.done('ledger.import.begin', {
      ...call,
      accounts: [
        { name: 'Assets:Bank', type: 'asset', line: 1 },
        { name: 'Equity:Opening', type: 'equity', line: 2 },
      ],
      commodities: [{ code: 'EUR', decimals: 2, line: 3 }],
    })
    const answer = await world.execute('ledger.import.part', { ...call, through: 2, transactions })
    expect(await records('refusing')).toEqual([])
    return answer.status === 'refused' ? answer.refusal : answer.status
  }
  test.each([
    [
      'an account that is not in the chart',
      `${line('Assets:Bank')}\n${line('Nothing:Here')}`,
      'address_not_in_chart',
    ],
    ['what is not JSON', `${line('Assets:Bank')}\n{"line":`, 'part_line'],
    ['an empty line', `${line('Assets:Bank')}\n\n${line('Assets:Bank')}`, 'part_line'],
    ['a number for an amount', line('Assets:Bank').replace('"1.00"', '1.00'), 'part_line'],
    ['members that are unknown', line('Assets:Bank', { extra: 1 }), 'part_line'],
    ['U+0000', line('Assets:Bank', { narration: 'a\0b' }), 'part_line'],
    ['what does not balance', line('Assets:Bank').replace('-1.00', '-2.00'), 'unbalanced'],
    [
      'more decimals than the currency has',
      line('Assets:Bank').replaceAll('1.00', '1.001'),
      'amount_too_many_decimals',
    ],
    ['a day that does not exist', line('Assets:Bank', { date: '2026-02-31' }), 'part_line'],
    ['a day to come', line('Assets:Bank', { date: '2126-02-01' }), 'value_time_in_future'],
  ])('%s', async (_what, transactions, code) => {
    expect(await refusedPart(transactions)).toMatchObject({
      code: 'journal_invalid',
      details: { errors: [{ file, code }] },
    })
  })
})
