-- When money really moved, as facts of their own that come later; the days on which it can; and what should have
-- moved by when.

-- Versions of a ledger's business calendar; the highest one is in force. Days are days in UTC.
CREATE TABLE ledger.calendars (
  ledger_id  bigint NOT NULL REFERENCES ledger.ledgers,
  version    int NOT NULL,
  first_day  date NOT NULL,                -- what the calendar knows of: from here
  last_day   date NOT NULL,                -- to here
  weekend    int[] NOT NULL,               -- ISO 8601: 1 is Monday
  holidays   json NOT NULL,
  set_at     timestamptz NOT NULL,
  set_by     text NOT NULL,
  PRIMARY KEY (ledger_id, version)
);

-- Within how many business days what is booked under a prefix must settle. For each prefix and asset the highest
-- version is in force.
CREATE TABLE ledger.settlement_terms (
  ledger_id     bigint NOT NULL REFERENCES ledger.ledgers,
  version       int NOT NULL,
  prefix        text NOT NULL,
  asset         text,                      -- NULL: every asset that has no terms of its own under the prefix
  business_days int,                       -- NULL: no terms any more
  set_at        timestamptz NOT NULL,
  set_by        text NOT NULL,
  PRIMARY KEY (ledger_id, version)
);

-- A transaction settled. A later fact may replace an earlier one; all are kept, the highest version counts.
CREATE TABLE ledger.settlements (
  ledger_id   bigint NOT NULL,
  seq         bigint NOT NULL,             -- the transaction's
  version     int NOT NULL,
  settled_at  timestamptz NOT NULL,
  reference   text NOT NULL,
  reason      text,                        -- why it replaces the one before
  recorded_at timestamptz NOT NULL,
  recorded_by text NOT NULL,
  PRIMARY KEY (ledger_id, seq, version)
);

-- What was booked under terms and when it is due, by the terms and the calendar that were in force then. `open` is kept
-- beside it so that what is overdue is found without looking at what is settled; `verify` recomputes it.
CREATE TABLE ledger.dues (
  ledger_id       bigint NOT NULL,
  seq             bigint NOT NULL,
  terms           int NOT NULL,            -- version of the terms
  prefix          text NOT NULL,
  due_day         date NOT NULL,
  beyond_calendar boolean NOT NULL,        -- counted over days that the calendar knew nothing of but the weekends
  open            boolean NOT NULL DEFAULT true,
  PRIMARY KEY (ledger_id, seq, terms)
) WITH (fillfactor = 80);
CREATE INDEX dues_open ON ledger.dues (ledger_id, due_day, seq, terms) WHERE open;
CREATE INDEX dues_open_by_prefix ON ledger.dues (ledger_id, prefix, due_day, seq, terms) WHERE open;

GRANT SELECT, INSERT ON ledger.calendars, ledger.settlement_terms, ledger.settlements, ledger.dues TO florin_app;
GRANT UPDATE (open) ON ledger.dues TO florin_app;
