import { kernelModule } from '@florin/kernel'
import { createWorld, type World } from '@florin/kernel/testing'
import fc from 'fast-check'
import { afterAll, test } from 'vitest'
import { ledgerModule } from '../src/index.ts'
import { History } from './model/history.ts'
import { histories } from './model/steps.ts'

const modules = [kernelModule, ledgerModule]
let world: World | undefined
let other: World['engine'] | undefined
let told = 0

/** A database for a number of histories, each with a ledger of its own; then a new one, since `verify` reads it all. */
async function nextWorld(): Promise<{ world: World; other: World['engine'] }> {
  if (world === undefined || other === undefined || told % 15 === 0) {
    await world?.close()
    world = await createWorld({ modules })
    other = world.secondEngine().engine
    await world.done('ledger.asset.register', { code: 'TOK', exponent: 18 })
  }
  return { world, other }
}

afterAll(() => world?.close())

/** More histories: FLORIN_MODEL_RUNS=2000. A failure prints its seed; FLORIN_MODEL_SEED=<seed> runs it again. */
const runs = Number(process.env.FLORIN_MODEL_RUNS ?? 100)
const { FLORIN_MODEL_SEED: seed } = process.env

test('whatever is asked of it, the ledger does what the naive model does', { timeout: 600_000 }, async () => {
  await fc.assert(
    fc.asyncProperty(histories, async (steps) => {
      const next = await nextWorld()
      await new History(next.world, next.other, `run-${told++}`).tell(steps)
    }),
    {
      numRuns: runs,
      verbose: 0,
      ...(seed === undefined ? {} : { seed: Number(seed) }),
      // Looking for a shorter failing history included.
      interruptAfterTimeLimit: 500_000,
      markInterruptAsFailure: true,
    },
  )
})
