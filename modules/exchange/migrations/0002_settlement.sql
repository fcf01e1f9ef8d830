-- What of a market is money and instruments in the ledger: buying power, positions, and the settlement of trades.

-- Holds on trading accounts that stand behind the engine's cash. All that is left of them, less what was allocated and
-- not answered yet, is the engine's cash in minor units at the cursor `settlement`.
CREATE TABLE exchange.blocks (
  hold       uuid PRIMARY KEY,                 -- in the ledger
  place      bigint GENERATED ALWAYS AS IDENTITY,
  market_id  bigint NOT NULL REFERENCES exchange.markets,
  account_id bigint NOT NULL REFERENCES exchange.accounts,
  remaining  numeric(60, 0) NOT NULL CHECK (remaining >= 0)   -- minor units of the quote
);
CREATE INDEX blocks_open ON exchange.blocks (market_id, account_id, place) WHERE remaining > 0;

-- Buying power and instruments on their way between ledger and engine. What came of each is told by the engine's answer and
-- recorded by settlement. `bought` and `sold` are in the ledger already, by a trade that was bust or corrected.
CREATE TABLE exchange.transfers (
  id           uuid PRIMARY KEY,
  market_id    bigint NOT NULL REFERENCES exchange.markets,
  account_id   bigint NOT NULL REFERENCES exchange.accounts,
  kind         text NOT NULL CHECK (kind IN ('allocate', 'release', 'deposit', 'withdraw', 'bought', 'sold')),
  amount       numeric(60, 0) NOT NULL CHECK (amount > 0),    -- minor units of the quote, or of the instrument
  hold         uuid,                           -- of what goes into the market
  inbox_id     bigint NOT NULL UNIQUE REFERENCES exchange.inbox,
  requested_at timestamptz NOT NULL,
  requested_by text NOT NULL
);
CREATE INDEX transfers_by_account ON exchange.transfers (market_id, account_id);

CREATE TABLE exchange.transfer_ends (
  transfer_id uuid PRIMARY KEY REFERENCES exchange.transfers,
  seq         bigint NOT NULL,
  reason      int NOT NULL,                    -- the engine's; 0: done
  ended_at    timestamptz NOT NULL
);

-- Whether an account's buying power on a market is topped up by itself; the highest version is in force.
CREATE TABLE exchange.buying_power_policies (
  market_id  bigint NOT NULL REFERENCES exchange.markets,
  account_id bigint NOT NULL REFERENCES exchange.accounts,
  version    int NOT NULL,
  low        numeric(60, 0) NOT NULL,          -- minor units of the quote; topped up when less is free
  target     numeric(60, 0) NOT NULL,          -- up to this; 0: not by itself
  set_at     timestamptz NOT NULL,
  set_by     text NOT NULL,
  PRIMARY KEY (market_id, account_id, version)
);

-- Every trade of a market, as it was booked. Prices in ticks, quantities in lots, fees in minor units of the quote.
CREATE TABLE exchange.settlements (
  market_id   bigint NOT NULL REFERENCES exchange.markets,
  trade       bigint NOT NULL,
  seq         bigint NOT NULL,                 -- of the command that traded
  traded_at   timestamptz NOT NULL,
  buyer_id    bigint NOT NULL REFERENCES exchange.accounts,
  seller_id   bigint NOT NULL REFERENCES exchange.accounts,
  liquidity   text NOT NULL CHECK (liquidity IN ('buyer', 'seller', 'auction')),   -- whose order rested
  price       int NOT NULL,
  quantity    int NOT NULL,
  buyer_fee   numeric(60, 0) NOT NULL,
  seller_fee  numeric(60, 0) NOT NULL,
  due         date NOT NULL,
  status      text NOT NULL CHECK (status IN ('booked', 'forced', 'refused', 'nothing', 'bust')),
  transaction uuid,                            -- in the ledger
  refusal     jsonb,                           -- why it was forced, or could not be booked
  settled_at  timestamptz,
  PRIMARY KEY (market_id, trade)
);
CREATE INDEX settlements_due ON exchange.settlements (market_id, due, trade)
  WHERE settled_at IS NULL AND status IN ('booked', 'forced');
CREATE INDEX settlements_refused ON exchange.settlements (market_id, trade) WHERE status = 'refused';

-- What accounts bought and sold on a day, in minor units of the quote: fees go by that of the 30 days before.
CREATE TABLE exchange.traded_values (
  market_id  bigint NOT NULL REFERENCES exchange.markets,
  account_id bigint NOT NULL REFERENCES exchange.accounts,
  day        date NOT NULL,
  value      numeric(60, 0) NOT NULL,
  PRIMARY KEY (market_id, account_id, day)
);

-- Trades that were bust or corrected; the highest version counts.
CREATE TABLE exchange.amendments (
  market_id   bigint NOT NULL,
  trade       bigint NOT NULL,
  version     int NOT NULL,
  kind        text NOT NULL CHECK (kind IN ('bust', 'correction')),
  price       int NOT NULL,                    -- as it counts from now on
  quantity    int NOT NULL,                    -- 0 when bust
  buyer_fee   numeric(60, 0) NOT NULL,
  seller_fee  numeric(60, 0) NOT NULL,
  transaction uuid,                            -- the ledger's reversal or correction; NULL: nothing moved by it
  reason      text NOT NULL,
  amended_at  timestamptz NOT NULL,
  amended_by  text NOT NULL,
  PRIMARY KEY (market_id, trade, version),
  FOREIGN KEY (market_id, trade) REFERENCES exchange.settlements
);

GRANT SELECT, INSERT ON exchange.blocks, exchange.transfers, exchange.transfer_ends, exchange.buying_power_policies,
  exchange.settlements, exchange.traded_values, exchange.amendments TO florin_app;
GRANT UPDATE (remaining) ON exchange.blocks TO florin_app;
GRANT UPDATE (status, transaction, refusal, settled_at) ON exchange.settlements TO florin_app;
GRANT UPDATE (value) ON exchange.traded_values TO florin_app;
