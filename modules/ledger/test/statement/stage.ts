import { kernelModule } from '@florin/kernel'
import { createWorld, type World } from '@florin/kernel/testing'
import { ledgerModule } from '../../src/index.ts'

export const addresses = ['bank:main', 'customers:1', 'revenue:fees'] as const
export const templates = [
  { address: 'bank:{name}', type: 'asset', overdraft: 'allowed', open_on_first_use: true },
  { address: 'customers:{who}', type: 'liability', overdraft: 'allowed', open_on_first_use: true },
  { address: 'revenue:fees', type: 'revenue', overdraft: 'allowed', open_on_first_use: true },
]

export function openWorld(): Promise<World> {
  return createWorld({ modules: [kernelModule, ledgerModule] })
}

/** A transaction, and what the clock does before it. */
export interface Step {
  readonly postings: readonly { readonly ends: readonly number[]; readonly amount: number }[]
  readonly agoMs: number
  readonly reference: string | null
  readonly description: string | null
  readonly laterMs: number
  readonly reverse: boolean
}

/** Opens a ledger and lets things happen in it. */
export async function live(world: World, ledger: string, steps: readonly Step[]): Promise<void> {
  await world.done('ledger.open', { ledger })
  await world.done('ledger.chart.set', { ledger, templates })
  for (const { postings, agoMs, reference, description, laterMs, reverse } of steps) {
    world.clock.advance(laterMs)
    const posted = await world.done('ledger.transaction.post', {
      ledger,
      postings: postings.map(({ ends: [debit = 0, credit = 0], amount }) => ({
        debit: addresses[debit],
        credit: addresses[credit],
        amount: (amount / 100).toFixed(2),
        asset: 'EUR',
      })),
      ...(agoMs === 0 ? {} : { value_time: new Date(world.clock.now() - agoMs).toISOString() }),
      ...(reference === null ? {} : { reference }),
      ...(description === null ? {} : { description }),
    })
    if (reverse && typeof posted === 'object' && posted !== null && 'id' in posted)
      await world.done('ledger.transaction.reverse', { ledger, transaction: posted.id })
  }
}

export interface Page {
  readonly seq: string
  readonly to: string | null
  readonly opening_balance: string
  readonly closing_balance: string
  readonly debits: string
  readonly credits: string
  readonly items: readonly { readonly seq: string; readonly line: number; readonly balance: string }[]
  readonly next: string | null
}

export async function pagesOf(world: World, input: object, limit: number): Promise<Page[]> {
  const pages: Page[] = []
  for (let cursor: string | null | undefined; cursor !== null; ) {
    const asked = { ...input, limit, ...(cursor === undefined ? {} : { cursor }) }
    const page: Page = JSON.parse(JSON.stringify(await world.ask('ledger.account.statement', asked)))
    pages.push(page)
    cursor = page.next
  }
  return pages
}
