import { phase as phases } from '@florin/orderbook'
import { enginePhases, type PhaseName } from './phase-names.ts'

export type HaltState = 'due' | 'asked' | 'halted' | 'resuming' | 'auction' | 'reopening' | 'ended'

/** How it ended; `overtaken`: somebody set another phase; `missed`: it was over before anybody looked. */
export type HaltOutcome = 'reopened' | 'closed' | 'overtaken' | 'superseded' | 'missed'

/** An interruption of trading. Times are microseconds since 1970. */
export interface Halt {
  readonly number: number
  readonly kind: 'circuit_breaker' | 'dynamic_band'
  /** Of the command that led to it. */
  readonly seq: number
  readonly atUs: number
  readonly policy: number
  readonly step: number | null
  readonly price: number | null
  readonly reference: number | null
  /** `null`: for the rest of the day. */
  readonly untilUs: number | null
  readonly state: HaltState
  readonly haltedSeq: number | null
  /** When the auction ends. */
  readonly reopensUs: number | null
  /** The phase that the schedule wanted meanwhile. */
  readonly withheld: PhaseName | null
  readonly endedSeq: number | null
  readonly endedUs: number | null
  readonly outcome: HaltOutcome | null
}

/** A change of phase that the market's journal tells. */
export interface SeenPhase {
  readonly seq: number
  readonly timeUs: number
  /** The engine's number. */
  readonly phase: number
  /** The engine did it by itself: a trade would have left the dynamic band. */
  readonly dynamicBand: boolean
}

export function ended(halt: Halt, outcome: HaltOutcome, seq: number, timeUs: number): Halt {
  return { ...halt, state: 'ended', outcome, endedSeq: seq, endedUs: timeUs }
}

/** What a later change of phase makes of a halt that has not ended. */
export function afterPhase(halt: Halt, seen: SeenPhase, auctionUs: number): Halt {
  const end = (outcome: HaltOutcome): Halt => ended(halt, outcome, seen.seq, seen.timeUs)
  const { phase } = seen
  switch (halt.state) {
    case 'due':
      return isTrading(phase) ? halt : end(phase === phases.closed ? 'closed' : 'overtaken')
    case 'asked':
      // What comes before the halt that was asked for was on its way with it.
      return phase === phases.halted ? { ...halt, state: 'halted', haltedSeq: seen.seq } : halt
    case 'halted':
    case 'resuming':
      if (phase === phases.halted) return halt
      if (phase !== phases.volatilityAuction) return end(phase === phases.closed ? 'closed' : 'overtaken')
      return { ...halt, state: 'auction', reopensUs: seen.timeUs + auctionUs }
    case 'auction':
      if (phase === phases.volatilityAuction) return halt
      return end(phase === phases.closed ? 'closed' : 'overtaken')
    case 'reopening':
      return end(phase === phases[enginePhases[reopensTo(halt)]] ? 'reopened' : 'overtaken')
    case 'ended':
      return halt
  }
}

/** What to do about a halt now. */
export type HaltMove =
  | { readonly kind: 'none' }
  /** Look again then. */
  | { readonly kind: 'wait'; readonly atUs: number }
  | { readonly kind: 'ask'; readonly phase: PhaseName; readonly state: HaltState }
  | { readonly kind: 'end'; readonly outcome: HaltOutcome }

/** @param phase the engine's, with no other change of phase on its way */
export function nextMove(halt: Halt, phase: number, auctionUs: number, nowUs: number): HaltMove {
  switch (halt.state) {
    case 'due':
      if (!isTrading(phase)) return { kind: 'end', outcome: 'overtaken' }
      if (halt.untilUs !== null && halt.untilUs <= nowUs) return { kind: 'end', outcome: 'missed' }
      return { kind: 'ask', phase: 'halted', state: 'asked' }
    case 'halted':
      if (halt.untilUs === null) return { kind: 'none' }
      if (halt.untilUs > nowUs) return { kind: 'wait', atUs: halt.untilUs }
      return isDirect(halt, auctionUs)
        ? { kind: 'ask', phase: reopensTo(halt), state: 'reopening' }
        : { kind: 'ask', phase: 'volatility_auction', state: 'resuming' }
    case 'auction':
      if (halt.reopensUs !== null && halt.reopensUs > nowUs) return { kind: 'wait', atUs: halt.reopensUs }
      return { kind: 'ask', phase: reopensTo(halt), state: 'reopening' }
    default:
      return { kind: 'none' }
  }
}

/** Whether the schedule has to wait for it: only the close is not kept from anybody. */
export function withholds(halt: Pick<Halt, 'kind' | 'state'>): boolean {
  return halt.kind === 'circuit_breaker' && ['due', 'asked', 'halted', 'resuming'].includes(halt.state)
}

/** Where trading goes on: where the schedule wanted to be meanwhile, if that is not plain trading. */
function reopensTo({ withheld }: Halt): PhaseName {
  return withheld ?? 'continuous'
}

/** Without an auction: none is wanted, or the phase of the schedule is one, or takes no orders. */
function isDirect(halt: Halt, auctionUs: number): boolean {
  return auctionUs === 0 || reopensTo(halt) !== 'continuous'
}

function isTrading(phase: number): boolean {
  return phase === phases.continuous || phase === phases.volatilityAuction
}
