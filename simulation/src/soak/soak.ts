import fc from 'fast-check'
import { History } from '../../../modules/ledger/test/model/history.ts'
import { histories } from '../../../modules/ledger/test/model/steps.ts'
import { Load } from '../load.ts'
import type { PatientWorld } from '../patient.ts'
import { Site } from '../site.ts'
import { Agitator, faultLines, type Injected } from './agitator.ts'
import { Crew } from './crew.ts'
import { drawer } from './draw.ts'
import { faultsAt } from './faults.ts'
import type { LedgerSoakOptions } from './options.ts'

/** A database gets slow to compare as a whole: then the next histories have one of their own. */
const historiesADatabase = 20

/** Waits shorter than in service, so that a soak sees many recoveries. */
const quick = { statementTimeoutMs: 3_000, idleInTransactionTimeoutMs: 2_000 }

/** Runs until the time is up, prints what came of it, and gives everything that is wrong. */
export async function soak(options: LedgerSoakOptions, print: (line: string) => void): Promise<string[]> {
  const { minutes, seed, processes } = options
  print(`seed ${seed}, ${minutes} min, ${processes} processes, faults: ${options.faults.join(', ')}`)
  const draw = drawer(seed)
  const site = await Site.open({
    database: { ...quick, lockTimeoutMs: 1_000, acquireTimeoutMs: 2_000 },
    server: { max_connections: 80, superuser_reserved_connections: 0 },
  })
  try {
    const loadWorld = await site.world()
    const load = new Load(loadWorld)
    await load.open()
    const teller = new Teller(site, seed)
    const crew = new Crew(processes, { ...quick, url: site.proxy.through(loadWorld.url) }, load, draw)
    const agitator = new Agitator(
      faultsAt({ site, crew, world: () => loadWorld }, options.faults),
      () => crew.allAnswer(),
      draw,
    )
    const wrong: string[] = []
    const noted = (error: unknown): void => void wrong.push(String(error))
    const posting = crew.run().catch(noted)
    const agitating = agitator.run().catch(noted)
    await teller.tellUntil(performance.now() + minutes * 60_000).catch(noted)
    agitator.stop()
    await agitating
    crew.stop()
    await posting
    await crew.close()
    wrong.push(...(await load.judge()))
    report({ teller, crew, load, injected: agitator.injected, wrong }, print)
    await teller.close()
    await loadWorld.close()
    return wrong
  } finally {
    await site.close()
  }
}

/** Tells generated histories to the ledger and to the naive model, which compares them after every step. */
class Teller {
  readonly #site: Site
  readonly #seed: number
  #world: PatientWorld | undefined
  #other: PatientWorld['engine'] | undefined
  readonly told = new Map<string, number>()
  histories = 0
  steps = 0
  calls = 0

  constructor(site: Site, seed: number) {
    this.#site = site
    this.#seed = seed
  }

  async tellUntil(end: number): Promise<void> {
    while (performance.now() < end) {
      const seed = this.#seed + this.histories
      const [steps = []] = fc.sample(histories, { seed, numRuns: 1 })
      const { world, other } = await this.#nextWorld()
      try {
        await new History(world, other, `history-${this.histories}`).tell(steps)
      } catch (error) {
        throw new Error(`The history of seed ${seed} came out otherwise than the model: ${String(error)}`, {
          cause: error,
        })
      }
      this.histories++
      this.steps += steps.length
    }
  }

  async close(): Promise<void> {
    if (this.#world === undefined) return
    for (const [code, times] of this.#world.told) this.told.set(code, (this.told.get(code) ?? 0) + times)
    this.calls += this.#world.calls
    await this.#world.close()
    this.#world = undefined
  }

  async #nextWorld(): Promise<{ world: PatientWorld; other: PatientWorld['engine'] }> {
    if (this.histories % historiesADatabase === 0) await this.close()
    if (this.#world === undefined || this.#other === undefined) {
      this.#world = await this.#site.world()
      this.#other = this.#world.secondEngine().engine
      await this.#world.done('ledger.asset.register', { code: 'TOK', exponent: 18 }, { key: 'TOK' })
    }
    return { world: this.#world, other: this.#other }
  }
}

interface Findings {
  readonly teller: Teller
  readonly crew: Crew
  readonly load: Load
  readonly injected: readonly Injected[]
  readonly wrong: readonly string[]
}

function report({ teller, crew, load, injected, wrong }: Findings, print: (line: string) => void): void {
  print(`histories   ${teller.histories} with ${teller.steps} steps, each compared with the model`)
  print(`load        ${load.acknowledged.size} postings acknowledged`)
  print(`told        ${[...crew.told].map(([code, times]) => `${code} ${times}`).join(', ') || 'nothing'}`)
  for (const line of faultLines(injected)) print(line)
  print(wrong.length === 0 ? 'Everything holds.' : `WRONG:\n${wrong.slice(0, 20).join('\n')}`)
}
