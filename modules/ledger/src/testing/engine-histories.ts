import fc from 'fast-check'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { EngineOrder, PostingEngine } from '../engine/port.ts'
import {
  chart,
  decimals,
  type EngineSite,
  expectConserved,
  expectOrderly,
  idOf,
  type MakeSite,
  order,
  told,
} from './contract.ts'
import { MemoryEngine } from './memory-engine.ts'

type Step =
  | { readonly do: 'post'; readonly orders: readonly Sketch[] }
  | { readonly do: 'again'; readonly pick: number }
  | { readonly do: 'clock'; readonly ms: number }

/** An order before it is known what there is to refer to. */
interface Sketch {
  readonly what: 'transaction' | 'hold' | 'settlement' | 'release' | 'expiry' | 'reversal' | 'correction'
  readonly postings: readonly {
    readonly debit: string
    readonly credit: string
    readonly minor: bigint
    readonly asset: string
  }[]
  readonly pick: number
  readonly whole: boolean
  readonly final: boolean
  readonly force: boolean
  readonly backMs: number | undefined
  readonly expiresInMs: number | undefined
}

const address = fc.constantFrom(
  'bank:a',
  'bank:a',
  'bank:b',
  'cust:1',
  'cust:1',
  'cust:2',
  'vip:1',
  'cost:x',
  'held:1',
  'nowhere',
)
const posting = fc.record({
  debit: address,
  credit: address,
  minor: fc.oneof(
    { weight: 20, arbitrary: fc.bigInt({ min: 1n, max: 3_000n }) },
    { weight: 1, arbitrary: fc.constantFrom(0n, 2n ** 255n) },
  ),
  asset: fc.constantFrom('EUR', 'EUR', 'EUR', 'JPY', 'KWD', 'NOPE'),
})
const deposit = fc.record({
  debit: fc.constantFrom('bank:a', 'bank:b'),
  credit: fc.constantFrom('cust:1', 'cust:2', 'vip:1'),
  minor: fc.bigInt({ min: 1n, max: 5_000n }),
  asset: fc.constantFrom('EUR', 'JPY'),
})
const sketch: fc.Arbitrary<Sketch> = fc.record({
  what: fc.constantFrom(
    'transaction' as const,
    'transaction' as const,
    'transaction' as const,
    'hold' as const,
    'hold' as const,
    'settlement' as const,
    'release' as const,
    'expiry' as const,
    'reversal' as const,
    'correction' as const,
  ),
  postings: fc.array(fc.oneof(deposit, posting), { minLength: 1, maxLength: 3 }),
  pick: fc.nat({ max: 30 }),
  whole: fc.boolean(),
  final: fc.boolean(),
  force: fc.integer({ min: 0, max: 12 }).map((n) => n === 0),
  backMs: fc.option(fc.integer({ min: 0, max: 10_000_000 }), { nil: undefined, freq: 4 }),
  expiresInMs: fc.option(fc.constantFrom(1, 1_000, 60_000), { nil: undefined, freq: 2 }),
})
const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 8,
    arbitrary: fc.record({
      do: fc.constant('post' as const),
      orders: fc.array(sketch, { minLength: 1, maxLength: 6 }),
    }),
  },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('again' as const), pick: fc.nat({ max: 50 }) }) },
  {
    weight: 2,
    arbitrary: fc.record({ do: fc.constant('clock' as const), ms: fc.constantFrom(1, 1_000, 60_000, -500) }),
  },
)

/** Generated histories, told to the engine and to the reference side by side: the same answers, the same balances. */
export function testHistories(makeSite: MakeSite): void {
  let site: EngineSite
  let told = 0
  beforeAll(async () => {
    site = await makeSite()
  })
  afterAll(async () => {
    await site.check()
    await site.close()
  })

  test('whatever is asked of it, it does what the reference does', { timeout: 120_000 }, async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 1, maxLength: 15, size: 'max' }), async (steps) => {
        const history = new History(site, `history-${told++}`)
        await history.tell(steps)
      }),
      { numRuns: 40, interruptAfterTimeLimit: 60_000, markInterruptAsFailure: false },
    )
  })
}

class History {
  readonly #site: EngineSite
  readonly #reference: MemoryEngine
  readonly #ledger: string
  readonly #sent: EngineOrder[] = []

  constructor(site: EngineSite, ledger: string) {
    this.#site = site
    this.#ledger = ledger
    this.#reference = new MemoryEngine(site.clock, decimals)
  }

  async tell(steps: readonly Step[]): Promise<void> {
    await this.#site.open(this.#ledger, chart)
    this.#reference.open(this.#ledger, chart)
    for (const [i, each] of steps.entries()) {
      await this.#take(each, i)
      expect(await this.#balances(this.#site.engine), `balances after step ${i}`).toEqual(
        await this.#balances(this.#reference),
      )
    }
    await this.#lookBack()
  }

  async #take(each: Step, i: number): Promise<void> {
    if (each.do === 'clock') {
      this.#site.clock.advance(each.ms)
      return
    }
    const again = each.do === 'again' ? this.#sent[each.pick % (this.#sent.length + 1)] : undefined
    const orders =
      each.do === 'post'
        ? each.orders.map((raw, n) => this.#orderOf(raw, `${this.#ledger}-${i}-${n}`))
        : again === undefined
          ? []
          : [again]
    const engine = i % 2 === 0 ? this.#site.engine : this.#site.other
    const outcomes = told(await engine.post(this.#ledger, orders))
    expect(outcomes, `step ${i}`).toEqual(told(await this.#reference.post(this.#ledger, orders)))
    this.#sent.push(...orders)
  }

  /** Every balance that ever was can still be read, and is the one that was. */
  async #lookBack(): Promise<void> {
    const { engine } = this.#site
    const length = await expectOrderly(engine, this.#ledger)
    expect(length).toBe(await expectOrderly(this.#reference, this.#ledger))
    for (const seq of [0, Math.floor(length / 3), Math.floor(length / 2), length].map(BigInt)) {
      const then = await this.#balances(engine, seq)
      expect(then, `balances after record ${seq}`).toEqual(await this.#balances(this.#reference, seq))
      expectConserved(then)
    }
  }

  async #balances(engine: PostingEngine, seq?: bigint) {
    const accounts = await engine.balances(this.#ledger, seq === undefined ? {} : { seq })
    return accounts.map(
      ({ address, asset, type, postedDebits, postedCredits, pendingDebits, pendingCredits }) => ({
        ...{ address, asset, type, postedDebits, postedCredits, pendingDebits, pendingCredits },
      }),
    )
  }

  #orderOf(raw: Sketch, key: string): EngineOrder {
    const now = this.#site.clock.now()
    const postings = raw.postings.map(({ minor, ...rest }) => ({
      ...rest,
      amount: decimalText(minor, rest.asset),
    }))
    const [first = { debit: '', credit: '', amount: '1', asset: 'EUR' }] = postings
    const amount = raw.whole ? undefined : decimalText(BigInt(raw.pick) + 1n, 'EUR')
    const more = {
      ...(raw.force ? { force: true, reason: 'the history says so' } : {}),
      ...(raw.backMs === undefined ? {} : { valueTime: now - raw.backMs - 1_000 }),
    }
    switch (raw.what) {
      case 'transaction':
        return order(key, { kind: 'transaction', postings, conditions: [] }, more)
      case 'hold': {
        const expiresAt = raw.expiresInMs === undefined ? undefined : now + raw.expiresInMs
        return order(key, { kind: 'hold', ...first, expiresAt })
      }
      case 'settlement':
        return order(
          key,
          {
            kind: 'settlement',
            hold: this.#pick(raw.pick, 'hold'),
            amount,
            debit: undefined,
            credit: undefined,
            final: raw.final,
          },
          more,
        )
      case 'release':
        return order(key, { kind: 'release', hold: this.#pick(raw.pick, 'hold'), amount })
      case 'expiry':
        return order(key, { kind: 'expiry', hold: this.#pick(raw.pick, 'hold') })
      case 'reversal':
        return order(key, { kind: 'reversal', transaction: this.#pick(raw.pick, 'transaction') }, more)
      case 'correction':
        return order(
          key,
          { kind: 'correction', transaction: this.#pick(raw.pick, 'transaction'), postings },
          more,
        )
    }
  }

  /** Mostly something of that kind, whatever became of it. */
  #pick(pick: number, kind: string): string {
    const among = this.#sent.filter((each) => each.instruction.kind === kind)
    return among[pick % (among.length + 1)]?.id ?? idOf(`${this.#ledger}-nothing`)
  }
}

function decimalText(minor: bigint, asset: string): string {
  const places = decimals.get(asset) ?? 2
  const digits = String(minor).padStart(places + 1, '0')
  return places === 0 ? digits : `${digits.slice(0, -places)}.${digits.slice(-places)}`
}
