import { kernelModule } from '@florin/kernel'
import { createWorld, type World } from '@florin/kernel/testing'
import { exampleTemplates } from '../src/commands/set-chart.ts'
import { ledgerModule } from '../src/index.ts'

export const modules = [kernelModule, ledgerModule]

/** A world with the ledger `demo`, whose bank holds what customers own. */
export async function openBooks(): Promise<World> {
  const world = await createWorld({ modules })
  await world.done('ledger.open', { ledger: 'demo' })
  await world.done('ledger.chart.set', { ledger: 'demo', templates: exampleTemplates })
  return world
}

/** Posts so many transactions: each customer gets money in turn. */
export async function payIn(world: World, count: number, customers: number): Promise<void> {
  const batch = 5_000
  for (let from = 0; from < count; from += batch) {
    const transactions = Array.from({ length: Math.min(batch, count - from) }, (_, i) => ({
      postings: [
        {
          debit: 'bank:main',
          credit: `customers:${(from + i) % customers}:wallet`,
          amount: `${1 + ((from + i) % 97)}.50`,
          asset: 'EUR',
        },
      ],
    }))
    await world.done('ledger.transaction.batch', { ledger: 'demo', mode: 'atomic', transactions })
  }
}
