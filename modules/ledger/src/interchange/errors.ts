import type { JournalError } from '@florin/journal'
import { Refusal } from '@florin/kernel'

/** Errors that are told, at most. */
const mostErrors = 200

/** Throws `journal_invalid` where there are errors; `otherwise` says what that means for what was sent. */
export function refuseErrors(errors: readonly JournalError[], otherwise = 'nothing was imported'): void {
  if (errors.length > 0) throw journalInvalid(errors, otherwise)
}

export function journalInvalid(errors: readonly JournalError[], otherwise = 'nothing was imported'): Refusal {
  const told = errors.length === 1 ? 'an error' : `${errors.length} errors`
  const more = errors.length > mostErrors ? `, the first ${mostErrors} of which are named` : ''
  return new Refusal('journal_invalid', `The journal has ${told}${more}; ${otherwise}`, {
    errors: errors.slice(0, mostErrors),
  })
}
