import { payloadHash, requestId } from '@florin/kernel'
import type { TestClock } from '@florin/kernel/testing'
import { expect } from 'vitest'
import type { EngineAccount, EngineOrder, EngineOutcome, PostingEngine } from '../engine/port.ts'
import type { Template } from './model/books.ts'

/** A fresh place where an engine keeps books. */
export interface EngineSite {
  readonly engine: PostingEngine
  /** The same books as another process sees them. */
  readonly other: PostingEngine
  readonly clock: TestClock
  /** Opens a ledger whose chart of accounts has these templates. Assets are ISO 4217. */
  open(ledger: string, templates: readonly Template[]): Promise<void>
  /** Whatever else the engine can check of its books; throws. */
  check(): Promise<void>
  close(): Promise<void>
}

export type MakeSite = () => Promise<EngineSite>

/** What the tests of one engine share. */
export interface Stage {
  site(): EngineSite
  /** Opens a fresh ledger and gives its name. */
  open(): Promise<string>
  /** A fresh ledger in which the customer 1 has 100 euros. */
  funded(): Promise<string>
}

export const chart: readonly Template[] = [
  { address: 'bank:{name}', type: 'asset', overdraft: 'allowed', open_on_first_use: true },
  { address: 'cust:{id}', type: 'liability', overdraft: 'forbidden', open_on_first_use: true },
  { address: 'vip:{id}', type: 'liability', overdraft: { limits: { EUR: '5.00' } }, open_on_first_use: true },
  { address: 'held:{id}', type: 'liability', overdraft: 'forbidden', open_on_first_use: false },
  { address: 'cost:{id}', type: 'expense', assets: ['EUR'], overdraft: 'forbidden', open_on_first_use: true },
]

export const decimals: ReadonlyMap<string, number> = new Map([
  ['JPY', 0],
  ['EUR', 2],
  ['KWD', 3],
])

/** The id of a record, from the key that its order had. */
export function idOf(key: string): string {
  return requestId('tester', 'the engine contract', key)
}

export function order(
  key: string,
  instruction: EngineOrder['instruction'],
  more: Partial<Pick<EngineOrder, 'valueTime' | 'force' | 'reason' | 'reference'>> = {},
): EngineOrder {
  return {
    id: idOf(key),
    caller: 'tester',
    key,
    payloadHash: payloadHash(JSON.parse(JSON.stringify({ instruction, ...more }))),
    instruction,
    ...more,
  }
}

/** A transaction of postings written as `debit < credit amount asset`. */
export function transaction(
  key: string,
  postings: string | readonly string[],
  more: Parameters<typeof order>[2] & { readonly conditions?: readonly object[] } = {},
): EngineOrder {
  const { conditions = [], ...rest } = more
  return order(
    key,
    {
      kind: 'transaction',
      postings: [postings].flat().map(postingOf),
      conditions: conditions as never,
    },
    rest,
  )
}

export function postingOf(text: string) {
  const [, debit = '', credit = '', amount = '', asset = ''] = /^(\S+) < (\S+) (\S+) (\S+)$/.exec(text) ?? []
  return { debit, credit, amount, asset }
}

/** Outcomes in a word each. */
export function told(outcomes: readonly EngineOutcome[]): string[] {
  return outcomes.map((outcome) => {
    if (outcome.status === 'key_reused') return 'key_reused'
    const what = outcome.status === 'booked' ? 'booked' : outcome.code
    return outcome.replayed ? `${what} again` : what
  })
}

/** Posts and gives the outcomes in a word each. */
export async function post(
  engine: PostingEngine,
  ledger: string,
  ...orders: EngineOrder[]
): Promise<string[]> {
  return told(await engine.post(ledger, orders))
}

/** Net of an account on its credit side, in minor units; of what is there now or was after a record. */
export async function credit(
  engine: PostingEngine,
  ledger: string,
  address: string,
  seq?: bigint,
): Promise<bigint> {
  const accounts = await engine.balances(
    ledger,
    seq === undefined ? { prefix: address } : { prefix: address, seq },
  )
  return accounts.reduce((sum, account) => sum + account.postedCredits - account.postedDebits, 0n)
}

/** Debits equal credits in every asset, posted and pending. */
export function expectConserved(accounts: readonly EngineAccount[]): void {
  for (const [asset, own] of Map.groupBy(accounts, (account) => account.asset)) {
    const sum = (of: (account: EngineAccount) => bigint) =>
      own.reduce((total, account) => total + of(account), 0n)
    expect(
      sum((a) => a.postedDebits - a.postedCredits),
      `posted ${asset}`,
    ).toBe(0n)
    expect(
      sum((a) => a.pendingDebits - a.pendingCredits),
      `pending ${asset}`,
    ).toBe(0n)
  }
}

/** No gaps, no falling booking times, every id once, and every posting of an accepted record. */
export async function expectOrderly(engine: PostingEngine, ledger: string): Promise<number> {
  const ids = new Set<string>()
  let last = { seq: 0n, bookedAt: Number.NEGATIVE_INFINITY }
  while (true) {
    const page = await engine.journal(ledger, last.seq, 7)
    for (const record of page) {
      expect(record.seq).toBe(last.seq + 1n)
      expect(record.bookedAt).toBeGreaterThanOrEqual(last.bookedAt)
      if (record.refusal !== undefined) expect(record.postings).toEqual([])
      for (const { amount } of record.postings) expect(amount > 0n).toBe(true)
      ids.add(record.id)
      last = record
    }
    if (page.length < 7) break
  }
  expect(ids.size).toBe(Number(last.seq))
  return ids.size
}
