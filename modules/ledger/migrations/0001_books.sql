-- The books. Everything that says what happened is inserted once and never touched again; what is kept beside it
-- (balances, heads, what is left of a hold) is derived, updated in the same transaction, and checked by `verify`.

-- Tokens and instruments. ISO 4217 currencies are known without being listed.
CREATE TABLE ledger.assets (
  code          text PRIMARY KEY,
  kind          text NOT NULL CHECK (kind IN ('iso4217', 'caip19', 'instrument')),
  exponent      int NOT NULL CHECK (exponent BETWEEN 0 AND 36),
  name          text,
  registered_at timestamptz NOT NULL
);

-- One per legal entity or book. Ledger 0 is nobody's: it records refusals of calls that name no existing ledger.
CREATE TABLE ledger.ledgers (
  id          bigint PRIMARY KEY,              -- 1, 2, 3 …: no sequence, so that no crash leaves a gap
  name        text NOT NULL UNIQUE,
  description text,
  metadata    jsonb NOT NULL DEFAULT '{}',
  opened_at   timestamptz NOT NULL
);
INSERT INTO ledger.ledgers (id, name, opened_at) VALUES (0, '', 'epoch');

-- Where a ledger's journal ends. Its row lock makes the ledger's writers take turns, a batch at a time, so that the
-- sequence has no gaps and booking times rise with it.
CREATE TABLE ledger.heads (
  ledger_id bigint PRIMARY KEY REFERENCES ledger.ledgers,
  seq       bigint NOT NULL,
  accounts  bigint NOT NULL,                   -- opened so far
  booked_at timestamptz NOT NULL,
  policies  bigint NOT NULL DEFAULT 0,         -- counts changes of what postings are judged by: chart, periods, limits
  forward_due timestamptz                      -- when the first of the pending forwards is due; NULL: none is pending
) WITH (fillfactor = 10);
INSERT INTO ledger.heads (ledger_id, seq, accounts, booked_at) VALUES (0, 0, 0, 'epoch');

-- Versions of a ledger's chart of accounts; the highest one is in force.
CREATE TABLE ledger.charts (
  ledger_id  bigint NOT NULL REFERENCES ledger.ledgers,
  version    int NOT NULL,
  templates  json NOT NULL,
  set_at     timestamptz NOT NULL,
  set_by     text NOT NULL,
  PRIMARY KEY (ledger_id, version)
);

-- An account holds one asset; an address may have several accounts, one for each asset.
CREATE TABLE ledger.accounts (
  id              bigint PRIMARY KEY,          -- ledger_id · 2^40 + the account's number within the ledger
  ledger_id       bigint NOT NULL REFERENCES ledger.ledgers,
  address         text NOT NULL COLLATE "C",   -- byte order: prefixes are ranges of the index
  asset           text NOT NULL COLLATE "C",
  exponent        int NOT NULL,
  type            text NOT NULL CHECK (type IN ('asset', 'liability', 'equity', 'revenue', 'expense')),
  overdraft_limit numeric(96, 0),              -- minor units; 0: forbidden; NULL: without limit
  frozen          text NOT NULL DEFAULT 'no' CHECK (frozen IN ('no', 'debits', 'credits', 'both')),
  closed_at       timestamptz,
  metadata        jsonb NOT NULL DEFAULT '{}',
  chart_version   int NOT NULL,
  opened_at       timestamptz NOT NULL,
  UNIQUE (ledger_id, address, asset)
);

-- The four counters of an account, in minor units, apart from the account because they change all the time.
CREATE TABLE ledger.balances (
  account_id      bigint PRIMARY KEY REFERENCES ledger.accounts,
  posted_debits   numeric(96, 0) NOT NULL DEFAULT 0,
  posted_credits  numeric(96, 0) NOT NULL DEFAULT 0,
  pending_debits  numeric(96, 0) NOT NULL DEFAULT 0,
  pending_credits numeric(96, 0) NOT NULL DEFAULT 0,
  version         bigint NOT NULL DEFAULT 0    -- seq of the last journal record that changed them
) WITH (fillfactor = 50);

-- The book of original entry: one record for every request that came to an outcome, refusals included, numbered
-- without gaps within the ledger. The record carries caller, key and payload hash: it is the idempotency store and
-- the audit trail of what it records.
CREATE TABLE ledger.journal (
  ledger_id       bigint NOT NULL,
  seq             bigint NOT NULL,
  id              uuid NOT NULL,
  kind            text NOT NULL CHECK (kind IN ('transaction', 'hold', 'settlement', 'release', 'expiry', 'reversal', 'correction', 'closing',
                    'forward', 'cancellation')),
  booked_at       timestamptz NOT NULL,
  value_time      timestamptz NOT NULL,
  actor           text NOT NULL,
  idempotency_key text NOT NULL,
  payload_hash    bytea NOT NULL,
  request_id      text NOT NULL,
  source_ip       text,
  reason          text,
  forced          boolean NOT NULL DEFAULT false,
  reference       text,
  description     text,
  metadata        jsonb,
  subject         uuid,      -- the transaction that is reversed or corrected, the hold or forward that is ended or settled
  refusal         jsonb,     -- set: nothing was booked, and this is why
  request         jsonb,     -- what was asked, kept with refusals only: of booked requests the records say it
  CONSTRAINT journal_pkey PRIMARY KEY (ledger_id, seq),
  CONSTRAINT journal_id_key UNIQUE (id)
);
CREATE INDEX journal_reference ON ledger.journal (ledger_id, reference, seq) WHERE reference IS NOT NULL;
CREATE INDEX journal_subject ON ledger.journal (subject) WHERE subject IS NOT NULL;
CREATE INDEX journal_metadata ON ledger.journal USING gin (metadata jsonb_path_ops) WHERE metadata IS NOT NULL;
CREATE UNIQUE INDEX journal_reversed_once ON ledger.journal (subject) WHERE kind = 'reversal' AND refusal IS NULL;

-- A posting moves an amount from the credit account to the debit account: an unbalanced record can't be written.
-- Both accounts' running totals are those right after it.
CREATE TABLE ledger.postings (
  ledger_id      bigint NOT NULL,
  seq            bigint NOT NULL,
  line           int NOT NULL,
  debit_account  bigint NOT NULL,
  credit_account bigint NOT NULL,
  amount         numeric(78, 0) NOT NULL CHECK (amount > 0),
  value_time     timestamptz NOT NULL,
  booked_at      timestamptz NOT NULL,
  debit_debits   numeric(96, 0) NOT NULL,
  debit_credits  numeric(96, 0) NOT NULL,
  credit_debits  numeric(96, 0) NOT NULL,
  credit_credits numeric(96, 0) NOT NULL,
  CHECK (debit_account <> credit_account),
  PRIMARY KEY (ledger_id, seq, line)
);
CREATE INDEX postings_debit ON ledger.postings (debit_account, seq, line);
CREATE INDEX postings_credit ON ledger.postings (credit_account, seq, line);
-- Value order: what was booked as it happened is in it by itself; these are the others.
CREATE INDEX postings_shifted_debit ON ledger.postings (debit_account, value_time, seq, line) WHERE value_time <> booked_at;
CREATE INDEX postings_shifted_credit ON ledger.postings (credit_account, value_time, seq, line) WHERE value_time <> booked_at;

-- What was not booked as it happened, summed by account, by the day it is of and the day it was booked on (both UTC).
-- With the running totals it gives a balance by value time; a posting into a year-old day adds to one row.
CREATE TABLE ledger.value_days (
  account_id bigint NOT NULL,
  value_day  date NOT NULL,
  booked_day date NOT NULL,
  debits     numeric(96, 0) NOT NULL,
  credits    numeric(96, 0) NOT NULL,
  PRIMARY KEY (account_id, value_day, booked_day)
) WITH (fillfactor = 70);

-- A hold: an amount that may leave an account only for what it was held for.
CREATE TABLE ledger.holds (
  id             uuid PRIMARY KEY,
  ledger_id      bigint NOT NULL,
  seq            bigint NOT NULL,
  debit_account  bigint NOT NULL,
  credit_account bigint NOT NULL,
  amount         numeric(78, 0) NOT NULL CHECK (amount > 0),
  expires_at     timestamptz,
  status         text NOT NULL CHECK (status IN ('open', 'settled', 'released', 'expired')),
  remaining      numeric(78, 0) NOT NULL CHECK (remaining >= 0),   -- still held
  settled        numeric(96, 0) NOT NULL CHECK (settled >= 0),     -- posted so far
  UNIQUE (ledger_id, seq)
) WITH (fillfactor = 80);
CREATE INDEX holds_debit ON ledger.holds (debit_account, expires_at);
CREATE INDEX holds_credit ON ledger.holds (credit_account, expires_at);
CREATE INDEX holds_open_debit ON ledger.holds (debit_account, expires_at) WHERE status = 'open';
CREATE INDEX holds_open_credit ON ledger.holds (credit_account, expires_at) WHERE status = 'open';
CREATE INDEX holds_due ON ledger.holds (expires_at, id) WHERE status = 'open' AND expires_at IS NOT NULL;

-- Every change of what is held, with both accounts' running totals of pending amounts right after it.
CREATE TABLE ledger.reservations (
  ledger_id      bigint NOT NULL,
  seq            bigint NOT NULL,
  line           int NOT NULL,
  hold_id        uuid NOT NULL,
  debit_account  bigint NOT NULL,
  credit_account bigint NOT NULL,
  delta          numeric(78, 0) NOT NULL CHECK (delta <> 0),
  debit_pending  numeric(96, 0) NOT NULL,     -- pending debits of the debit account
  credit_pending numeric(96, 0) NOT NULL,     -- pending credits of the credit account
  PRIMARY KEY (ledger_id, seq, line)
);
CREATE INDEX reservations_hold ON ledger.reservations (hold_id, seq);
CREATE INDEX reservations_debit ON ledger.reservations (debit_account, seq, line);
CREATE INDEX reservations_credit ON ledger.reservations (credit_account, seq, line);

-- For accountants: every posting as its two entry lines.
CREATE VIEW ledger.entries AS
  SELECT p.ledger_id, p.seq, p.line, 'debit' AS side, p.debit_account AS account_id, p.amount, p.value_time, p.booked_at,
         p.debit_debits AS debits_after, p.debit_credits AS credits_after, p.credit_account AS counter_account
  FROM ledger.postings p
  UNION ALL
  SELECT p.ledger_id, p.seq, p.line, 'credit', p.credit_account, p.amount, p.value_time, p.booked_at,
         p.credit_debits, p.credit_credits, p.debit_account
  FROM ledger.postings p;

-- The last sequence number booked at or before a time, 0 if none: a binary search, since booking times rise with it.
CREATE FUNCTION ledger.seq_at(of_ledger bigint, at timestamptz) RETURNS bigint
LANGUAGE plpgsql STABLE SET search_path = pg_catalog AS $$
DECLARE
  low bigint := 0;
  high bigint := (SELECT h.seq FROM ledger.heads h WHERE h.ledger_id = of_ledger);
  middle bigint;
BEGIN
  WHILE low < high LOOP
    middle := (low + high + 1) / 2;
    IF (SELECT j.booked_at FROM ledger.journal j WHERE j.ledger_id = of_ledger AND j.seq = middle) <= at THEN
      low := middle;
    ELSE
      high := middle - 1;
    END IF;
  END LOOP;
  RETURN low;
END $$;

GRANT USAGE ON SCHEMA ledger TO florin_app;
GRANT SELECT, INSERT ON ledger.assets, ledger.ledgers, ledger.charts, ledger.accounts, ledger.balances, ledger.heads,
  ledger.journal, ledger.postings, ledger.value_days, ledger.holds, ledger.reservations TO florin_app;
GRANT SELECT ON ledger.entries TO florin_app;
GRANT UPDATE (overdraft_limit, frozen, closed_at, metadata) ON ledger.accounts TO florin_app;
GRANT UPDATE (posted_debits, posted_credits, pending_debits, pending_credits, version) ON ledger.balances TO florin_app;
GRANT UPDATE (debits, credits) ON ledger.value_days TO florin_app;
GRANT UPDATE (seq, accounts, booked_at, policies, forward_due) ON ledger.heads TO florin_app;
GRANT UPDATE (status, remaining, settled) ON ledger.holds TO florin_app;
