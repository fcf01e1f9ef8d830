import { execFileSync, spawnSync } from 'node:child_process'
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll } from 'vitest'
import { add, canonical, parseDecimal } from '../decimal.ts'

// Other people's programs, and what they make of a journal: for tests that compare.

/** A synchronous call that hangs would hold up the test's own time limit too. */
export const PATIENCE = { timeout: 60_000 }

/** Journals of our own, in the three formats. */
export const CORPUS = fileURLToPath(new URL('../../test/corpus', import.meta.url))
/** The examples that Debian's package of beancount brings. */
export const BEANCOUNT_EXAMPLES = '/usr/share/doc/beancount/examples'

function onPath(name: string): boolean {
  return (process.env.PATH ?? '').split(':').some((folder) => folder !== '' && existsSync(join(folder, name)))
}

function hasBeancountModule(): boolean {
  return (
    existsSync('/usr/bin/python3') &&
    spawnSync('/usr/bin/python3', ['-c', 'import beancount.loader'], PATIENCE).status === 0
  )
}

export const tools = {
  beanCheck: onPath('bean-check'),
  beanQuery: onPath('bean-query'),
  beanExample: onPath('bean-example'),
  hledger: onPath('hledger'),
  ledger: onPath('ledger'),
  beancountModule: hasBeancountModule(),
}

for (const [name, found] of Object.entries(tools))
  if (!found) console.warn(`journal tests: ${name} is not installed, comparisons with it are skipped`)

/** account → commodity → canonical amount, zeros left out. */
export type Balances = Map<string, Map<string, string>>

const folders: string[] = []
afterAll(() => {
  for (const folder of folders) rmSync(folder, { recursive: true, force: true })
})

export function scratch(): string {
  const folder = mkdtempSync(join(tmpdir(), 'florin-journal-'))
  folders.push(folder)
  return folder
}

export function scratchFile(name: string, content: string): string {
  const path = join(scratch(), name)
  writeFileSync(path, content)
  return path
}

export function tidy(rows: Iterable<[string, string, string]>): Balances {
  const out: Balances = new Map()
  for (const [account, commodity, amount] of [...rows].sort(([a, b], [c, d]) => (a + b < c + d ? -1 : 1))) {
    const number = parseDecimal(amount)
    if (number === undefined) throw new Error(`not an amount: ${amount}`)
    if (number.n === 0n) continue
    const row = out.get(account) ?? new Map<string, string>()
    row.set(commodity, canonical(number))
    out.set(account, row)
  }
  return out
}

// bean-query rounds to its display context; beancount's own loader gives every digit.
const DUMP = `
import sys, decimal
from beancount import loader
from beancount.core import data
entries, errors, options = loader.load_file(sys.argv[1])
decimal.getcontext().prec = 500
sums = {}
for e in entries:
    if isinstance(e, data.Transaction):
        for p in e.postings:
            k = (p.account, p.units.currency)
            sums[k] = sums.get(k, 0) + p.units.number
print(len(errors))
for (a, c), n in sums.items():
    print(a + '\\t' + c + '\\t' + format(n, 'f'))
`

export function beancountBalances(path: string): { errors: number; balances: Balances } {
  const out = execFileSync('/usr/bin/python3', ['-c', DUMP, path], {
    ...PATIENCE,
    encoding: 'utf8',
    maxBuffer: 1 << 28,
  })
  const [count = '', ...rows] = out.trimEnd().split('\n')
  return {
    errors: Number(count),
    balances: tidy(
      rows.map((row): [string, string, string] => {
        const [account = '', currency = '', amount = ''] = row.split('\t')
        return [account, currency, amount]
      }),
    ),
  }
}

/** Reads `"account","1.00 EUR, 2 USD"` style CSV cells into rows. */
function csvRows(text: string): string[][] {
  return text
    .trimEnd()
    .split('\n')
    .map((line) =>
      [...line.matchAll(/"((?:[^"]|"")*)"|([^,]+)/g)].map((m) => (m[1] ?? m[2] ?? '').replaceAll('""', '"')),
    )
}

/** bean-query's own figures, at its display precision. */
export function beanQueryBalances(path: string): [string, string][] {
  const out = execFileSync(
    'bean-query',
    ['-f', 'csv', path, 'SELECT account, units(sum(position)) GROUP BY account'],
    { ...PATIENCE, encoding: 'utf8', maxBuffer: 1 << 28 },
  )
  return csvRows(out)
    .slice(1)
    .map((row): [string, string] => [row[0]?.trim() ?? '', row.slice(1).join(',').trim()])
}

/** Every account's own balance in hledger, all digits, as `-5.00 EUR`. */
export function hledgerBalances(path: string, ...extra: string[]): Balances {
  const out = execFileSync(
    'hledger',
    ['-f', path, 'bal', '--flat', '-N', '--layout=bare', '-O', 'csv', ...extra],
    { ...PATIENCE, encoding: 'utf8', maxBuffer: 1 << 28 },
  )
  return tidy(
    csvRows(out)
      .slice(1)
      .map((row): [string, string, string] => [
        row[0] ?? '',
        row[1] ?? '',
        (row[2] ?? '0').replace(',', '.'),
      ]),
  )
}

/** Every posting ledger sees, summed here: its balance report would round to display precision. */
export function ledgerBalances(path: string): Balances {
  const out = execFileSync(
    'ledger',
    ['-f', path, 'reg', '--no-pager', '--format', '%(account)\t%(quantity(amount))\t%(commodity(amount))\n'],
    { ...PATIENCE, encoding: 'utf8', maxBuffer: 1 << 28 },
  )
  const sums = new Map<string, { a: string; c: string; d: { n: bigint; s: number } }>()
  for (const row of out.trimEnd().split('\n')) {
    const [a = '', quantity = '', commodity = ''] = row.split('\t')
    const c = commodity.replaceAll('"', '')
    const d = parseDecimal(quantity.replaceAll(',', ''))
    if (d === undefined) throw new Error(`ledger printed ${row}`)
    const known = sums.get(`${a}\t${c}`)
    sums.set(`${a}\t${c}`, { a, c, d: known === undefined ? d : add(known.d, d) })
  }
  return tidy([...sums.values()].map(({ a, c, d }): [string, string, string] => [a, c, canonical(d)]))
}

/** Exit status 0 and nothing said. */
export function accepts(command: string, ...args: string[]): string {
  const run = spawnSync(command, args, { ...PATIENCE, encoding: 'utf8' })
  return run.status === 0 ? '' : `${run.stdout}${run.stderr}` || `status ${run.status}`
}
