import { RequestError } from '@florin/kernel'
import { type Engine, rulesVersion, words } from '@florin/orderbook'
import { digestOf } from '../engine.ts'
import type { JournalRow } from '../store/journal.ts'

/**
 * What a market's engine did with one command.
 *
 * @param seq the command's number
 * @param command holds the command's words from `offset` on
 * @param records of the command, 16 words each, from word 0 on; both are overwritten afterwards
 */
export type Visit = (
  seq: number,
  command: Int32Array,
  offset: number,
  records: Int32Array,
  count: number,
) => void

/** The journal of a market does not come to what it came to before. Whoever meets it goes on with nothing. */
export class JournalBroken extends Error {
  override readonly name = 'JournalBroken'
}

/**
 * Commands of a journal were carried out by another version of the rules: this process can't know what they came to.
 * Nothing was touched.
 */
export class RulesDiffer extends RequestError {
  override readonly name = 'RulesDiffer'

  /** @param seq the last command that is of the other version */
  constructor(market: string, rules: number, seq: number) {
    super(
      'other_version',
      `${market} up to command ${seq} is of version ${rules} of the matching rules, and this process has version ${rulesVersion}: run the version of Florin that has those rules, or let the market go on with exchange.market.upgrade`,
    )
  }
}

/**
 * Carries out what a row of the journal holds beyond the engine's present state, `most` commands at most. Returns how
 * many it carried out.
 *
 * @throws JournalBroken where commands are missing, or the engine's digest is not the one that was recorded
 */
export function replayRow(engine: Engine, row: JournalRow, most: number, visit?: Visit): number {
  const next = engine.sequence + 1
  if (row.firstSeq > next || row.lastSeq < next)
    throw new JournalBroken(`Command ${next} is missing: the journal goes on from ${row.firstSeq}`)
  if (row.firstSeq === next) checkDigest(engine, row.digest, 'the journal')
  const first = next - row.firstSeq
  const end = Math.min(first + most, row.lastSeq - row.firstSeq + 1)
  for (let i = first; i < end; i++) {
    const count = engine.apply(row.commands, i * words)
    visit?.(row.firstSeq + i, row.commands, i * words, engine.records, count)
  }
  return end - first
}

/** @throws JournalBroken */
export function checkDigest(engine: Engine, recorded: Buffer, where: string): void {
  const found = digestOf(engine)
  if (!found.equals(recorded))
    throw new JournalBroken(
      `After command ${engine.sequence} the digest is ${found.toString('hex')}, and ${where} has ${recorded.toString('hex')}`,
    )
}
