import { defineRefusals } from '@florin/kernel'

/** Every business no of the ledger. Within a command they are answered in the order that the command lists them. */
export const ledgerRefusals = defineRefusals({
  ledger_not_found: {
    status: 404,
    title: 'There is no such ledger',
    action: 'List the ledgers, or open it first',
  },
  ledger_exists: {
    status: 409,
    title: 'A ledger of this name exists',
    action: 'Use it, or choose another name',
  },
  asset_unknown: {
    status: 422,
    title: 'The asset is not known',
    action: 'Use an ISO 4217 code, or register the token or instrument first',
  },
  asset_exists: {
    status: 409,
    title: 'The asset is registered already',
    action: 'Use it; its decimals never change',
  },
  asset_invalid: {
    status: 422,
    title: 'The asset can’t be registered like this',
    action: 'Correct the code or the exponent as the message says',
  },
  chart_invalid: {
    status: 422,
    title: 'The chart of accounts contradicts itself',
    action: 'Correct the named template',
  },
  chart_missing: {
    status: 409,
    title: 'The ledger has no chart of accounts',
    action: 'Set a chart before opening accounts',
  },
  address_not_in_chart: {
    status: 422,
    title: 'The address fits no template of the chart',
    action: 'Correct the address, or set a chart that has a template for it',
  },
  account_not_found: {
    status: 404,
    title: 'There is no such account',
    action: 'Open it first, or let its template open it on first use',
  },
  account_exists: { status: 409, title: 'The account is open already', action: 'Use it' },
  asset_not_allowed: {
    status: 422,
    title: 'The template does not allow this asset',
    action: 'Use an asset that the template lists, or set a chart that allows it',
  },
  account_closed: { status: 409, title: 'The account is closed', action: 'Use another account' },
  account_frozen: {
    status: 409,
    title: 'The account is frozen for this side',
    action: 'Unfreeze it first, or use another account',
  },
  account_not_empty: {
    status: 409,
    title: 'The account is not at zero',
    action: 'Move its balance away and resolve its holds first',
  },
  amount_zero: { status: 422, title: 'The amount is zero', action: 'Send only postings that move something' },
  amount_too_many_decimals: {
    status: 422,
    title: 'The amount has more decimals than its asset',
    action: 'Round it yourself, knowing how; Florin never rounds silently',
  },
  amount_out_of_range: {
    status: 422,
    title: 'The amount is 2^256 minor units or more',
    action: 'Check the amount',
  },
  movements_unclear: {
    status: 422,
    title: 'Postings and lines are both given, or neither',
    action: 'Send either postings or the lines of a classic entry',
  },
  unbalanced: {
    status: 422,
    title: 'Debits and credits differ',
    action: 'Make the debits of each asset equal its credits',
  },
  same_account: {
    status: 422,
    title: 'Debit and credit are the same account',
    action: 'Name two different accounts',
  },
  value_time_in_future: {
    status: 422,
    title: 'The value time lies ahead of the booking time',
    action: 'Send it when it has come, or record it now with ledger.forward.record',
  },
  value_time_not_ahead: {
    status: 422,
    title: 'The value time does not lie ahead of the booking time',
    action: 'Post the transaction: it can be booked right away',
  },
  period_closed: {
    status: 409,
    title: 'The value time lies in a closed period',
    action: 'Book it on or after the named first open day, or have the period reopened',
  },
  period_not_found: {
    status: 404,
    title: 'There is no such period',
    action: 'List the periods, or define it first',
  },
  period_exists: {
    status: 409,
    title: 'A period of this name exists',
    action: 'Use it, or choose another name',
  },
  periods_invalid: {
    status: 422,
    title: 'The periods leave a gap, overlap or end before they begin',
    action: 'Let each period begin on the day after the one before it ends',
  },
  period_in_state: {
    status: 409,
    title: 'The period is in that state already',
    action: 'Nothing is left to do; see its history',
  },
  period_not_closed: {
    status: 404,
    title: 'The period has no such closing',
    action: 'See the period’s history for its closings',
  },
  period_not_over: {
    status: 409,
    title: 'The period is not over',
    action: 'Close it when its last day has passed',
  },
  period_out_of_order: {
    status: 409,
    title: 'Another period stands in the way',
    action: 'Close the named earlier period first, or reopen the named later one first',
  },
  retained_earnings_required: {
    status: 422,
    title: 'Revenue or expense is left, and nothing says where it goes',
    action: 'Name the equity account that takes the result of the period',
  },
  retained_earnings_unsuitable: {
    status: 422,
    title: 'The account for retained earnings is not an equity account',
    action: 'Name an address that the chart makes an equity account',
  },
  span_unclear: {
    status: 422,
    title: 'The days of the report are not named exactly once',
    action: 'Name either a period or days; the first day must not lie after the last',
  },
  condition_failed: {
    status: 422,
    title: 'A balance condition does not hold',
    action: 'Read the balance again and decide anew',
  },
  insufficient_funds: {
    status: 422,
    title: 'The available balance is too small',
    action: 'Lower the amount, or fund the account first',
  },
  limit_exceeded: {
    status: 422,
    title: 'More would leave the account than a limit allows',
    action:
      'Lower the amount, or wait until earlier outflows have left the window; `frees_at` says when the first does',
  },
  watch_not_found: {
    status: 404,
    title: 'There is no such monitor, limit or safeguard',
    action: 'List those in force, or set it first',
  },
  watch_invalid: {
    status: 422,
    title: 'The monitor, limit or safeguard contradicts itself',
    action: 'Correct what the message names',
  },
  watches_exhausted: {
    status: 409,
    title: 'The ledger has as many of these as it may have',
    action: 'Remove one that is no longer needed, or let one cover a longer prefix',
  },
  transaction_not_found: { status: 404, title: 'There is no such transaction', action: 'Check the id' },
  forward_pending: {
    status: 409,
    title: 'The transaction is a forward that is not booked yet',
    action: 'Cancel the forward, and record another one if need be',
  },
  forward_not_found: { status: 404, title: 'There is no such forward', action: 'Check the id' },
  forward_not_pending: {
    status: 409,
    title: 'The forward is booked, refused or cancelled already',
    action: 'See what became of it; reverse or correct the transaction if it was booked',
  },
  transaction_reversed: {
    status: 409,
    title: 'The transaction is reversed already',
    action: 'Nothing is left to do; see the named reversal',
  },
  transaction_is_amendment: {
    status: 409,
    title: 'A reversal or correction can’t itself be reversed or corrected',
    action: 'Correct or reverse the original, or post a new transaction',
  },
  nothing_to_correct: {
    status: 422,
    title: 'The correction equals what is booked',
    action: 'Send what the transaction should have been',
  },
  hold_not_found: { status: 404, title: 'There is no such hold', action: 'Check the id' },
  hold_not_open: {
    status: 409,
    title: 'Nothing is held any more',
    action: 'See the hold’s status; post a transaction of its own if money must still move',
  },
  hold_not_due: {
    status: 409,
    title: 'The hold has not expired',
    action: 'Release it if it is no longer needed',
  },
  hold_exceeded: {
    status: 422,
    title: 'That is more than the hold still holds',
    action: 'Take at most what remains; a settlement for more must be forced, with a reason',
  },
  expiry_in_past: {
    status: 422,
    title: 'The hold would have expired already',
    action: 'Give an expiry that lies ahead',
  },
  journal_invalid: {
    status: 422,
    title: 'The journal can’t be imported; nothing of it was',
    action: 'Correct the named places and import it again',
  },
  import_incomplete: {
    status: 409,
    title: 'Parts of the journal are not booked yet',
    action: 'Send the parts that follow, then end the import',
  },
  export_impossible: {
    status: 409,
    title: 'The ledger can’t be written in this format',
    action: 'Use another format, or resolve what the message names',
  },
  transaction_settled: {
    status: 409,
    title: 'The transaction settled at another time or under another reference',
    action: 'Compare with what is recorded; to replace it send `replace` and a reason',
  },
  settlement_in_future: {
    status: 422,
    title: 'The settlement time has not come yet',
    action: 'Send it when the money has moved',
  },
  calendar_invalid: {
    status: 422,
    title: 'The business calendar contradicts itself',
    action: 'Correct what the message names',
  },
  calendar_missing: {
    status: 409,
    title: 'The ledger has no business calendar',
    action: 'Set a calendar first',
  },
  statement_impossible: {
    status: 409,
    title: 'The statement can’t be written in this format',
    action: 'Use another format, or a shorter period',
  },
  batch_aborted: {
    status: 422,
    title: 'Another transaction of the batch was refused',
    action: 'See the named transaction; nothing of the batch was booked',
  },
  rate_invalid: {
    status: 422,
    title: 'The rate makes no sense',
    action: 'Name two different assets, and an end that lies after its time',
  },
  rate_conflict: {
    status: 409,
    title: 'The source has another rate for this pair and time',
    action: 'Check the rate; if the recorded one is wrong, send it as a correction with a reason',
  },
  rate_missing: {
    status: 404,
    title: 'No rate leads from the one asset to the other at this time',
    action:
      'Record one, allow an older one, or ask for the inverse or a crossing by name; see what the message found',
  },
  revaluation_invalid: {
    status: 422,
    title: 'The revaluation can’t be made like this',
    action:
      'Give the end of a period that is over, a later day of reversal, and accounts of their own for gain and loss',
  },
  position_shared: {
    status: 422,
    title: 'A position holds two foreign assets',
    action: 'Give each foreign asset a position of its own, and move one of the two there',
  },
  position_mismatch: {
    status: 422,
    title: 'The positions do not account for what is held in a foreign asset',
    action:
      'Name all monetary accounts; book what came in without an exchange through its position, at the rate of its day',
  },
  revaluation_not_found: {
    status: 404,
    title: 'There is no such revaluation',
    action: 'List the revaluations',
  },
  revaluation_not_due: {
    status: 409,
    title: 'The revaluation is not to be reversed now',
    action: 'Wait for its day; if it was wrong, reverse its transaction',
  },
})
