-- What is watched over with every posting: monitors tell, limits refuse, safeguards compare what is held with what is
-- owed. Setting one anew or removing it adds a row; of each name the highest version is in force.
CREATE TABLE ledger.watches (
  ledger_id bigint NOT NULL REFERENCES ledger.ledgers,
  kind      text NOT NULL CHECK (kind IN ('monitor', 'limit', 'safeguard')),
  name      text NOT NULL COLLATE "C",
  version   int NOT NULL,
  id        uuid NOT NULL UNIQUE,              -- what is kept for this version is kept under it
  rule      json,                              -- NULL: removed
  reason    text,
  seq       bigint NOT NULL,                   -- of the last record before it was set
  set_at    timestamptz NOT NULL,
  set_by    text NOT NULL,
  PRIMARY KEY (ledger_id, kind, name, version)
);

-- Where each monitor stands on each account that it was ever triggered on. Derived: `verify` recomputes it.
CREATE TABLE ledger.monitor_states (
  monitor    uuid NOT NULL,
  account_id bigint NOT NULL REFERENCES ledger.accounts,
  triggered  boolean NOT NULL,
  since      timestamptz NOT NULL,
  seq        bigint NOT NULL,                  -- the record that turned it
  PRIMARY KEY (monitor, account_id)
) WITH (fillfactor = 80);
CREATE INDEX monitor_states_triggered ON ledger.monitor_states (monitor, account_id) WHERE triggered;

-- Both sides of each safeguard, by asset, in minor units. Derived as well.
CREATE TABLE ledger.safeguard_sums (
  safeguard uuid NOT NULL,
  asset     text NOT NULL COLLATE "C",
  held      numeric(96, 0) NOT NULL,
  owed      numeric(96, 0) NOT NULL,
  broken    boolean NOT NULL,
  since     timestamptz NOT NULL,              -- since when it is broken, or is not
  seq       bigint NOT NULL,
  PRIMARY KEY (safeguard, asset)
) WITH (fillfactor = 20);

GRANT SELECT, INSERT ON ledger.watches, ledger.monitor_states, ledger.safeguard_sums TO florin_app;
GRANT UPDATE (triggered, since, seq) ON ledger.monitor_states TO florin_app;
GRANT UPDATE (held, owed, broken, since, seq) ON ledger.safeguard_sums TO florin_app;
