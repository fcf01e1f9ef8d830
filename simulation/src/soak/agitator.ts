import { setTimeout as sleep } from 'node:timers/promises'
import type { Draw } from './draw.ts'

export interface Fault {
  /** Begins it; what it gives ends it. */
  begin(): Promise<() => Promise<void> | void>
  /** Whether all is served again while it lasts: it ends only then, and the time counts from its beginning. */
  readonly isOutlived: boolean
}

export interface Injected {
  readonly fault: string
  /** Until all is served again: from when all was well, or from the beginning of a fault that is outlived; ms. */
  readonly recovery_ms: number
}

/** Fault after fault, in an order made of the seed, until told to stop. */
export class Agitator {
  readonly injected: Injected[] = []
  readonly #faults: readonly (readonly [string, Fault])[]
  readonly #served: () => Promise<void>
  readonly #draw: Draw
  #stopping = false

  /** @param served resolves once everybody was served since it was called */
  constructor(faults: Readonly<Record<string, Fault>>, served: () => Promise<void>, draw: Draw) {
    this.#faults = Object.entries(faults)
    this.#served = served
    this.#draw = draw
  }

  stop(): void {
    this.#stopping = true
  }

  async run(): Promise<void> {
    while (!this.#stopping) {
      await sleep(500 + this.#draw(2_500))
      const [name, fault] = this.#faults[this.#draw(this.#faults.length)] ?? []
      if (name === undefined || fault === undefined || this.#stopping) return
      const recovery_ms = await this.#inject(fault).catch((error: unknown) => {
        throw new Error(`After the fault "${name}": ${String(error)}`, { cause: error })
      })
      this.injected.push({ fault: name, recovery_ms })
    }
  }

  async #inject(fault: Fault): Promise<number> {
    const begun = performance.now()
    const end = await fault.begin()
    if (fault.isOutlived) {
      await this.#served()
      const outlived_ms = performance.now() - begun
      await end()
      return outlived_ms
    }
    await sleep(100 + this.#draw(3_000))
    await end()
    const over = performance.now()
    await this.#served()
    return performance.now() - over
  }
}

/** How often each fault was there, and how long until all was served again. */
export function faultLines(injected: readonly Injected[]): string[] {
  return [...Map.groupBy(injected, ({ fault }) => fault)].map(([fault, all]) => {
    const times = all.map((one) => one.recovery_ms).sort((a, b) => a - b)
    const middle = times[Math.floor(times.length / 2)] ?? 0
    const longest = times.at(-1) ?? 0
    return `${fault.padEnd(15)} ${String(times.length).padStart(4)} times; all served again after ${Math.round(middle)} ms (median), ${Math.round(longest)} ms (longest)`
  })
}
