import type { Database } from '@florin/kernel'
import { readHead } from '../store/heads.ts'
import type { MarketRecord } from '../store/markets.ts'
import { Follower } from './follower.ts'

/** What reading a market's journal anew came to. */
export interface Replay {
  /** Number of the command it began after: 0, or that of a snapshot. */
  readonly from: number
  /** Number of the last command. */
  readonly seq: number
  /** Of all commands and records. */
  readonly digest: string
  /** Of the engine's whole state. */
  readonly stateDigest: string
  readonly ms: number
}

/** Commands between two reports of how far it is. */
const reportEvery = 100_000

/**
 * Replays a market's journal twice up to where it ends now: from the first command of this version of the rules, and from
 * the newest snapshot. Both
 * compare every digest that was recorded on the way, and must come to the same.
 *
 * @param elapsedMs milliseconds since any fixed moment
 * @throws JournalBroken; RulesDiffer
 */
export async function replayTwice(
  database: Database,
  market: MarketRecord,
  elapsedMs: () => number,
  progress: (done: number, of: number) => void = () => undefined,
): Promise<{ readonly start: Replay; readonly snapshot: Replay; readonly same: boolean }> {
  const { lastSeq } = await readHead(database, market.id)
  const first = await Follower.fromFirstOfRules(database, market)
  const start = await replay(database, first, lastSeq, elapsedMs, progress)
  const follower = await Follower.fromNewestSnapshot(database, market, lastSeq)
  const snapshot = await replay(database, follower, lastSeq, elapsedMs, () => undefined)
  const same =
    start.seq === lastSeq &&
    snapshot.seq === lastSeq &&
    start.digest === snapshot.digest &&
    start.stateDigest === snapshot.stateDigest
  return { start, snapshot, same }
}

async function replay(
  database: Database,
  follower: Follower,
  end: number,
  elapsedMs: () => number,
  progress: (done: number, of: number) => void,
): Promise<Replay> {
  const from = follower.seq
  const started = elapsedMs()
  while (follower.seq < end) {
    progress(follower.seq, end)
    if ((await follower.read(database, Math.min(reportEvery, end - follower.seq))) === 0) break
  }
  const { engine } = follower
  return {
    from,
    seq: engine.sequence,
    digest: engine.digest(),
    stateDigest: engine.stateDigest(),
    ms: elapsedMs() - started,
  }
}
