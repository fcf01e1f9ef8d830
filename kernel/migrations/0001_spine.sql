-- The spine's own records: who may call, what was asked, what came of it, what changed, what is to be told.
-- The application's role may insert and read; nothing here is ever updated or deleted.

CREATE TABLE kernel.api_keys (
  id          uuid PRIMARY KEY,
  name        text NOT NULL UNIQUE,          -- the caller's stable id in idempotency scopes and audit
  secret_hash bytea NOT NULL UNIQUE,         -- SHA-256 of 256 random bits: nothing to guess, so nothing to stretch
  permissions text[] NOT NULL,
  expires_at  timestamptz,
  created_at  timestamptz NOT NULL,
  created_by  text NOT NULL
);

CREATE TABLE kernel.api_key_revocations (
  key_id     uuid PRIMARY KEY REFERENCES kernel.api_keys,
  revoked_at timestamptz NOT NULL,
  revoked_by text NOT NULL
);

-- The one table that is overwritten: a convenience, not a record.
CREATE TABLE kernel.api_key_uses (
  key_id       uuid PRIMARY KEY REFERENCES kernel.api_keys,
  last_used_at timestamptz NOT NULL
);

-- A claimed idempotency key. The id is made of caller, command and key, so its primary key is the barrier.
CREATE TABLE kernel.requests (
  id           uuid PRIMARY KEY,
  actor        text NOT NULL,
  command      text NOT NULL,
  key          text NOT NULL,
  payload_hash bytea NOT NULL,
  claimed_at   timestamptz NOT NULL
);

CREATE TABLE kernel.outcomes (
  request_id uuid PRIMARY KEY REFERENCES kernel.requests,
  status     text NOT NULL CHECK (status IN ('done', 'refused', 'pending')),
  body       json NOT NULL                   -- json, not jsonb: a replay is the first answer to the letter
);

CREATE TABLE kernel.audit (
  seq             bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  xid             xid8 NOT NULL DEFAULT pg_current_xact_id(),   -- orders gap-free reading: see kernel.event.list
  at              timestamptz NOT NULL,
  action          text NOT NULL,
  outcome         text NOT NULL CHECK (outcome IN ('done', 'refused', 'pending', 'denied', 'failed')),
  code            text,
  actor           text NOT NULL,
  request_id      text NOT NULL,
  call_id         uuid,
  idempotency_key text,
  payload_hash    bytea,
  reason          text,
  source_ip       text,
  input           json,
  changes         json
);
CREATE INDEX audit_order ON kernel.audit (xid, seq);
CREATE INDEX audit_actor ON kernel.audit (actor, xid, seq);
CREATE INDEX audit_action ON kernel.audit (action, xid, seq);

CREATE TABLE kernel.outbox (
  seq        bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  xid        xid8 NOT NULL DEFAULT pg_current_xact_id(),
  id         uuid NOT NULL UNIQUE,
  at         timestamptz NOT NULL,
  type       text NOT NULL,
  subject    text NOT NULL,
  data       json NOT NULL,
  actor      text NOT NULL,
  request_id text NOT NULL
);
CREATE INDEX outbox_order ON kernel.outbox (xid, seq);
CREATE INDEX outbox_type ON kernel.outbox (type, xid, seq);

GRANT USAGE ON SCHEMA kernel TO florin_app;
GRANT SELECT, INSERT ON kernel.api_keys, kernel.api_key_revocations, kernel.requests, kernel.outcomes,
  kernel.audit, kernel.outbox TO florin_app;
GRANT SELECT, INSERT, UPDATE ON kernel.api_key_uses TO florin_app;
GRANT SELECT ON kernel.migrations TO florin_app;
