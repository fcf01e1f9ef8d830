-- What happened in the markets, for those who ask later. Written by a reader of the journal, so it follows the market
-- closely and never says anything that the journal does not. Prices are in ticks, quantities in lots, values in
-- ticks x lots, times to the microsecond; kinds, reasons and flags are the engine's numbers (libs/orderbook/src/layout.ts).

-- Each accepted order with what became of it so far.
CREATE TABLE exchange.orders (
  market_id    bigint NOT NULL REFERENCES exchange.markets,
  number       int NOT NULL,
  slot         int NOT NULL,
  account_id   bigint NOT NULL,
  session_id   bigint NOT NULL,
  client_id    bigint,
  flags        int NOT NULL,
  price        int,                            -- NULL: none
  stop         int NOT NULL,
  display      int NOT NULL,
  minimum      int NOT NULL,
  expires      bigint NOT NULL,                -- seconds since 1970; 0: never
  quantity     int NOT NULL,                   -- the total, as last amended
  executed     int NOT NULL,
  value        bigint NOT NULL,                -- of what was executed
  leaves       int NOT NULL,
  state        text NOT NULL CHECK (state IN ('open', 'held', 'filled', 'removed')),
  reason       int NOT NULL,                   -- why it was removed
  entered_seq  bigint NOT NULL,
  entered_at   timestamptz NOT NULL,
  changed_seq  bigint NOT NULL,
  changed_at   timestamptz NOT NULL,
  PRIMARY KEY (market_id, number)
) WITH (fillfactor = 80);
CREATE INDEX orders_by_account ON exchange.orders (market_id, account_id, number);
CREATE INDEX orders_alive ON exchange.orders (market_id, account_id, number) WHERE state IN ('open', 'held');
CREATE INDEX orders_by_client ON exchange.orders (market_id, account_id, client_id) WHERE client_id IS NOT NULL;

-- Everything that happened to an order or to an attempt to enter, amend or cancel one.
CREATE TABLE exchange.order_events (
  market_id    bigint NOT NULL REFERENCES exchange.markets,
  seq          bigint NOT NULL,
  part         int NOT NULL,                   -- of the command's records; a record that concerns two orders has two parts
  at           timestamptz NOT NULL,
  number       int NOT NULL,                   -- 0: refused before there was one
  account_id   bigint NOT NULL,
  kind         smallint NOT NULL,              -- of the record
  command      smallint NOT NULL,
  reason       int NOT NULL,
  price        int,
  quantity     int NOT NULL,                   -- entered, traded, taken away; by kind
  leaves       int NOT NULL,
  trade        int,
  PRIMARY KEY (market_id, seq, part)
);
CREATE INDEX order_events_by_order ON exchange.order_events (market_id, number, seq, part);

-- Each trade once.
CREATE TABLE exchange.fills (
  market_id     bigint NOT NULL REFERENCES exchange.markets,
  trade         int NOT NULL,
  seq           bigint NOT NULL,
  at            timestamptz NOT NULL,
  price         int NOT NULL,
  quantity      int NOT NULL,
  side          smallint NOT NULL,             -- the taker's; 2: an auction, where the buyer stands as maker
  maker_order   int NOT NULL,
  maker_slot    int NOT NULL,
  maker_account bigint NOT NULL,
  taker_order   int NOT NULL,
  taker_slot    int NOT NULL,
  taker_account bigint NOT NULL,
  PRIMARY KEY (market_id, trade)
);
CREATE INDEX fills_by_maker ON exchange.fills (market_id, maker_account, trade);
CREATE INDEX fills_by_taker ON exchange.fills (market_id, taker_account, trade);
CREATE INDEX fills_by_time ON exchange.fills (market_id, at);

-- Trades that were bust (quantity 0) or corrected; the highest version counts, in candles too.
CREATE TABLE exchange.fill_amendments (
  market_id  bigint NOT NULL REFERENCES exchange.markets,
  trade      int NOT NULL,
  version    int NOT NULL,
  price      int NOT NULL,
  quantity   int NOT NULL,
  amended_at timestamptz NOT NULL,
  PRIMARY KEY (market_id, trade, version)
);

CREATE TABLE exchange.candles (
  market_id  bigint NOT NULL REFERENCES exchange.markets,
  interval_s int NOT NULL,
  start      timestamptz NOT NULL,
  open       int NOT NULL,
  high       int NOT NULL,
  low        int NOT NULL,
  close      int NOT NULL,
  volume     bigint NOT NULL,
  value      numeric(40, 0) NOT NULL,
  trades     int NOT NULL,
  PRIMARY KEY (market_id, interval_s, start)
) WITH (fillfactor = 80);

-- Connections that are logged in to sessions, by market, under the epoch of the market at the time: whoever takes the
-- market over finds out here whose orders to cancel where a connection is not made again in time.
CREATE TABLE exchange.logins (
  market_id  bigint NOT NULL REFERENCES exchange.markets,
  session_id bigint NOT NULL REFERENCES exchange.sessions,
  id         uuid NOT NULL,                    -- of the login: the next one has another
  epoch      bigint NOT NULL,
  grace_ms   int NOT NULL,
  since      timestamptz NOT NULL,
  PRIMARY KEY (market_id, session_id)
) WITH (fillfactor = 50);

GRANT SELECT, INSERT ON exchange.orders, exchange.order_events, exchange.fills, exchange.fill_amendments, exchange.candles,
  exchange.logins TO florin_app;
GRANT UPDATE (price, stop, quantity, executed, value, leaves, state, reason, changed_seq, changed_at) ON exchange.orders TO florin_app;
GRANT UPDATE (open, high, low, close, volume, value, trades) ON exchange.candles TO florin_app;
GRANT UPDATE (id, epoch, grace_ms, since), DELETE ON exchange.logins TO florin_app;
GRANT DELETE ON exchange.candles TO florin_app;
