-- Approval by a second person: which commands wait for one, what waits, who approved it, and what came of it.

CREATE TABLE kernel.approval_policies (
  version    int PRIMARY KEY,            -- counts the changes of all policies: who knows the highest knows them all
  name       text NOT NULL,
  definition json,                       -- NULL: removed
  set_at     timestamptz NOT NULL,
  set_by     text NOT NULL,
  reason     text NOT NULL
);
CREATE INDEX approval_policies_name ON kernel.approval_policies (name, version);

-- A call that waits. Caller, key, payload hash and time stand in its claim; the needs are those of the policies that were
-- in force then.
CREATE TABLE kernel.approval_requests (
  id           uuid PRIMARY KEY REFERENCES kernel.requests,
  command      text NOT NULL,
  input        json NOT NULL,
  reason       text,
  source_ip    text,
  needs        json NOT NULL,
  requested_at timestamptz NOT NULL,
  expires_at   timestamptz NOT NULL,
  open         boolean NOT NULL DEFAULT true    -- derived: it has no end yet. The row is the lock under which it is decided.
);
CREATE INDEX approval_requests_open ON kernel.approval_requests (expires_at, id) WHERE open;
CREATE INDEX approval_requests_order ON kernel.approval_requests (requested_at, id);
CREATE INDEX approval_requests_command ON kernel.approval_requests (command);

CREATE TABLE kernel.approval_grants (
  request_id uuid NOT NULL REFERENCES kernel.approval_requests,
  actor      text NOT NULL,
  policies   text[] NOT NULL,            -- those of the request's policies for which this approval counts
  reason     text,
  granted_at timestamptz NOT NULL,
  PRIMARY KEY (request_id, actor)
);

-- How a request ended: once.
CREATE TABLE kernel.approval_ends (
  request_id uuid PRIMARY KEY REFERENCES kernel.approval_requests,
  status     text NOT NULL CHECK (status IN ('executed', 'failed', 'rejected', 'withdrawn', 'expired')),
  actor      text NOT NULL,
  reason     text,
  body       json,                       -- what the command answered, or why it failed
  ended_at   timestamptz NOT NULL
);

-- What was run with approvals names them.
ALTER TABLE kernel.audit ADD COLUMN approval json;

GRANT SELECT, INSERT ON kernel.approval_policies, kernel.approval_requests, kernel.approval_grants, kernel.approval_ends
  TO florin_app;
GRANT UPDATE (open) ON kernel.approval_requests TO florin_app;
