import { accountStateBit, decideMargin } from '@florin/orderbook'
import { isoOfMicros } from '../domain/micros.ts'
import { moneyOf, priceOf } from '../domain/units.ts'
import { known } from '../settlement/places.ts'
import { insertCall, type MarginCall, openCalls, updateCall } from '../store/margin-calls.ts'
import { type Case, type Desk, openDesk, viewOf } from './desk.ts'
import type { Liquidations } from './liquidations.ts'
import type { SeenState } from './observer.ts'
import type { Scene } from './scene.ts'

const marginBits = accountStateBit.marginCall | accountStateBit.liquidation

/**
 * Makes a margin call for every account whose margin does not suffice, keeps what it asks for up to date, and ends it when
 * it is met. Accounts that have to be closed are handed to the liquidations.
 *
 * @param mark in ticks; undefined before the first, when there are no calls
 */
export async function superviseCalls(
  scene: Scene,
  liquidations: Liquidations,
  states: readonly SeenState[],
  mark: number | undefined,
): Promise<{ calls: number; orders: number }> {
  const { unit, market } = scene
  const before = await openCalls(unit.db, market.id)
  const calls = new Map(before.map((call) => [call.account, call]))
  const ended: MarginCall[] = []
  for (const seen of states) {
    const call = calls.get(seen.account)
    const isCalled = (seen.state & marginBits) !== 0
    if (isCalled && call === undefined) calls.set(seen.account, calledBy(scene, seen, mark ?? 0))
    if (isCalled || call === undefined) continue
    ended.push(endedBy(scene, call, seen))
    calls.delete(seen.account)
  }
  if (calls.size + ended.length + liquidations.open.size === 0) return { calls: 0, orders: 0 }

  const desk = await openDesk(scene, [...calls.values(), ...ended, ...liquidations.open.values()], mark ?? 0)
  const known = new Map(before.map((call) => [call.id, call]))
  const cases = new Map([...calls].map(([account, call]) => [account, caseOf(desk, call)]))
  const all = [...ended, ...[...cases.values()].map(({ call }) => call)]
  for (const call of all) await keep(scene, desk, known.get(call.id), call)
  const orders = await liquidations.supervise(scene, desk, cases)
  return { calls: all.filter((call) => !known.has(call.id) || call.endedSeq !== null).length, orders }
}

function calledBy({ unit }: Scene, seen: SeenState, mark: number): MarginCall {
  return {
    id: unit.newId(),
    account: seen.account,
    seq: seen.seq,
    calledUs: seen.timeUs,
    deadlineUs: null,
    mark,
    equity: seen.equity,
    amount: 0,
    endedSeq: null,
    endedUs: null,
    outcome: null,
  }
}

function endedBy({ engine }: Scene, call: MarginCall, seen: SeenState): MarginCall {
  const isClosed = (engine.position(call.account)?.position ?? 0) === 0
  return {
    ...call,
    equity: seen.equity,
    amount: 0,
    endedSeq: seen.seq,
    endedUs: seen.timeUs,
    outcome: isClosed ? 'closed' : 'met',
  }
}

/** The call as it is now, and what is to be done about the account. */
function caseOf(desk: Desk, call: MarginCall): Case {
  const { scene, terms, policy, mark } = desk
  const view = viewOf(desk, call.account)
  // Whoever was called before the policy began to act has the whole time from then on.
  const calledSinceUs = Math.max(call.calledUs, policy.sinceUs)
  const asked = decideMargin({ ...view, state: accountStateBit.marginCall }, terms, null, calledSinceUs)
  const [amount, deadline] = asked.kind === 'marginCall' ? [asked.amount, asked.deadline] : [0, null]
  const deadlineUs = policy.enabled ? (call.deadlineUs ?? deadline) : null
  const decision = decideMargin(view, terms, deadlineUs, scene.nowUs)
  if (decision.kind === 'marginCall' && deadlineUs !== null) scene.wakeAt(deadlineUs)
  return { call: { ...call, deadlineUs, mark, equity: view.equity, amount }, view, decision }
}

async function keep(
  scene: Scene,
  desk: Desk,
  before: MarginCall | undefined,
  call: MarginCall,
): Promise<void> {
  const { unit, market } = scene
  const changed =
    before === undefined ||
    before.mark !== call.mark ||
    before.equity !== call.equity ||
    before.amount !== call.amount ||
    before.deadlineUs !== call.deadlineUs ||
    call.endedSeq !== null
  if (before === undefined) await insertCall(unit.db, market.id, call)
  else if (changed) await updateCall(unit.db, call)
  const { code } = known(desk.accounts, call.account)
  const told = { market: market.code, account: code, call: call.id, equity: moneyOf(market, call.equity) }
  const subject = `${code} ${market.code}`
  if (before === undefined)
    unit.emit({
      type: 'exchange.margin.called',
      subject,
      data: {
        ...told,
        seq: call.seq,
        mark: priceOf(market, call.mark),
        amount: moneyOf(market, call.amount),
        asset: market.quote,
        deadline: call.deadlineUs === null ? null : isoOfMicros(call.deadlineUs),
      },
    })
  if (call.outcome !== null)
    unit.emit({ type: `exchange.margin.${call.outcome}`, subject, data: { ...told, seq: call.endedSeq } })
}
