-- What a market does by itself about what its engine finds out: margin calls, liquidation, halts, marks. Written by the
-- reader `supervision` of the journal, in the unit that moves its cursor and sends the commands that follow. Prices are in
-- ticks, quantities in lots, values in ticks x lots, times in microseconds since 1970; states and reasons are the engine's
-- numbers (libs/orderbook/src/layout.ts, reasons.ts).

-- What was set by command; the highest version is in force.
CREATE TABLE exchange.supervision_policies (
  market_id bigint NOT NULL REFERENCES exchange.markets,
  kind      text NOT NULL CHECK (kind IN ('marking', 'liquidation', 'breaker')),
  version   int NOT NULL,
  policy    jsonb NOT NULL,
  set_at    timestamptz NOT NULL,
  set_by    text NOT NULL,
  PRIMARY KEY (market_id, kind, version)
);

-- What the reader has to remember from one unit to the next; whoever supervises a market holds its row.
CREATE TABLE exchange.watches (
  market_id     bigint PRIMARY KEY REFERENCES exchange.markets,
  alarm_us      bigint,                        -- to be looked at then, though the journal does not go on
  mark          int,
  mark_seq      bigint NOT NULL,               -- of the command that set it
  moved_seq     bigint NOT NULL,               -- of the last command that changed a position or an account
  mark_asked_us bigint NOT NULL,               -- when the policy last asked for a mark
  opening_us    bigint,                        -- when the day's trading began; NULL: it has not
  steps_used    int NOT NULL,                  -- of the circuit breaker, on this day …
  steps_version int NOT NULL                   -- … by this version of its policy
) WITH (fillfactor = 10);

-- Every change of an account's state.
CREATE TABLE exchange.account_states (
  market_id  bigint NOT NULL REFERENCES exchange.markets,
  seq        bigint NOT NULL,                  -- of the command that brought it about
  account_id bigint NOT NULL REFERENCES exchange.accounts,
  state      int NOT NULL,
  previous   int NOT NULL,
  cause      int NOT NULL,                     -- the engine's reason; 0: a mark or an operator
  equity     bigint NOT NULL,
  at_us      bigint NOT NULL,
  PRIMARY KEY (market_id, seq, account_id)
);
CREATE INDEX account_states_by_account ON exchange.account_states (market_id, account_id, seq);

CREATE TABLE exchange.margin_calls (
  id           uuid PRIMARY KEY,
  market_id    bigint NOT NULL REFERENCES exchange.markets,
  account_id   bigint NOT NULL REFERENCES exchange.accounts,
  seq          bigint NOT NULL,                -- of the command that led to it
  called_us    bigint NOT NULL,
  deadline_us  bigint,                         -- NULL: nothing happens by itself
  mark         int NOT NULL,                   -- as of the last look, like the rest up to `ended_seq`
  equity       bigint NOT NULL,
  amount       bigint NOT NULL,                -- brings the equity back to the initial margin
  ended_seq    bigint,
  ended_us     bigint,
  outcome      text CHECK (outcome IN ('met', 'closed')),   -- closed: no position is left
  UNIQUE (market_id, account_id, seq)
);
CREATE UNIQUE INDEX margin_calls_open ON exchange.margin_calls (market_id, account_id) WHERE ended_seq IS NULL;

CREATE TABLE exchange.liquidations (
  id         uuid PRIMARY KEY,
  market_id  bigint NOT NULL REFERENCES exchange.markets,
  account_id bigint NOT NULL REFERENCES exchange.accounts,
  call_id    uuid NOT NULL REFERENCES exchange.margin_calls,
  policy     int NOT NULL,                     -- version
  cause      text NOT NULL CHECK (cause IN ('liquidation_margin', 'deadline')),
  begun_seq  bigint NOT NULL,                  -- up to where the journal was read
  begun_us   bigint NOT NULL,
  restricted boolean NOT NULL,                 -- the account may only reduce for as long as it lasts
  rounds     int NOT NULL,
  next_us    bigint NOT NULL,                  -- no further round before
  ended_seq  bigint,
  ended_us   bigint,
  outcome    text CHECK (outcome IN ('closed', 'restored', 'stopped'))
);
CREATE UNIQUE INDEX liquidations_open ON exchange.liquidations (market_id, account_id) WHERE ended_seq IS NULL;

-- The orders of liquidations, and what came of each. How many, at what price: decided once, in the unit that sends them.
CREATE TABLE exchange.liquidation_orders (
  inbox_id       bigint PRIMARY KEY REFERENCES exchange.inbox,
  liquidation_id uuid NOT NULL REFERENCES exchange.liquidations,
  market_id      bigint NOT NULL,
  account_id     bigint NOT NULL,
  round          int NOT NULL,
  side           text NOT NULL CHECK (side IN ('buy', 'sell')),
  quantity       int NOT NULL,
  price          int NOT NULL,
  mark           int NOT NULL,
  seq            bigint,                       -- NULL: not carried out, or not read yet
  reason         int,                          -- the engine's; 0: taken
  executed       int,
  value          bigint
);
CREATE INDEX liquidation_orders_of ON exchange.liquidation_orders (liquidation_id, inbox_id);
CREATE INDEX liquidation_orders_waiting ON exchange.liquidation_orders (market_id) WHERE seq IS NULL;
CREATE UNIQUE INDEX liquidation_orders_by_seq ON exchange.liquidation_orders (market_id, seq) WHERE seq IS NOT NULL;

-- Interruptions of trading by the circuit breaker, and volatility auctions that the engine began.
CREATE TABLE exchange.halts (
  market_id    bigint NOT NULL REFERENCES exchange.markets,
  number       int NOT NULL,                   -- 1, 2, 3 …
  kind         text NOT NULL CHECK (kind IN ('circuit_breaker', 'dynamic_band')),
  seq          bigint NOT NULL,                -- of the command that led to it
  at_us        bigint NOT NULL,
  policy       int NOT NULL,                   -- version
  step         int,                            -- of the breaker, from 1
  price        int,                            -- of the trade that reached it
  reference    int,
  until_us     bigint,                         -- NULL: for the rest of the day
  state        text NOT NULL CHECK (state IN ('due', 'asked', 'halted', 'resuming', 'auction', 'reopening', 'ended')),
  halted_seq   bigint,
  reopens_us   bigint,                         -- when the auction ends
  withheld     text,                           -- the phase that the schedule wanted meanwhile
  ended_seq    bigint,
  ended_us     bigint,
  outcome      text CHECK (outcome IN ('reopened', 'closed', 'overtaken', 'superseded', 'missed')),
  PRIMARY KEY (market_id, number)
);
CREATE UNIQUE INDEX halts_open ON exchange.halts (market_id) WHERE state <> 'ended';

GRANT SELECT, INSERT ON exchange.supervision_policies, exchange.watches, exchange.account_states, exchange.margin_calls,
  exchange.liquidations, exchange.liquidation_orders, exchange.halts TO florin_app;
GRANT UPDATE (alarm_us, mark, mark_seq, moved_seq, mark_asked_us, opening_us, steps_used, steps_version) ON exchange.watches TO florin_app;
GRANT UPDATE (deadline_us, mark, equity, amount, ended_seq, ended_us, outcome) ON exchange.margin_calls TO florin_app;
GRANT UPDATE (rounds, next_us, ended_seq, ended_us, outcome) ON exchange.liquidations TO florin_app;
GRANT UPDATE (seq, reason, executed, value) ON exchange.liquidation_orders TO florin_app;
GRANT UPDATE (state, halted_seq, reopens_us, withheld, ended_seq, ended_us, outcome) ON exchange.halts TO florin_app;
