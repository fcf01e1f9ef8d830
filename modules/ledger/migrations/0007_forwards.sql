-- Forwards: transactions that are recorded today and booked when their value time has come. The record of the journal
-- says who asked and when; what was asked is kept here until it is due. Nothing here ever changes: how a forward ended
-- is a row of its own.
CREATE TABLE ledger.forwards (
  id        uuid PRIMARY KEY,                  -- that of its record in the journal
  ledger_id bigint NOT NULL,
  seq       bigint NOT NULL,
  due       timestamptz NOT NULL,              -- its value time
  request   json NOT NULL,                     -- postings or lines, and conditions, as they were sent
  UNIQUE (ledger_id, seq),
  UNIQUE (ledger_id, due, seq)                 -- the order in which they are booked
);

-- What a forward will move, in minor units. By address: its accounts may be opened by its booking alone.
CREATE TABLE ledger.forward_postings (
  ledger_id bigint NOT NULL,
  seq       bigint NOT NULL,
  line      int NOT NULL,
  due       timestamptz NOT NULL,
  debit     text NOT NULL COLLATE "C",
  credit    text NOT NULL COLLATE "C",
  asset     text NOT NULL COLLATE "C",
  exponent  int NOT NULL,
  amount    numeric(78, 0) NOT NULL CHECK (amount > 0),
  PRIMARY KEY (ledger_id, seq, line)
);
CREATE INDEX forward_postings_debit ON ledger.forward_postings (ledger_id, debit, due, seq);
CREATE INDEX forward_postings_credit ON ledger.forward_postings (ledger_id, credit, due, seq);

-- How a forward ended, once. A forward without an outcome is pending.
CREATE TABLE ledger.forward_outcomes (
  ledger_id   bigint NOT NULL,
  forward_seq bigint NOT NULL,
  due         timestamptz NOT NULL,
  status      text NOT NULL CHECK (status IN ('booked', 'refused', 'cancelled')),
  seq         bigint NOT NULL,                 -- of the record that ended it
  PRIMARY KEY (ledger_id, forward_seq)
);
CREATE INDEX forward_outcomes_status ON ledger.forward_outcomes (ledger_id, status, due, forward_seq);

-- Which ledgers have something due: a handful of rows, however many ledgers there are.
CREATE INDEX heads_forward_due ON ledger.heads (forward_due) WHERE forward_due IS NOT NULL;

GRANT SELECT, INSERT ON ledger.forwards, ledger.forward_postings, ledger.forward_outcomes TO florin_app;
