-- What regulators ask a venue for, in the terms of the market: prices in ticks, quantities in lots, times in microseconds
-- since 1970. Written by the reader `records` of the journal, in the unit that moves its cursor, and never changed.

-- Every event of every order (Commission Delegated Regulation (EU) 2017/580, annex, table 2), with the order as it is after
-- it: so the last event of an order is all that is known of it.
CREATE TABLE exchange.order_records (
  market_id   bigint NOT NULL REFERENCES exchange.markets,
  seq         bigint NOT NULL,                 -- of the command
  place       int NOT NULL,                    -- among the events of the command, from 0
  event       text NOT NULL,                   -- field 21: NEWO, REME, CAME, PARF …
  order_id    bigint,                          -- number x 2^22 + slot; NULL for an order that was refused
  account_id  bigint NOT NULL,
  session_id  bigint NOT NULL,
  at_us       bigint NOT NULL,
  received_us bigint NOT NULL,                 -- when the order came
  priority_us bigint NOT NULL,                 -- since when it has its place
  flags       int NOT NULL,                    -- what kind of order, as the engine reads it
  price       int,                             -- NULL: none
  stop        int NOT NULL,
  display     int NOT NULL,
  minimum     int NOT NULL,
  expiry_s    bigint NOT NULL,                 -- 0: none
  active      boolean NOT NULL,                -- false: a stop that waits
  initial     int NOT NULL,
  executed    int NOT NULL,
  leaves      int NOT NULL,
  displayed   int NOT NULL,
  lots        int NOT NULL,                    -- traded or taken away by this event
  trade       bigint,
  trade_price int,
  liquidity   text CHECK (liquidity IN ('PASV', 'AGRE')),  -- NULL in auctions, too
  bid         int,                             -- best prices before the command, of executions
  ask         int,
  phase       int NOT NULL,
  reason      int NOT NULL,                    -- the engine's
  PRIMARY KEY (market_id, seq, place)
);
CREATE INDEX order_records_by_order ON exchange.order_records (market_id, order_id, seq, place);
CREATE INDEX order_records_by_time ON exchange.order_records (market_id, at_us);
CREATE INDEX order_records_by_trade ON exchange.order_records (market_id, trade) WHERE trade IS NOT NULL;

-- Phases, uncrossings and indicative prices: what the same table asks about trading phases and auctions.
CREATE TABLE exchange.phase_events (
  market_id bigint NOT NULL REFERENCES exchange.markets,
  seq       bigint NOT NULL,
  place     int NOT NULL,                      -- among the records of the command, from 0
  kind      text NOT NULL CHECK (kind IN ('phase', 'uncrossed', 'indicative')),
  at_us     bigint NOT NULL,
  phase     int NOT NULL,
  price     int,
  volume    bigint,
  PRIMARY KEY (market_id, seq, place)
);

GRANT SELECT, INSERT ON exchange.order_records, exchange.phase_events TO florin_app;
