-- Which version of the matching rules (libs/orderbook/RULES.md, section 11) carried commands out. What was journalled before
-- versions were kept is of version 1.

-- Of the rows that were journalled in the epoch.
ALTER TABLE exchange.epochs ADD COLUMN rules int NOT NULL DEFAULT 1;
ALTER TABLE exchange.epochs ALTER COLUMN rules DROP DEFAULT;

ALTER TABLE exchange.snapshots ADD COLUMN rules int NOT NULL DEFAULT 1;
ALTER TABLE exchange.snapshots ALTER COLUMN rules DROP DEFAULT;

-- What whoever takes the market over must have, and the last command that was carried out by another version; 0: none was.
ALTER TABLE exchange.heads ADD COLUMN rules int NOT NULL DEFAULT 1;
ALTER TABLE exchange.heads ALTER COLUMN rules DROP DEFAULT;
ALTER TABLE exchange.heads ADD COLUMN rules_after bigint NOT NULL DEFAULT 0;

-- Every change from one version to another: the journal up to `after_seq` is an archive of the version before, and the
-- snapshot of that command, which is kept, is what the new one began with.
CREATE TABLE exchange.rules_changes (
  id         bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  market_id  bigint NOT NULL REFERENCES exchange.markets,
  after_seq  bigint NOT NULL,
  before     int NOT NULL,
  rules      int NOT NULL CHECK (rules <> before),
  digest     bytea NOT NULL,                   -- of the engine at that command
  changed_at timestamptz NOT NULL,
  changed_by text NOT NULL
);
CREATE INDEX rules_changes_by_command ON exchange.rules_changes (market_id, after_seq);

GRANT SELECT, INSERT ON exchange.rules_changes TO florin_app;
GRANT UPDATE (rules, rules_after) ON exchange.heads TO florin_app;
