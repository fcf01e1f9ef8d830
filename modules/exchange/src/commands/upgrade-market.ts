import { defineCommand, Refusal, type Unit } from '@florin/kernel'
import { rulesVersion } from '@florin/orderbook'
import { Type } from 'typebox'
import { digestOf } from '../engine.ts'
import { engineOf } from '../follower/follower.ts'
import { historyCursor } from '../history/amend.ts'
import { recordsCursor } from '../records/write.ts'
import { MarketCode, strict } from '../schemas.ts'
import { settlementCursor } from '../settlement/settle.ts'
import { readersBehind } from '../store/cursors.ts'
import { type Head, lockHead } from '../store/heads.ts'
import { findMarket, type MarketRecord } from '../store/markets.ts'
import { changeRules } from '../store/rules-changes.ts'
import { readSnapshot } from '../store/snapshots.ts'
import { supervisionCursor } from '../supervision/supervise.ts'
import { Sequence } from '../wire/schemas.ts'
import { demandReason } from './requests.ts'

const Rules = Type.Integer({ minimum: 1, description: 'Version of the rules of the book' })

/** Whose findings about the last commands of a version of the rules no later version could make. */
const readers = [settlementCursor, historyCursor, recordsCursor, supervisionCursor]

export const upgradeMarket = defineCommand({
  name: 'exchange.market.upgrade',
  summary: 'Let a market go on by this server’s version of the matching rules',
  description:
    'The market must rest: stopped in order by the version before, whose closing snapshot the new one begins with, and read to its end by settlement, history, records and supervision. The journal up to there stays as the archive of its version. Does nothing where the market has that version already.',
  http: { method: 'POST', path: '/v1/exchange/markets/{market}/upgrade' },
  input: strict({
    market: MarketCode,
    rules: { ...Rules, description: 'The version to go on with; it must be this server’s' },
  }),
  output: strict(
    {
      market: MarketCode,
      before: Rules,
      rules: Rules,
      after: {
        ...Sequence,
        description: 'The last command that was carried out by another version; 0: none',
      },
    },
    { title: 'UpgradedMarket' },
  ),
  permission: 'exchange.market.upgrade',
  refusals: ['market_not_found', 'reason_required', 'rules_not_here', 'market_not_at_rest'],
  example: {
    after: ['exchange.market.open'],
    input: { market: 'USDC-EUR', rules: rulesVersion },
    reason: 'Florin was upgraded',
    refused: { rules_not_here: { market: 'USDC-EUR', rules: 1_000_000 } },
  },
  async run(unit, input) {
    const market = await findMarket(unit.db, input.market)
    demandReason(unit, 'A market goes on by other rules only for a reason')
    if (input.rules !== rulesVersion)
      throw new Refusal('rules_not_here', `This server has version ${rulesVersion} of the matching rules`, {
        rules: rulesVersion,
      })
    const head = await lockHead(unit.db, market.id)
    const change = { market: market.code, before: head.rules, rules: rulesVersion }
    if (head.rules === rulesVersion) return { ...change, after: head.rulesAfter }
    const digest = await closingDigest(unit, market, head)
    await changeRules(unit.db, market.id, {
      ...change,
      afterSeq: head.lastSeq,
      digest,
      changedAt: new Date(unit.clock.now()),
      changedBy: unit.context.actor.id,
    })
    unit.changed({
      subject: market.code,
      before: { rules: head.rules },
      after: { rules: rulesVersion, after: head.lastSeq, digest: digest.toString('hex') },
    })
    unit.emit({
      type: 'exchange.market.upgraded',
      subject: market.code,
      data: { before: head.rules, rules: rulesVersion, after: head.lastSeq },
    })
    return { ...change, after: head.lastSeq }
  },
})

/**
 * Of the engine that the version before ended with, which this one can go on from.
 *
 * @throws Refusal `market_not_at_rest`
 */
async function closingDigest(unit: Unit, market: MarketRecord, head: Head): Promise<Buffer> {
  const { lastSeq, owner, stopped, rules } = head
  const notYet = (why: string, details: Readonly<Record<string, unknown>>): Refusal =>
    new Refusal('market_not_at_rest', `${market.code} ${why}`, { market: market.code, rules, ...details })
  if (owner !== undefined) throw notYet(`is run by ${owner}`, { owner })
  if (stopped !== undefined) throw notYet(`was stopped: ${stopped}`, { stopped })
  const behind = await readersBehind(unit.db, market.id, lastSeq, readers)
  if (behind.length > 0) throw notYet(`was not read to its end by ${behind.join(', ')}`, { behind })
  const closing = await readSnapshot(unit.db, market.id, lastSeq, lastSeq)
  if (closing === undefined)
    throw notYet(
      `has no snapshot of command ${lastSeq}, its last: the version before was not stopped in order`,
      {
        sequence: String(lastSeq),
      },
    )
  const engine = closing.state === undefined ? undefined : engineOf(closing.state)
  if (engine === undefined)
    throw notYet(`has a snapshot of command ${lastSeq} that this version can’t read`, {
      sequence: String(lastSeq),
    })
  const digest = digestOf(engine)
  if (engine.sequence !== lastSeq || !digest.equals(closing.digest))
    throw notYet(`has a snapshot of command ${lastSeq} that is another one’s`, { sequence: String(lastSeq) })
  return digest
}
