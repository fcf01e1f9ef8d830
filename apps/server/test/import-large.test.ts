import { once } from 'node:events'
import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { largeJournal } from '@florin/journal/generator'
import { afterAll, beforeAll, expect, test } from 'vitest'
import {
  type Ended,
  type Env,
  endAll,
  ended,
  florin,
  freePort,
  type Served,
  serve,
  start,
} from './program.ts'

let folder: string
let env: Env
let server: Served

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'florin-import-'))
  await chmod(folder, 0o755)
  env = { FLORIN_DATA: join(folder, 'data'), FLORIN_PORT: String(await freePort()) }
  server = await serve(env)
  await writeJournal('large.beancount', 25_000)
})
afterAll(async () => {
  await endAll()
  await rm(folder, { recursive: true, force: true })
})

const pathOf = (name: string): string => join(folder, name)

async function writeJournal(
  name: string,
  transactions: number,
  change = (text: string) => text,
): Promise<void> {
  const pieces = largeJournal({ format: 'beancount', transactions, seed: 5, accounts: 40, perDay: 100 })
  await writeFile(pathOf(name), change([...pieces].join('')))
}

function importIt(name: string, ledger: string): Promise<Ended> {
  return florin(['import', pathOf(name), '--ledger', ledger, '--parts', '--output', 'json'], env)
}

async function balances(ledger: string): Promise<string> {
  const { stdout } = await florin(['trial-balance', '--ledger', ledger, '--output', 'json'], env)
  return stdout.replace(/^.*?"accounts"/, '"accounts"')
}

/** Resolves as soon as the ledger has records: an import is under way. */
async function underWay(ledger: string): Promise<void> {
  for (;;) {
    const { stdout } = await florin(
      ['ledger', 'journal', 'list', '--ledger', ledger, '--limit', '1', '--output', 'json'],
      env,
    )
    if (stdout.includes('"seq"')) return
  }
}

test('the importer or the server is killed: the same command goes on, and all is as if nothing had happened', async () => {
  const straight = await importIt('large.beancount', 'straight')
  expect(straight.code).toBe(0)
  // how far it is, where the machine takes its time
  expect(straight.stderr).toMatch(/^(Booking .*\n)?$/)
  expect(JSON.parse(straight.stdout)).toMatchObject({ already_booked: 0, balances_differing: 0 })
  const wanted = await balances('straight')

  const client = start(['import', pathOf('large.beancount'), '--ledger', 'cut', '--parts'], env)
  const isGone = once(client, 'exit')
  await underWay('cut')
  client.kill('SIGKILL')
  await isGone
  await goesOn('cut', straight, wanted)

  const other = ended(start(['import', pathOf('large.beancount'), '--ledger', 'fallen', '--parts'], env))
  await underWay('fallen')
  // Its PostgreSQL outlives it and holds on to its output: the exit is told, the end of its output is not.
  const isDown = once(server.child, 'exit')
  server.child.kill('SIGKILL')
  await isDown
  const { code, stderr } = await other
  if (code !== 0) expect(stderr).toContain('The same command goes on where this one ended.')
  server = await serve(env)
  await goesOn('fallen', straight, wanted)
  expect((await florin(['verify'], env)).code).toBe(0)
}, 400_000)

async function goesOn(ledger: string, straight: Ended, wanted: string): Promise<void> {
  const last = await importIt('large.beancount', ledger)
  expect(last.code, last.stderr).toBe(0)
  const { booked } = JSON.parse(straight.stdout)
  expect(JSON.parse(last.stdout)).toMatchObject({ booked, already_booked: 0, balances_differing: 0 })
  expect(await balances(ledger)).toBe(wanted)
}

test('a journal with an error anywhere books nothing', async () => {
  await writeJournal(
    'broken.beancount',
    3_000,
    (text) => `${text}2031-01-01 balance Assets:Bank:Main 1.00 EUR\n`,
  )
  const { code, stderr } = await importIt('broken.beancount', 'broken')
  expect(code).toBe(1)
  expect(stderr).toMatch(
    /journal_invalid: .*nothing was imported[\s\S]*broken\.beancount:\d+: Assets:Bank:Main: expected 1\.00/,
  )
  expect((await florin(['ledger', 'get', '--ledger', 'broken'], env)).stderr).toContain('ledger_not_found')
})

test('what must be read as a whole is imported as a whole, and differences to the books are told', async () => {
  const opens = '2026-01-01 open Assets:Bank:Main\n2026-01-01 open Equity:Own\n'
  const entry = (date: string) => `${date} * "x"\n  Assets:Bank:Main  5.00 EUR\n  Equity:Own\n`
  await writeFile(pathOf('mixed.beancount'), opens + entry('2026-02-03') + entry('2026-02-01'))
  const mixed = await importIt('mixed.beancount', 'mixed')
  expect(mixed.stderr).toContain('mixed.beancount:6: not in the order of dates')
  expect(JSON.parse(mixed.stdout)).toMatchObject({ booked: 2, files: 1 })
  await writeFile(pathOf('more.beancount'), opens + entry('2026-02-05'))
  const more = await importIt('more.beancount', 'mixed')
  expect(JSON.parse(more.stdout)).toMatchObject({
    booked: 1,
    balances_differing: 2,
    differing: [{ account: 'Assets:Bank:Main EUR', journal: '5.00', ledger: '15.00' }, {}],
  })
})

test('a file that is not there', async () => {
  expect(await importIt('nothing.beancount', 'none')).toMatchObject({
    code: 2,
    stderr: expect.stringContaining('can’t be read'.replace('’', "'")),
  })
})
