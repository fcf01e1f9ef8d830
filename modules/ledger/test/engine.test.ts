import type { Database } from '@florin/kernel'
import { type DomainEvent, kernelModule, type Unit, uuidv7 } from '@florin/kernel'
import { createWorld, TestClock, type World } from '@florin/kernel/testing'
import { expect } from 'vitest'
import { postgresEngine, type Transactions } from '../src/engine/postgres.ts'
import { ledgerModule } from '../src/index.ts'
import { decimals } from '../src/testing/contract.ts'
import { describePostingEngine, type EngineSite, MemoryEngine } from '../src/testing/index.ts'

const modules = [kernelModule, ledgerModule]

describePostingEngine('on PostgreSQL', async (): Promise<EngineSite> => {
  const world = await createWorld({ modules })
  return {
    engine: postgresEngine(transactionsOf(world, world.database)),
    other: postgresEngine(transactionsOf(world, world.secondEngine().database)),
    clock: world.clock,
    async open(ledger, templates) {
      await world.done('ledger.open', { ledger })
      await world.done('ledger.chart.set', { ledger, templates })
    },
    async check() {
      expect(await world.verify()).toEqual([])
    },
    close: () => world.close(),
  }
})

describePostingEngine('in memory', async (): Promise<EngineSite> => {
  const clock = new TestClock('2026-01-31T12:00:00.000Z')
  const engine = new MemoryEngine(clock, decimals)
  return {
    engine,
    other: engine,
    clock,
    open: async (ledger, templates) => engine.open(ledger, templates),
    check: async () => undefined,
    close: async () => undefined,
  }
})

/** Units as the spine makes them, but for the outbox: what engines must tell the outside is the spine's contract. */
function transactionsOf(world: World, database: Database): Transactions {
  return {
    async change(work) {
      const committed: (() => void)[] = []
      const result = await database.transaction((db) => {
        const context = world.context()
        const told: DomainEvent[] = []
        const newId = (): string => uuidv7(world.clock, context.random)
        const unit: Unit = {
          ...{ db, context, clock: world.clock, random: context.random, callId: newId(), newId },
          emit: (event) => void told.push(event),
          changed: () => undefined,
          afterCommit: (then) => void committed.push(then),
        }
        return work(unit)
      })
      for (const then of committed) then()
      return result
    },
    read: (work) => database.snapshot((db) => work({ db, clock: world.clock, context: world.context() })),
  }
}
