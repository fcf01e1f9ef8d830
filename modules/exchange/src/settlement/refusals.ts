import { defineRefusals } from '@florin/kernel'

/** Business noes about buying power, positions and the settlement of trades. */
defineRefusals({
  buying_power_insufficient: {
    status: 422,
    title: 'The account has not so much buying power on the market',
    action: 'Give back less',
  },
  transfer_not_found: {
    status: 404,
    title: 'There is no such transfer',
    action: 'Correct the id: it is in the answer of the command that asked for the transfer',
  },
  trade_not_settled: {
    status: 409,
    title: 'The trade is not in the ledger',
    action: 'Wait until it is settled, or correct its number',
  },
  trade_bust: { status: 409, title: 'The trade was bust', action: 'Nothing more can be done to it' },
  trade_unchanged: {
    status: 409,
    title: 'The trade is booked like this already',
    action: 'Say what it should have been',
  },
  trade_still_refused: {
    status: 409,
    title: 'The ledger refuses the trade still',
    action: 'Remove what the message says, then try again',
  },
})
