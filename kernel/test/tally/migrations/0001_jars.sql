CREATE TABLE tally.jars (
  name  text PRIMARY KEY,
  total bigint NOT NULL,
  -- Only ever more than 0 within a transaction that is about to be refused.
  taken bigint NOT NULL DEFAULT 0
);

CREATE TABLE tally.drops (
  seq    bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  jar    text NOT NULL REFERENCES tally.jars,
  amount bigint NOT NULL,
  total  bigint NOT NULL
);

-- Idempotency store and trail of `tally.stone.add`.
CREATE TABLE tally.stones (
  id           uuid CONSTRAINT stones_pkey PRIMARY KEY,
  jar          text NOT NULL,
  amount       bigint NOT NULL,
  actor        text NOT NULL,
  payload_hash bytea NOT NULL,
  refusal      json,
  total        bigint
);

GRANT USAGE ON SCHEMA tally TO florin_app;
GRANT SELECT, INSERT, UPDATE ON tally.jars TO florin_app;
GRANT SELECT, INSERT ON tally.drops, tally.stones TO florin_app;
