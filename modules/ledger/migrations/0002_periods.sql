-- Accounting periods: a calendar that is appended to, and every closing and reopening of a period as a record.

CREATE TABLE ledger.periods (
  ledger_id  bigint NOT NULL REFERENCES ledger.ledgers,
  number     int NOT NULL,                     -- 1, 2, 3 … in the order of time
  name       text NOT NULL,
  first_day  date NOT NULL,                    -- UTC days; a period covers every instant of them
  last_day   date NOT NULL CHECK (last_day >= first_day),
  defined_at timestamptz NOT NULL,
  defined_by text NOT NULL,
  PRIMARY KEY (ledger_id, number),
  UNIQUE (ledger_id, name)
);

-- The highest version says how a period stands; a period without any is open.
CREATE TABLE ledger.period_changes (
  ledger_id         bigint NOT NULL,
  period            int NOT NULL,
  version           int NOT NULL,
  state             text NOT NULL CHECK (state IN ('soft', 'hard', 'open')),
  seq_before        bigint NOT NULL,           -- where the journal ended before the change
  seq               bigint NOT NULL,           -- where the journal ended after the change, its own entries included
  changed_at        timestamptz NOT NULL,
  changed_by        text NOT NULL,
  reason            text,
  retained_earnings text,
  entries           uuid[] NOT NULL,           -- the journal's records that the change made: closings, or what undoes them
  trial_balance     text,                      -- canonical JSON, byte for byte what the hash was taken of
  sha256            text CHECK (sha256 ~ '^[0-9a-f]{64}$'),
  PRIMARY KEY (ledger_id, period, version),
  FOREIGN KEY (ledger_id, period) REFERENCES ledger.periods (ledger_id, number),
  CHECK ((state = 'open') = (trial_balance IS NULL)),
  CHECK ((trial_balance IS NULL) = (sha256 IS NULL))
);

-- Reports ask for these few records by value time: closings to leave them out, amendments to tell them apart.
CREATE INDEX journal_closings ON ledger.journal (ledger_id, value_time) WHERE kind = 'closing' AND refusal IS NULL;
CREATE INDEX journal_amendments ON ledger.journal (ledger_id, value_time)
  WHERE kind IN ('reversal', 'correction') AND refusal IS NULL;
CREATE INDEX holds_open ON ledger.holds (ledger_id, seq) WHERE status = 'open';

GRANT SELECT, INSERT ON ledger.periods, ledger.period_changes TO florin_app;
