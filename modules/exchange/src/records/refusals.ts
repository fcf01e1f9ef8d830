import { defineRefusals } from '@florin/kernel'

// What can't be told of the past of a market.
defineRefusals({
  sequence_not_reached: {
    status: 409,
    title: 'The market’s journal does not reach that far',
    action: 'Ask for an earlier command',
  },
})
