-- Markets and what they are made of. The journal is the record of a market: everything else about it, the book first of
-- all, is what its commands come to. Setup is kept in versions that are inserted and never changed; the highest one is in
-- force.

-- An asset of the ledger that is traded.
CREATE TABLE exchange.instruments (
  code       text PRIMARY KEY,
  exponent   int NOT NULL,
  name       text,
  isin       text,
  cfi        text,
  defined_at timestamptz NOT NULL,
  defined_by text NOT NULL
);

CREATE TABLE exchange.markets (
  id              bigint PRIMARY KEY,          -- 1, 2, 3 …: no sequence, so that no crash leaves a gap
  code            text NOT NULL UNIQUE,
  instrument      text NOT NULL REFERENCES exchange.instruments,
  quote           text NOT NULL,
  ledger          text NOT NULL,
  tick            text NOT NULL,               -- decimal, quote for one unit of the instrument
  lot             text NOT NULL,               -- decimal, units of the instrument
  tick_value      numeric(60, 0) NOT NULL,     -- minor units of the quote that one tick of one lot is worth
  lot_units       numeric(60, 0) NOT NULL,     -- minor units of the instrument in a lot
  quote_exponent  int NOT NULL,
  settlement_days int NOT NULL CHECK (settlement_days BETWEEN 0 AND 2),
  config          jsonb NOT NULL,              -- what the engine is made for: price bounds in ticks, capacities
  opened_at       timestamptz NOT NULL,
  opened_by       text NOT NULL
);

-- What was asked of the engine by `exchange.market.change`; the engine's journal says what came of it.
CREATE TABLE exchange.market_changes (
  market_id  bigint NOT NULL REFERENCES exchange.markets,
  version    int NOT NULL,
  settings   jsonb NOT NULL,
  changed_at timestamptz NOT NULL,
  changed_by text NOT NULL,
  PRIMARY KEY (market_id, version)
);

-- The sessions of a market's day, at local times of a zone, on the business days of the ledger's calendar.
CREATE TABLE exchange.schedules (
  market_id bigint NOT NULL REFERENCES exchange.markets,
  version   int NOT NULL,
  zone      text NOT NULL,
  steps     jsonb NOT NULL,
  set_at    timestamptz NOT NULL,
  set_by    text NOT NULL,
  PRIMARY KEY (market_id, version)
);

-- How far the schedule was carried out: every step up to this moment.
CREATE TABLE exchange.schedule_marks (
  market_id bigint NOT NULL REFERENCES exchange.markets,
  up_to     timestamptz NOT NULL,
  step      jsonb,                             -- NULL where there was nothing to do
  PRIMARY KEY (market_id, up_to)
);

CREATE TABLE exchange.fee_schedules (
  market_id bigint NOT NULL REFERENCES exchange.markets,
  version   int NOT NULL,
  tiers     jsonb NOT NULL,
  minimum   numeric(60, 0) NOT NULL,           -- minor units of the quote, for each side of a trade that pays a fee
  set_at    timestamptz NOT NULL,
  set_by    text NOT NULL,
  PRIMARY KEY (market_id, version)
);

-- Who trades. The id is the account's number in every engine.
CREATE TABLE exchange.accounts (
  id          bigint PRIMARY KEY,              -- 1, 2, 3 …
  code        text NOT NULL UNIQUE,
  participant text NOT NULL,
  kind        text NOT NULL CHECK (kind IN ('cash', 'margin')),
  capacity    text NOT NULL CHECK (capacity IN ('client', 'house')),
  lei         text,
  person      text,                            -- an opaque id: who it is, the books do not say
  opened_at   timestamptz NOT NULL,
  opened_by   text NOT NULL
);

-- Limits of an account on a market, all of them in each version.
CREATE TABLE exchange.account_limits (
  account_id bigint NOT NULL REFERENCES exchange.accounts,
  market_id  bigint NOT NULL REFERENCES exchange.markets,
  version    int NOT NULL,
  limits     jsonb NOT NULL,
  set_at     timestamptz NOT NULL,
  set_by     text NOT NULL,
  PRIMARY KEY (account_id, market_id, version)
);

-- Order entry under a name of its own, used again at each login. The id is the session's number in every engine.
CREATE TABLE exchange.sessions (
  id                   bigint PRIMARY KEY,     -- 1, 2, 3 …
  code                 text NOT NULL UNIQUE,
  accounts             bigint[] NOT NULL,
  cancel_on_disconnect boolean NOT NULL,
  opened_at            timestamptz NOT NULL,
  opened_by            text NOT NULL,
  closed_at            timestamptz
);

-- Where a market's journal ends, and who may write it. The row is the fence: whoever takes a market over raises the
-- epoch, and nothing is journalled under an older one.
CREATE TABLE exchange.heads (
  market_id    bigint PRIMARY KEY REFERENCES exchange.markets,
  epoch        bigint NOT NULL,
  owner        text,
  address      text,                           -- where the owner answers, as others can reach it
  last_seq     bigint NOT NULL,
  last_time    bigint NOT NULL,                -- microseconds since 1970
  heartbeat_at timestamptz NOT NULL,
  stopped      text                            -- why the market was stopped: its journal or snapshot contradicts itself
) WITH (fillfactor = 10);

-- Every take-over, with the clock that gave the times from then on.
CREATE TABLE exchange.epochs (
  market_id bigint NOT NULL REFERENCES exchange.markets,
  epoch     bigint NOT NULL,
  owner     text NOT NULL,
  clock     text NOT NULL,
  after_seq bigint NOT NULL,
  taken_at  timestamptz NOT NULL DEFAULT clock_timestamp(),
  PRIMARY KEY (market_id, epoch)
);

-- Commands in the order in which they were carried out: 64 bytes each, as the engine reads them, little-endian.
CREATE TABLE exchange.journal (
  market_id   bigint NOT NULL REFERENCES exchange.markets,
  first_seq   bigint NOT NULL,
  last_seq    bigint NOT NULL CHECK (last_seq >= first_seq),
  epoch       bigint NOT NULL,
  commands    bytea NOT NULL CHECK (octet_length(commands) = 64 * (last_seq - first_seq + 1)),
  digest      bytea NOT NULL,                  -- of the engine before the first of them
  recorded_at timestamptz NOT NULL DEFAULT clock_timestamp(),
  PRIMARY KEY (market_id, first_seq)
);
-- Compressing takes longer than writing.
ALTER TABLE exchange.journal ALTER COLUMN commands SET STORAGE EXTERNAL;

-- The engine at some sequence number, so that nobody has to begin at the first command. Old ones may go.
CREATE TABLE exchange.snapshots (
  market_id bigint NOT NULL REFERENCES exchange.markets,
  seq       bigint NOT NULL,
  digest    bytea NOT NULL,
  state     bytea NOT NULL,                    -- deflated
  taken_at  timestamptz NOT NULL DEFAULT clock_timestamp(),
  PRIMARY KEY (market_id, seq)
);
ALTER TABLE exchange.snapshots ALTER COLUMN state SET STORAGE EXTERNAL;

-- Commands that calls brought, in their own transactions, for the owner of the market to take.
CREATE TABLE exchange.inbox (
  id         bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  market_id  bigint NOT NULL REFERENCES exchange.markets,
  command    bytea NOT NULL CHECK (octet_length(command) = 64),
  call_id    uuid NOT NULL,
  account    bigint NOT NULL,
  client_ref text,
  origin     jsonb,
  created_at timestamptz NOT NULL
);
CREATE INDEX inbox_by_call ON exchange.inbox (call_id);

-- Those that were not taken yet. Rows go as they are taken, so that looking for them costs the same for ever.
CREATE TABLE exchange.waiting (
  market_id bigint NOT NULL,
  inbox_id  bigint NOT NULL REFERENCES exchange.inbox,
  PRIMARY KEY (market_id, inbox_id)
);

-- Under which number each was carried out; written with the journal, so each is carried out once.
CREATE TABLE exchange.taken (
  inbox_id  bigint PRIMARY KEY REFERENCES exchange.inbox,
  market_id bigint NOT NULL,
  seq       bigint NOT NULL
);
CREATE INDEX taken_by_seq ON exchange.taken (market_id, seq);

-- How far each reader of a market's journal has come.
CREATE TABLE exchange.cursors (
  market_id bigint NOT NULL REFERENCES exchange.markets,
  name      text NOT NULL,
  seq       bigint NOT NULL,
  PRIMARY KEY (market_id, name)
) WITH (fillfactor = 10);

GRANT USAGE ON SCHEMA exchange TO florin_app;
GRANT SELECT, INSERT ON exchange.instruments, exchange.markets, exchange.market_changes, exchange.schedules,
  exchange.schedule_marks, exchange.fee_schedules, exchange.accounts, exchange.account_limits, exchange.sessions,
  exchange.heads, exchange.epochs, exchange.journal, exchange.snapshots, exchange.inbox, exchange.waiting, exchange.taken,
  exchange.cursors TO florin_app;
GRANT UPDATE (closed_at) ON exchange.sessions TO florin_app;
GRANT UPDATE (epoch, owner, address, last_seq, last_time, heartbeat_at, stopped) ON exchange.heads TO florin_app;
GRANT UPDATE (seq) ON exchange.cursors TO florin_app;
GRANT DELETE ON exchange.snapshots, exchange.waiting TO florin_app;
