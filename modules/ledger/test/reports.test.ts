import { kernelModule } from '@florin/kernel'
import { createWorld, type World } from '@florin/kernel/testing'
import fc from 'fast-check'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { ledgerModule } from '../src/index.ts'
import {
  decimal,
  type NaiveQuestion,
  type NaiveRow,
  naiveAges,
  naiveTurnover,
  readEntries,
  shownTurnover,
} from './model/naive-reports.ts'

const templates = [
  ['bank:{name}', 'asset'],
  ['suspense:{name}', 'liability'],
  ['revenue:{what}', 'revenue'],
  ['expenses:{what}', 'expense'],
  ['equity:{what}', 'equity'],
].map(([address, type]) => ({ address, type, overdraft: 'allowed', open_on_first_use: true }))

const addresses = [
  'bank:a',
  'bank:b',
  'suspense:x',
  'suspense:y',
  'revenue:r',
  'expenses:e',
  'equity:capital',
]
const months = ['2026-01', '2026-02', '2026-03', '2026-04']
const today = '2026-05-15'

let world: World
let ledgers = 0
beforeAll(async () => {
  world = await createWorld({ modules: [kernelModule, ledgerModule], start: `${today}T12:00:00.000Z` })
})
afterAll(() => world.close())

function json(value: unknown) {
  return JSON.parse(JSON.stringify(value))
}

function dayAt(offset: number): string {
  return new Date(Date.parse('2026-01-01') + offset * 86_400_000).toISOString().slice(0, 10)
}

const day = fc.integer({ min: 0, max: 134 }).map(dayAt)
const posting = fc
  .record({
    debit: fc.constantFrom(...addresses),
    credit: fc.constantFrom(...addresses),
    amount: fc.bigInt({ min: 1n, max: 100_000n }),
    asset: fc.constantFrom('EUR', 'EUR', 'JPY'),
  })
  .filter(({ debit, credit }) => debit !== credit)
const step = fc.oneof(
  { weight: 8, arbitrary: fc.record({ do: fc.constant('post' as const), posting, day, pick: fc.nat() }) },
  { weight: 3, arbitrary: fc.record({ do: fc.constant('correct' as const), posting, day, pick: fc.nat() }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('reverse' as const), posting, day, pick: fc.nat() }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('close' as const), posting, day, pick: fc.nat() }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('reopen' as const), posting, day, pick: fc.nat() }) },
)
type Step = typeof step extends fc.Arbitrary<infer S> ? S : never

/** Carries out what can be; refusals are part of life. */
async function live(steps: readonly Step[]): Promise<string> {
  const ledger = `run-${ledgers++}`
  await world.done('ledger.open', { ledger })
  await world.done('ledger.chart.set', { ledger, templates })
  const periods = months.map((name, i) => ({
    name,
    first_day: `${name}-01`,
    last_day: `${name}-${[31, 28, 31, 30][i]}`,
  }))
  await world.done('ledger.period.define', { ledger, periods })
  const booked: string[] = []
  for (const { do: what, posting, day, pick } of steps) {
    const { amount, asset } = posting
    const postings = [{ ...posting, amount: decimal(amount, asset) }]
    const value_time = `${day}T08:00:00.000Z`
    const transaction = booked[pick % Math.max(booked.length, 1)] ?? ''
    const period = months[pick % months.length]
    if (what === 'post') {
      const answer = await world.execute('ledger.transaction.post', { ledger, postings, value_time })
      if (answer.status === 'done') booked.push(answer.id)
    } else if (what === 'close') {
      const mode = pick % 3 === 0 ? 'hard' : 'soft'
      // All up to the picked one, so that closings happen often.
      for (const earlier of months.slice(0, (pick % months.length) + 1)) {
        const input = { ledger, period: earlier, mode, retained_earnings: 'equity:retained' }
        await world.execute('ledger.period.close', input)
      }
    } else if (what === 'reopen') {
      await world.execute('ledger.period.reopen', { ledger, period }, { reason: 'generated' })
    } else if (transaction !== '') {
      const amended = what === 'reverse' ? {} : { postings }
      await world.execute(`ledger.transaction.${what}`, { ledger, transaction, value_time, ...amended })
    }
  }
  return ledger
}

const asked = fc.record({
  days: fc.tuple(day, day).map((two) => two.toSorted()),
  other: fc.tuple(day, day).map((two) => two.toSorted()),
  seqShare: fc.oneof(fc.constant(1), fc.double({ min: 0, max: 1, noNaN: true })),
  restated: fc.boolean(),
  closings: fc.boolean(),
})

function isIdle(row: NaiveRow): boolean {
  return (
    row.opening === 0n &&
    row.debits === 0n &&
    row.credits === 0n &&
    row.cleanUpDebits === 0n &&
    row.cleanUpCredits === 0n
  )
}

test('every report agrees with a look at every entry, whatever happened', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(step, { minLength: 3, maxLength: 30, size: 'max' }),
      asked,
      async (steps, ask) => {
        const ledger = await live(steps)
        const entries = await readEntries(world, ledger)
        const head = json(await world.ask('ledger.get', { ledger }))
        const seq = Math.round(Number(head.seq) * ask.seqShare)
        const [from = '', to = ''] = ask.days
        const [compare_from = '', compare_to = ''] = ask.other
        const common = {
          ledger,
          as_of_seq: String(seq),
          corrections: ask.restated ? 'restated' : 'as_booked',
        }
        const question: NaiveQuestion = { from, to, seq, restated: ask.restated, closings: ask.closings }
        const other = { ...question, from: compare_from, to: compare_to }
        const closing_entries = ask.closings ? 'included' : 'excluded'

        const trial = json(
          await world.ask('ledger.report.trial-balance', {
            ...common,
            from,
            to,
            compare_from,
            compare_to,
            closing_entries,
          }),
        )
        const expected = naiveTurnover(entries, question)
        const compared = naiveTurnover(entries, other)
        expect(pick(trial.accounts, false)).toEqual(expected.filter((row) => !isIdle(row)).map(named))
        expect(pick(trial.accounts, true)).toEqual(compared.filter((row) => !isIdle(row)).map(named))
        for (const total of trial.totals) {
          expect(total.opening).toBe(decimal(0n, total.asset))
          expect(total.closing).toBe(decimal(0n, total.asset))
          expect(total.debits).toBe(total.credits)
        }

        const rollup = json(
          await world.ask('ledger.report.rollup', { ...common, from, to, depth: 1, closing_entries }),
        )
        const roots = naiveTurnover(
          entries.filter((entry) =>
            expected.some(
              (row) => !isIdle(row) && row.address === entry.address && row.asset === entry.asset,
            ),
          ),
          question,
          (entry) => entry.address.split(':')[0] ?? '',
        )
        expect(
          rollup.rows.map(({ accounts: _a, depth: _d, ...row }: Record<string, unknown>) => row),
        ).toEqual(
          roots.map(({ type: _type, ...row }) => ({
            address: row.address,
            asset: row.asset,
            ...shownTurnover({ ...row, type: '' }),
          })),
        )

        const income = json(await world.ask('ledger.report.income-statement', { ...common, from, to }))
        const earnings = naiveTurnover(entries, { ...question, closings: false })
        for (const { asset, result, revenue, expenses } of income.assets) {
          const own = earnings.filter(
            (row) => row.asset === asset && ['revenue', 'expense'].includes(row.type),
          )
          const activity = own.reduce((sum, row) => sum + row.credits - row.debits, 0n)
          const cleanUp = own.reduce((sum, row) => sum + row.cleanUpCredits - row.cleanUpDebits, 0n)
          expect(result).toEqual({
            activity: decimal(activity, asset),
            clean_up: decimal(cleanUp, asset),
            amount: decimal(activity + cleanUp, asset),
          })
          expect(
            [...revenue, ...expenses].every(
              (line) => line.activity !== decimal(0n, asset) || line.clean_up !== decimal(0n, asset),
            ),
          ).toBe(true)
        }
        const earning = earnings.filter(
          (row) => ['revenue', 'expense'].includes(row.type) && !isIdle({ ...row, opening: 0n }),
        )
        expect(income.assets.map((one: { asset: string }) => one.asset)).toEqual(
          [...new Set(earning.map((row) => row.asset))].sort(),
        )

        const sheet = json(
          await world.ask('ledger.report.balance-sheet', { ...common, day: to, compare_day: compare_to }),
        )
        const closing = (on: string) =>
          naiveTurnover(entries, { ...question, from: '0001-01-01', to: on, closings: true })
        for (const one of sheet.assets) {
          expect(one.balanced).toBe(true)
          const sum = (on: string, sign: bigint, ...types: string[]) =>
            closing(on)
              .filter((row) => row.asset === one.asset && types.includes(row.type))
              .reduce(
                (net, row) =>
                  net + sign * (row.debits - row.credits + row.cleanUpDebits - row.cleanUpCredits),
                0n,
              )
          for (const [name, sign, types] of [
            ['total_assets', 1n, ['asset']],
            ['total_liabilities', -1n, ['liability']],
            ['total_equity', -1n, ['equity', 'revenue', 'expense']],
            ['undistributed_result', -1n, ['revenue', 'expense']],
          ] as const) {
            const [current, beside] = [sum(to, sign, ...types), sum(compare_to, sign, ...types)]
            expect(one[name], name).toEqual({
              amount: decimal(current, one.asset),
              compared: decimal(beside, one.asset),
              difference: decimal(current - beside, one.asset),
            })
          }
        }

        const ends = [5, 30, 60]
        const aged = json(
          await world.ask('ledger.report.aged-balances', {
            ledger,
            as_of_seq: String(seq),
            day: to,
            prefix: 'suspense',
            ages: ends,
          }),
        )
        for (const { address, asset, by_age } of aged.accounts) {
          const ages = naiveAges(entries, address, asset, to, seq, ends)
          expect(by_age).toEqual(ages.map((amount) => decimal(amount, asset)))
        }

        const lines = await generalLedger({ ledger, from, to, as_of_seq: String(seq) })
        const booked = naiveTurnover(entries, { ...question, restated: false, closings: true })
        const sections = Map.groupBy(lines, (row) => `${row.address} ${row.asset}`)
        expect([...sections.keys()]).toEqual(
          booked.filter((row) => !isIdle(row)).map((row) => `${row.address} ${row.asset}`),
        )
        for (const row of booked.filter((one) => !isIdle(one))) {
          const own = sections.get(`${row.address} ${row.asset}`) ?? []
          const shown = shownTurnover(row)
          expect(own[0]).toMatchObject({ row: 'opening', balance: shown.opening })
          expect(own.at(-1)).toMatchObject({ row: 'closing', balance: shown.closing })
          const times = own.slice(1, -1).map((line) => `${line.value_time}`)
          expect(times).toEqual(times.toSorted())
          expect(own.slice(1, -1)).toHaveLength(
            entries.filter(
              (e) =>
                e.address === row.address &&
                e.asset === row.asset &&
                e.seq <= seq &&
                e.day >= from &&
                e.day <= to,
            ).length,
          )
        }
      },
    ),
    { numRuns: 15 },
  )
  expect(await world.verify()).toEqual([])
})

interface Shown {
  readonly address: string
  readonly asset: string
  readonly type: string
  readonly compared: Readonly<Record<string, string>>
  readonly difference: string
}

/** One of the two columns of a trial balance, without rows where it says nothing. */
function pick(accounts: readonly Shown[], compared: boolean): unknown[] {
  return accounts.flatMap(({ address, asset, type, difference: _difference, ...row }) => {
    const { compared: other, ...own } = row
    const column: Readonly<Record<string, unknown>> = compared ? other : own
    const says = Object.values(column).some((text) => /[1-9]/.test(String(text)))
    return says ? [{ address, asset, type, ...column }] : []
  })
}

function named(row: NaiveRow) {
  return { address: row.address, asset: row.asset, type: row.type, ...shownTurnover(row) }
}

async function generalLedger(input: object) {
  const rows: { address: string; asset: string; value_time: string | null }[] = []
  for (let cursor: string | undefined; ; ) {
    const more = cursor === undefined ? {} : { cursor }
    const page = json(await world.ask('ledger.report.general-ledger', { ...input, limit: 7, ...more }))
    rows.push(...page.items)
    if (page.next === null) return rows
    cursor = page.next
  }
}

test('days that are named not at all, twice or the wrong way round are refused', async () => {
  const ledger = await live([])
  const refused = async (report: string, input: object, code = 'span_unclear') =>
    expect(
      world.ask(`ledger.report.${report}`, { ledger, ...input }),
      JSON.stringify(input),
    ).rejects.toMatchObject({
      code,
    })
  for (const report of ['trial-balance', 'income-statement', 'general-ledger']) {
    await refused(report, {})
    await refused(report, { from: '2026-01-01' })
    await refused(report, { to: '2026-01-01' })
    await refused(report, { from: '2026-01-02', to: '2026-01-01' })
    await refused(report, { period: '2026-01', from: '2026-01-01', to: '2026-01-02' })
    await refused(report, { period: '2026-01', as_of_seq: '1', booked_until: '2026-01-01T00:00:00.000Z' })
    await refused(report, { period: '2027-01' }, 'period_not_found')
    await refused(report, { from: '2026-02-29', to: '2026-03-01' }, 'invalid_input')
    await refused(report, { from: '0000-01-01', to: '2026-03-01' }, 'invalid_input')
  }
  await refused('trial-balance', { period: '2026-01', compare_from: '2026-01-01' })
  await refused('balance-sheet', { period: '2026-01', day: '2026-01-01' })
  await refused('balance-sheet', { compare_period: '2026-01', compare_day: '2026-01-01' })
  await refused('aged-balances', { prefix: 'suspense', ages: [30, 30] }, 'invalid_input')
  await refused('aged-balances', { prefix: 'suspense', ages: [-1] }, 'invalid_input')
  await refused('general-ledger', { period: '2026-01', cursor: 'nonsense' }, 'invalid_input')
})

test('the ends of the calendar can be asked about', async () => {
  const ledger = await live([])
  const input = {
    ledger,
    postings: [{ debit: 'bank:a', credit: 'suspense:x', amount: '1.00', asset: 'EUR' }],
  }
  await world.done('ledger.transaction.post', { ...input, value_time: '0001-01-01T00:00:00.000Z' })
  const all = { ledger, from: '0001-01-01', to: '9999-12-31' }
  for (const corrections of ['as_booked', 'restated']) {
    expect(await world.ask('ledger.report.trial-balance', { ...all, corrections })).toMatchObject({
      accounts: [
        { address: 'bank:a', opening: '0.00', debits: '1.00', closing: '1.00' },
        { address: 'suspense:x' },
      ],
    })
  }
  expect(await generalLedger(all)).toHaveLength(6)
  const aged = { ledger, prefix: 'suspense', day: '0001-01-01', ages: [0, 100_000] }
  expect(await world.ask('ledger.report.aged-balances', aged)).toMatchObject({
    accounts: [{ balance: '-1.00', by_age: ['-1.00', '0.00', '0.00'] }],
  })
  // A forged cursor is invalid input or a page, never a fault.
  const forged = (...key: string[]) => {
    const { cursor } = { cursor: Buffer.from(JSON.stringify([scope, ...key])).toString('base64url') }
    return world.ask('ledger.report.general-ledger', { ...all, limit: 1, cursor })
  }
  const { next } = json(await world.ask('ledger.report.general-ledger', { ...all, limit: 1 }))
  const [scope, account] = JSON.parse(Buffer.from(next, 'base64url').toString())
  for (const key of [
    [account, '1', '-200000000000000', '0', '0', '0'],
    [account, '3', '0', '0', '0', '0'],
    [account, '1', '0', '0', '99999999999', '0'],
    [account, '1', '0', '0', '0', 'x'],
    [account],
  ]) {
    await expect(forged(...key), key.join(' ')).rejects.toMatchObject({ code: 'invalid_input' })
  }
  expect(json(await forged('77', '1', '0', '0', '0', '0')).items).toHaveLength(1)
})

test('what is reserved by age comes to what balances show as reserved', async () => {
  const ledger = await live([])
  const post = {
    ledger,
    postings: [{ debit: 'bank:a', credit: 'suspense:x', amount: '100.00', asset: 'EUR' }],
  }
  await world.done('ledger.transaction.post', post)
  const hold = (amount: string, more: object) =>
    world.done('ledger.hold.reserve', {
      ledger,
      debit: 'suspense:x',
      credit: 'bank:a',
      amount,
      asset: 'EUR',
      ...more,
    })
  await hold('1.00', {})
  await hold('2.00', { value_time: '2026-04-15T23:59:59.999Z' })
  await hold('4.00', { value_time: '2026-04-14T00:00:00.000Z' })
  await hold('8.00', { value_time: '2020-01-01T00:00:00.000Z' })
  await hold('16.00', { expires_at: '2026-05-15T12:00:01.000Z' })
  world.clock.set('2026-05-15T12:00:01.000Z')
  // A hold takes from both: it lowers a liability and an asset.
  const by_age = ['3.00', '4.00', '0.00', '8.00']
  expect(await world.ask('ledger.report.aged-holds', { ledger })).toMatchObject({
    accounts: [
      { address: 'bank:a', holds: 4, reserved: '15.00', by_age },
      { address: 'suspense:x', holds: 4, reserved: '15.00', by_age },
    ],
  })
  for (const address of ['bank:a', 'suspense:x']) {
    expect(await world.ask('ledger.balance.get', { ledger, address })).toMatchObject({
      balances: [{ reserved: '15.00' }],
    })
  }
  // As of every record, while they are settled, released and expire, what is reserved is what the balance had then.
  const held = json(await world.ask('ledger.hold.list', { ledger })).items
  await world.done('ledger.hold.settle', { ledger, hold: held[1].id, amount: '0.50' })
  await world.done('ledger.hold.release', { ledger, hold: held[3].id })
  const last = Number(json(await world.ask('ledger.get', { ledger })).seq)
  expect(last).toBe(9)
  for (let seq = 1; seq <= last; seq++) {
    const then = { ledger, as_of_seq: String(seq), prefix: 'suspense' }
    const [account] = json(await world.ask('ledger.report.aged-holds', then)).accounts
    const balance = json(
      await world.ask('ledger.balance.get', { ledger, address: 'suspense:x', seq: String(seq) }),
    )
    expect(account?.reserved ?? '0.00', `record ${seq}`).toBe(balance.balances[0].reserved)
  }
  const before = { ledger, as_of_seq: '6', prefix: 'suspense', ages: [0] }
  expect(await world.ask('ledger.report.aged-holds', before)).toMatchObject({
    accounts: [{ by_age: ['17.00', '14.00'] }],
    totals: [{ reserved: '31.00', by_age: ['17.00', '14.00'] }],
  })
})
