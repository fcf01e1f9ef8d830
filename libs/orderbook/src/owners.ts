import * as memories from './memory.ts'
import * as slots from './slot.ts'

const { owner, slotsAt } = memories
const { slotShift, within } = slots

/**
 * The orders of an account, or of a session, in the order of entry.
 *
 * @param ints the market's memory
 * @param list where the words of the account or session begin
 * @param word where those of the order begin
 * @param next its word for the next one, `at.accountNext` or `at.sessionNext`; that for the previous one follows
 */
export function append(ints: Int32Array, list: number, word: number, slot: number, next: number): void {
  const last = ints[list + owner.last] as number
  ints[word + next] = 0
  ints[word + next + 1] = last
  if (last === 0) ints[list + owner.first] = slot
  else ints[(((last << slotShift) + slotsAt) & within) + next] = slot
  ints[list + owner.last] = slot
}

export function detach(ints: Int32Array, list: number, word: number, next: number): void {
  const after = ints[word + next] as number
  const before = ints[word + next + 1] as number
  if (before === 0) ints[list + owner.first] = after
  else ints[(((before << slotShift) + slotsAt) & within) + next] = after
  if (after === 0) ints[list + owner.last] = before
  else ints[(((after << slotShift) + slotsAt) & within) + next + 1] = before
}
