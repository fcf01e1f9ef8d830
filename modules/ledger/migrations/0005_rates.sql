-- Reference rates, and what was revalued by them. All of it is inserted once and never touched again.

-- What a source said one unit of base was worth, and when. Rates are the world's, not a ledger's: all ledgers share them.
CREATE TABLE ledger.rates (
  source      text NOT NULL COLLATE "C",
  base        text NOT NULL COLLATE "C",
  quote       text NOT NULL COLLATE "C",
  time        timestamptz NOT NULL,             -- when it was quoted, by the source
  revision    int NOT NULL CHECK (revision > 0),-- above 1: corrects the one before; the highest counts
  rate        text NOT NULL,                    -- as it was stated, a decimal or a fraction: exact, never a float
  valid_until timestamptz CHECK (valid_until > time),
  reason      text,
  recorded_at timestamptz NOT NULL,
  recorded_by text NOT NULL,
  CHECK (base <> quote),
  PRIMARY KEY (source, base, quote, time, revision)
);

-- A revaluation of positions: which transaction booked it, by which rates, and when it is to be reversed.
CREATE TABLE ledger.revaluations (
  id              uuid PRIMARY KEY,
  ledger_id       bigint NOT NULL REFERENCES ledger.ledgers,
  number          bigint NOT NULL,              -- 1, 2, 3 … within the ledger
  transaction     uuid,                         -- NULL: there was nothing to book
  value_time      timestamptz NOT NULL,
  reporting_asset text NOT NULL COLLATE "C",
  positions       text NOT NULL COLLATE "C",
  source          text NOT NULL COLLATE "C",
  rate_time       timestamptz NOT NULL,
  rounding        text NOT NULL,
  reverse_on      timestamptz CHECK (reverse_on > value_time),
  lines           json NOT NULL,                -- as they were answered: what the transaction was worked out from
  seq             bigint NOT NULL,              -- the record up to which positions were read
  booked_at       timestamptz NOT NULL,
  UNIQUE (ledger_id, number)
);
CREATE INDEX revaluations_due ON ledger.revaluations (reverse_on, ledger_id, number)
  WHERE reverse_on IS NOT NULL AND transaction IS NOT NULL;

GRANT SELECT, INSERT ON ledger.rates, ledger.revaluations TO florin_app;
