import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import {
  accepts,
  type Balances,
  BEANCOUNT_EXAMPLES,
  beancountBalances,
  CORPUS,
  hledgerBalances,
  ledgerBalances,
  PATIENCE,
  scratchFile,
  tidy,
  tools,
} from '@florin/journal/testing'
import { kernelModule } from '@florin/kernel'
import { createWorld } from '@florin/kernel/testing'
import { Type } from 'typebox'
import { Compile } from 'typebox/compile'
import { afterAll, describe, expect, test } from 'vitest'
import { ledgerModule } from '../src/index.ts'

const modules = [kernelModule, ledgerModule]
const world = await createWorld({ modules })
afterAll(() => world.close())

const TrialBalance = Compile(
  Type.Object({
    accounts: Type.Array(
      Type.Object({ address: Type.String(), asset: Type.String(), balance: Type.String() }),
    ),
    totals: Type.Array(Type.Object({ asset: Type.String(), debits: Type.String(), credits: Type.String() })),
  }),
)
const Journal = Compile(Type.Object({ journal: Type.String() }))

/** Every account's balance in the books, debits positive, as PostgreSQL has it. */
async function bookedBalances(ledger: string, without = 'no such account'): Promise<Balances> {
  const { accounts } = TrialBalance.Parse(await world.ask('ledger.trial-balance', { ledger }))
  const rows = accounts.filter(({ address }) => address !== without)
  return tidy(rows.map((row): [string, string, string] => [row.address, row.asset, row.balance]))
}

function importFile(ledger: string, name: string, content: string, more: object = {}) {
  return world.execute('ledger.journal.import', { ledger, main: name, files: [{ name, content }], ...more })
}

async function exported(ledger: string, format: 'beancount' | 'hledger'): Promise<string> {
  const { journal } = Journal.Parse(await world.ask('ledger.journal.export', { ledger, format }))
  return scratchFile(format === 'beancount' ? 'export.beancount' : 'export.journal', journal)
}

/** The export must be accepted, and say what the books say. */
async function compareExports(ledger: string): Promise<void> {
  const ours = await bookedBalances(ledger)
  if (tools.hledger) {
    const file = await exported(ledger, 'hledger')
    expect(accepts('hledger', '-f', file, 'check', '--strict')).toBe('')
    expect(hledgerBalances(file)).toEqual(ours)
  }
  if (tools.beanCheck && tools.beancountModule) {
    const file = await exported(ledger, 'beancount')
    expect(accepts('bean-check', file)).toBe('')
    expect(beancountBalances(file).errors).toBe(0)
  }
}

const conversions = 'Equity:Conversions'

describe('a journal that beancount reads', () => {
  test.skipIf(!tools.beancountModule)('its own example: every account’s balance is beancount’s', async () => {
    const path = join(BEANCOUNT_EXAMPLES, 'example.beancount')
    const answer = await importFile('example', 'example.beancount', readFileSync(path, 'utf8'))
    expect(answer).toMatchObject({ status: 'done', output: { booked: 1146, assertions: 92 } })
    expect(await bookedBalances('example', conversions)).toEqual(beancountBalances(path).balances)
    await compareExports('example')
    expect(await world.verify()).toEqual([])
  })

  test.skipIf(!tools.beanExample || !tools.beancountModule).each([1, 2, 3])(
    'bean-example with seed %i: every account’s balance is beancount’s',
    async (seed) => {
      const text = execFileSync(
        'bean-example',
        ['--seed', String(seed), '--date-begin', '2022-01-01', '--date-end', '2023-06-30'],
        { ...PATIENCE, encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] },
      )
      const path = scratchFile(`seed-${seed}.beancount`, text)
      const ledger = `seed-${seed}`
      expect(await importFile(ledger, `${ledger}.beancount`, text)).toMatchObject({ status: 'done' })
      expect(await bookedBalances(ledger, conversions)).toEqual(beancountBalances(path).balances)
      await compareExports(ledger)
    },
  )
})

describe('the business journal with five currencies, one with no and one with eighteen decimals', () => {
  const formats = [
    {
      file: 'business.beancount',
      tool: tools.beancountModule,
      balances: (path: string) => beancountBalances(path).balances,
    },
    { file: 'business.journal', tool: tools.hledger, balances: (path: string) => hledgerBalances(path) },
    { file: 'business.ledger', tool: tools.ledger, balances: ledgerBalances },
  ]
  // Roots that tell nothing; ledger has no directive to say it.
  const types = { customers: 'liability', escrow: 'liability' }
  test.each(formats)('$file: every balance is the foreign program’s', async ({ file, tool, balances }) => {
    const path = join(CORPUS, file)
    const ledger = file.replace('.', '-')
    const answer = await importFile(ledger, file, readFileSync(path, 'utf8'), { types })
    expect(answer.status === 'refused' ? answer.refusal.details : answer.status).toBe('done')
    const name = file.endsWith('.beancount') ? conversions : 'equity:conversions'
    if (tool) expect(await bookedBalances(ledger, name)).toEqual(balances(path))
    else console.warn(`${file}: its program is not installed, so its balances were not compared`)
    await compareExports(ledger)
  })
})

const small = `2026-01-01 open Assets:Bank EUR
2026-01-01 open Equity:Opening
2026-01-02 * "Bakery" "Bread" #food ^inv-1
  ref: "x"
  Assets:Bank     1000.00 EUR
  Equity:Opening
2026-01-03 balance Assets:Bank 1000.00 EUR
`

describe('importing', () => {
  test('again, and by somebody else, changes nothing; a longer version adds only what is new', async () => {
    expect(await importFile('small', 'small.beancount', small)).toMatchObject({
      output: { booked: 1, ledger_opened: true },
    })
    const before = await bookedBalances('small')
    const again = await world.execute(
      'ledger.journal.import',
      {
        ledger: 'small',
        main: 'other-name.beancount',
        files: [{ name: 'other-name.beancount', content: small }],
      },
      { actor: { id: 'somebody-else', kind: 'key', permissions: ['*'] } },
    )
    expect(again).toMatchObject({ output: { booked: 0, already_booked: 1 } })
    expect(await bookedBalances('small')).toEqual(before)
    const longer = `${small}\n2026-01-04 *\n  Assets:Bank  1.00 EUR\n  Equity:Opening\n2026-01-04 *\n  Assets:Bank  1.00 EUR\n  Equity:Opening\n`
    expect(await importFile('small', 'small.beancount', longer)).toMatchObject({
      output: { booked: 2, already_booked: 1 },
    })
    expect((await bookedBalances('small')).get('Assets:Bank')?.get('EUR')).toBe('1002')
  })

  test('takes what moves from an account to itself through the conversion account', async () => {
    const own = '2026-01-05 * "Lots exchanged"\n  Assets:Bank  -4.00 EUR\n  Assets:Bank  4.00 EUR\n'
    const partly = `2026-01-06 *\n  Assets:Bank  -4.00 EUR\n  Assets:Bank  3.00 EUR\n  Equity:Opening  1.00 EUR\n`
    const answer = await importFile('own', 'own.beancount', `${small}${own}${partly}`)
    expect(answer).toMatchObject({ output: { booked: 3 } })
    expect(await bookedBalances('own')).toEqual(
      tidy([
        ['Assets:Bank', 'EUR', '999'],
        ['Equity:Opening', 'EUR', '-999'],
      ]),
    )
    expect(await world.ask('ledger.trial-balance', { ledger: 'own' })).toMatchObject({
      totals: [{ debits: '1015.00', credits: '1015.00' }],
    })
    await compareExports('own')
  })

  test('keeps payee, tags, links and metadata', async () => {
    await importFile('kept', 'small.beancount', small)
    const answer = await world.ask('ledger.transaction.list', { ledger: 'kept', metadata: ['payee=Bakery'] })
    expect(answer).toMatchObject({
      items: [
        {
          description: 'Bread',
          value_time: '2026-01-02T00:00:00.000Z',
          metadata: { tags: 'food', links: 'inv-1', ref: 'x' },
        },
      ],
    })
  })

  test.each([
    [
      'a false assertion',
      small.replace('balance Assets:Bank 1000.00', 'balance Assets:Bank 999.00'),
      7,
      /999/,
    ],
    [
      'what does not balance',
      small.replace('Equity:Opening\n2026-01-03', 'Equity:Opening -999.00 EUR\n2026-01-03'),
      3,
      /balance/i,
    ],
    ['more decimals than the currency has', small.replace('1000.00 EUR\n', '1000.005 EUR\n'), 5, /decimals/],
    ['an unknown account', small.replace('  Assets:Bank ', '  Assets:Bunk '), 5, /Assets:Bunk/],
    [
      'a date ahead of today',
      small.replaceAll('2026-01-02', '2026-02-02').replace('2026-01-03', '2026-02-03'),
      3,
      /value time/,
    ],
  ])('refuses %s as a whole, with file and line', async (_what, content, line, message) => {
    const before = await world.digest()
    const answer = await importFile('broken', 'broken.beancount', content)
    expect(answer).toMatchObject({ status: 'refused', refusal: { code: 'journal_invalid' } })
    const refusal = answer.status === 'refused' ? answer.refusal : undefined
    const errors = Object(refusal?.details.errors)
    expect(errors[0]).toMatchObject({ file: 'broken.beancount', line })
    expect(errors[0].message).toMatch(message)
    await expect(world.ask('ledger.get', { ledger: 'broken' })).rejects.toMatchObject({
      code: 'ledger_not_found',
    })
    expect(await world.verify()).toEqual([])
    expect(before).not.toBe(await world.digest())
  })

  test('of an export into a new ledger gives the same books', async () => {
    await importFile('origin', 'small.beancount', small)
    for (const format of ['beancount', 'hledger'] as const) {
      const path = await exported('origin', format)
      const copy = `copy-${format}`
      const name = path.slice(path.lastIndexOf('/') + 1)
      expect(await importFile(copy, name, readFileSync(path, 'utf8'))).toMatchObject({
        output: { booked: 1 },
      })
      expect(await bookedBalances(copy)).toEqual(await bookedBalances('origin'))
      const transactions = async (ledger: string) =>
        JSON.stringify(await world.ask('ledger.transaction.list', { ledger })).match(
          /"(description|metadata)":[^}]*}?/g,
        )
      expect(await transactions(copy)).toEqual(await transactions('origin'))
    }
  })
})
