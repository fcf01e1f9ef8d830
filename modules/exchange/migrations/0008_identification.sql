-- Who members, their clients, traders and algorithms are, for the records that regulators ask for. Kept in versions that are
-- inserted and never changed. At a moment counts the version with the latest `valid_from` up to it; of several the highest.
CREATE TABLE exchange.identifications (
  kind       text NOT NULL CHECK (kind IN ('market', 'participant', 'account', 'session')),
  subject    text NOT NULL,                    -- its code
  version    int NOT NULL,
  valid_from timestamptz NOT NULL,
  details    jsonb NOT NULL,
  set_at     timestamptz NOT NULL,
  set_by     text NOT NULL,
  PRIMARY KEY (kind, subject, version)
);

GRANT SELECT, INSERT ON exchange.identifications TO florin_app;
