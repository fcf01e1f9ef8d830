import { defineRefusals } from '@florin/kernel'

/** Every business no of the exchange that comes before a market's engine. */
defineRefusals({
  instrument_not_found: {
    status: 404,
    title: 'There is no such instrument',
    action: 'List the instruments, or define it first',
  },
  instrument_exists: { status: 409, title: 'The instrument is defined already', action: 'Use it' },
  instrument_asset_unknown: {
    status: 422,
    title: 'The ledger knows no such asset',
    action: 'Register the asset first, or correct its code',
  },
  market_not_found: {
    status: 404,
    title: 'There is no such market',
    action: 'List the markets, or open it first',
  },
  market_exists: { status: 409, title: 'A market of this code exists', action: 'Use it, or another code' },
  market_invalid: {
    status: 422,
    title: 'The market can’t be opened like this',
    action: 'Correct what the message says',
  },
  market_chart_incomplete: {
    status: 409,
    title: 'The ledger’s chart has no place for what the market books',
    action: 'Add the templates with exchange.ledger.prepare',
  },
  market_value_invalid: {
    status: 422,
    title: 'A price, quantity or amount does not fit the market',
    action: 'Use whole ticks and lots within the market’s bounds',
  },
  identifier_invalid: {
    status: 422,
    title: 'An identifier is not one of its standard',
    action: 'Correct the named field',
  },
  rules_not_here: {
    status: 422,
    title: 'This server does not have that version of the matching rules',
    action: 'Name its own version, or ask a server that has the other one',
  },
  market_not_at_rest: {
    status: 409,
    title: 'The market can’t go on by other rules yet',
    action: 'Run the version before until everything is read, stop it in order, and try again',
  },
  schedule_not_found: {
    status: 404,
    title: 'The market has no schedule',
    action: 'Set one, or move the phases by hand',
  },
  schedule_invalid: {
    status: 422,
    title: 'The schedule contradicts itself',
    action: 'Correct what the message says',
  },
  fees_not_found: { status: 404, title: 'The market has no fees', action: 'Set a fee schedule first' },
  fees_invalid: {
    status: 422,
    title: 'The fee schedule contradicts itself',
    action: 'Correct the named tier',
  },
  breaker_invalid: {
    status: 422,
    title: 'The circuit breaker contradicts itself',
    action: 'Name its steps from the smallest move to the largest',
  },
  trading_account_not_found: {
    status: 404,
    title: 'There is no such trading account',
    action: 'List the trading accounts, or open it first',
  },
  trading_account_exists: { status: 409, title: 'The trading account is open already', action: 'Use it' },
  limits_not_found: {
    status: 404,
    title: 'The account has no limits on this market',
    action: 'Set them first: without limits every order is refused',
  },
  session_not_found: {
    status: 404,
    title: 'There is no such session',
    action: 'List the sessions, or open it first',
  },
  session_exists: { status: 409, title: 'The session is open already', action: 'Use it' },
  session_closed: { status: 409, title: 'The session is closed', action: 'Open another one' },
})
