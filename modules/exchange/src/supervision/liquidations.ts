import {
  accountStateBit,
  type MarginDecision,
  type MarginView,
  permission,
  phase,
  side,
} from '@florin/orderbook'
import { send, type Untimed } from '../commands/requests.ts'
import { engineLimit, fitted, type Lift, liftsOf } from '../domain/liquidation.ts'
import { permissionsOf } from '../domain/settings.ts'
import { moneyOf, priceOf, quantityOf } from '../domain/units.ts'
import { known } from '../settlement/places.ts'
import {
  answerOrders,
  carriedOutUpTo,
  insertLiquidation,
  insertSentOrders,
  type Liquidation,
  openLiquidations,
  updateLiquidation,
  type WaitingOrder,
  waitingOrders,
} from '../store/liquidations.ts'
import type { MarginCall } from '../store/margin-calls.ts'
import type { Case, Desk } from './desk.ts'
import type { SeenOrder } from './observer.ts'
import type { Scene } from './scene.ts'

type Closing = Extract<MarginDecision, { kind: 'liquidate' }>

/**
 * Closes positions in rounds: the account's orders are cancelled, then orders of the market's own sell or buy back what is
 * to be closed, within the policy's distance from the mark; what does not trade at once is gone. The next round waits
 * until the journal has told what became of all orders of the one before.
 */
export class Liquidations {
  /** Those that have not ended, by account. */
  readonly open: Map<number, Liquidation>
  #waiting: readonly WaitingOrder[]

  private constructor(open: readonly Liquidation[], waiting: readonly WaitingOrder[]) {
    this.open = new Map(open.map((one) => [one.account, one]))
    this.#waiting = waiting
  }

  static async open(db: Scene['unit']['db'], marketId: bigint): Promise<Liquidations> {
    return new Liquidations(await openLiquidations(db, marketId), await waitingOrders(db, marketId))
  }

  /** Accounts with orders of which nothing was read yet. */
  get waiting(): ReadonlySet<number> {
    return new Set(this.#waiting.map(({ account }) => account))
  }

  /** Writes down what became of the orders that were read. */
  async noteAnswers(scene: Scene, seen: ReadonlyMap<number, SeenOrder>): Promise<void> {
    if (this.#waiting.length === 0) return
    const { unit, market, seq } = scene
    const ids = this.#waiting.map(({ inboxId }) => inboxId)
    const answered = (await carriedOutUpTo(unit.db, market.id, ids, seq)).map((order) => {
      const answer = seen.get(order.seq)
      if (answer === undefined) throw new Error(`Command ${order.seq} of a liquidation was read before`)
      return { ...order, ...answer }
    })
    await answerOrders(unit.db, answered)
    const done = new Set(answered.map(({ inboxId }) => inboxId))
    this.#waiting = this.#waiting.filter(({ inboxId }) => !done.has(inboxId))
  }

  /** Sends what is due, and ends what is over. Gives how many orders were sent. */
  async supervise(scene: Scene, desk: Desk, cases: ReadonlyMap<number, Case>): Promise<number> {
    if (!scene.isFresh) return 0
    const { waiting } = this
    let orders = 0
    for (const one of cases.values()) {
      const { account } = one.call
      if (one.decision.kind !== 'liquidate' || !desk.policy.enabled || waiting.has(account)) continue
      orders += await this.#close(desk, one, one.decision)
    }
    for (const [account, begun] of this.open) {
      const isOver = cases.get(account)?.decision.kind !== 'liquidate' || !desk.policy.enabled
      if (isOver && !waiting.has(account)) await this.#end(desk, begun)
    }
    return orders
  }

  async #close(desk: Desk, { call, view }: Case, decision: Closing): Promise<number> {
    const { scene } = desk
    const before = this.open.get(call.account)
    if (before === undefined && decision.orders.length === 0) return 0
    const begun = before ?? (await this.#begin(desk, call, view))
    if (begun.nextUs > scene.nowUs) {
      scene.wakeAt(begun.nextUs)
      return 0
    }
    const steps = { price: desk.priceStep, quantity: desk.terms.quantityStep }
    // Elsewhere such orders are not taken; the change of phase wakes us.
    const trades = scene.engine.phase === phase.continuous
    const orders = trades ? fitted(decision.orders, steps, scene.market.config, side.buy) : []
    if (orders.length === 0) {
      // What the account still wants to trade goes at once, whatever the phase.
      if (before === undefined) await this.#send(desk, begun, [], [])
      return 0
    }
    await this.#sendRound(desk, begun, orders)
    return orders.length
  }

  async #begin(desk: Desk, call: MarginCall, view: MarginView): Promise<Liquidation> {
    const { scene, policy } = desk
    const { unit, market } = scene
    const isForced = (view.state & accountStateBit.liquidation) !== 0
    const begun: Liquidation = {
      id: unit.newId(),
      account: call.account,
      callId: call.id,
      policy: policy.version,
      cause: isForced ? 'liquidation_margin' : 'deadline',
      begunSeq: scene.seq,
      begunUs: scene.nowUs,
      restricted: (view.state & accountStateBit.reduceOnly) === 0,
      rounds: 0,
      nextUs: scene.nowUs,
      endedSeq: null,
      endedUs: null,
      outcome: null,
    }
    await insertLiquidation(unit.db, market.id, begun)
    this.open.set(call.account, begun)
    tell(desk, begun, 'begun', {
      cause: begun.cause,
      position: quantityOf(market, view.position),
      equity: moneyOf(market, view.equity),
      mark: priceOf(market, desk.mark),
      seq: scene.seq,
    })
    return begun
  }

  async #sendRound(desk: Desk, begun: Liquidation, orders: Closing['orders']): Promise<void> {
    const { scene, policy } = desk
    const round = begun.rounds + 1
    const sides = orders.map((order) => (order.side === side.buy ? 'buy' : 'sell'))
    const closing = orders.map(
      ({ price, quantity }, i): Untimed => ({
        command: 'enter',
        account: begun.account,
        side: sides[i] ?? 'sell',
        type: 'market',
        timeInForce: 'immediate',
        price,
        quantity,
      }),
    )
    const ids = await this.#send(desk, begun, closing, liftsFor(desk, begun.account))
    await insertSentOrders(
      scene.unit.db,
      scene.market.id,
      orders.map(({ price, quantity }, i) => ({
        inboxId: idAt(ids, i),
        liquidation: begun.id,
        account: begun.account,
        round,
        side: sides[i] ?? 'sell',
        quantity,
        price,
        mark: desk.mark,
      })),
    )
    const nextUs = scene.nowUs + policy.interval_ms * 1_000
    await this.#update(scene, { ...begun, rounds: round, nextUs })
  }

  /**
   * Sends one group of commands, which stand next to each other in the market's order, and gives the numbers of the orders
   * among them. From the first on the account may only reduce: neither it nor we can go beyond what there is.
   */
  async #send(
    { scene, policy, mark }: Desk,
    begun: Liquidation,
    orders: readonly Untimed[],
    lifts: readonly Lift[],
  ): Promise<bigint[]> {
    const { account } = begun
    const before: readonly Untimed[] = [
      { command: 'massCancel', account },
      setting(account, 'reduceOnly', 1),
      ...lifts.map((lift) => setting(account, lift.setting, lift.during)),
    ]
    const after = lifts.toReversed().map((lift) => setting(account, lift.setting, lift.after))
    const commands = [...before, ...orders, ...after]
    const ids = await send(scene.unit, scene.market, commands, originOf(scene, policy.setBy, mark, begun))
    return ids.slice(before.length, before.length + orders.length)
  }

  async #end(desk: Desk, begun: Liquidation): Promise<void> {
    const { scene } = desk
    const position = scene.engine.position(begun.account)?.position ?? 0
    const outcome = position === 0 ? 'closed' : desk.policy.enabled ? 'restored' : 'stopped'
    if (begun.restricted) {
      const asSet = engineLimit(scene.market, desk.limits.get(begun.account) ?? {}, 'reduce_only')
      const origin = { liquidation: begun.id, reason: `Liquidation ${outcome}` }
      await send(scene.unit, scene.market, [setting(begun.account, 'reduceOnly', asSet)], origin)
    }
    await this.#update(scene, { ...begun, endedSeq: scene.seq, endedUs: scene.nowUs, outcome })
    this.open.delete(begun.account)
    tell(desk, begun, 'ended', {
      outcome,
      rounds: begun.rounds,
      position: quantityOf(scene.market, position),
      seq: scene.seq,
    })
  }

  async #update({ unit }: Scene, changed: Liquidation): Promise<void> {
    await updateLiquidation(unit.db, changed)
    this.open.set(changed.account, changed)
  }
}

function liftsFor({ scene, accounts, limits }: Desk, account: number): Lift[] {
  const { kind } = known(accounts, account)
  const inForce = limits.get(account) ?? {}
  const isHalted = ((scene.engine.position(account)?.state ?? 0) & accountStateBit.halted) !== 0
  const now = permissionsOf(kind, inForce)
  return liftsOf(scene.market, inForce, { now, needed: permission.buy | permission.sell }, isHalted)
}

function setting(account: number, name: Lift['setting'] | 'reduceOnly', value: number): Untimed {
  return { command: 'account', account, setting: name, value }
}

/** Who has decided that, and why: shown with the orders. */
function originOf({ market }: Scene, policyBy: string | undefined, mark: number, { id, cause }: Liquidation) {
  const why = cause === 'deadline' ? 'margin call not met in time' : 'equity below the liquidation margin'
  return {
    liquidation: id,
    policy_by: policyBy ?? null,
    reason: `Liquidation: ${why}, at a mark of ${priceOf(market, mark)}`,
  }
}

function tell(
  { scene, accounts }: Desk,
  { id, account }: Liquidation,
  what: 'begun' | 'ended',
  data: Readonly<Record<string, unknown>>,
): void {
  const { unit, market } = scene
  const { code } = known(accounts, account)
  unit.emit({
    type: `exchange.liquidation.${what}`,
    subject: `${code} ${market.code}`,
    data: { market: market.code, account: code, liquidation: id, ...data },
  })
}

function idAt(ids: readonly bigint[], index: number): bigint {
  const id = ids[index]
  if (id === undefined) throw new Error('A command was not queued')
  return id
}
