import { answer, command, commandType } from '../layout.ts'
import { reason } from '../reasons.ts'
import type { Market } from '../types.ts'
import { word } from '../wide.ts'
import type { GeneratedCommand } from './generator.ts'

/**
 * Plays generated commands. Commands mean orders by the command that entered them, so that a sequence stays sensible when
 * some of its commands are left out.
 */
export class Playback {
  readonly #entered = new Map<GeneratedCommand, { readonly order: number; readonly slot: number }>()

  /** The words to carry out. */
  resolve({ words, target }: GeneratedCommand): Int32Array {
    const found = target === undefined ? undefined : this.#entered.get(target)
    if (found === undefined) return words
    const resolved = words.slice()
    resolved[command.order] = found.order
    resolved[command.slot] = found.slot
    return resolved
  }

  /** To be told the records of every command. */
  note(generated: GeneratedCommand, records: Int32Array): void {
    if (records[answer.type] !== commandType.enter || records[answer.reason] !== reason.none) return
    this.#entered.set(generated, { order: word(records, answer.order), slot: word(records, answer.slot) })
  }
}

/** Carries out a resolved command; returns a copy of its records. */
export const recordsOf = (market: Market, words: Int32Array): Int32Array => {
  const count = market.apply(words, 0)
  return market.records.slice(0, count * words.length)
}
