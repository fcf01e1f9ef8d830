-- Transaction ids order the audit trail and the outbox, and they are of one database cluster: a dump restored into
-- another cluster brings ids from its future, a recovery to a point in time gives ids out again. So each life of the
-- database is an epoch; its rows are those above the numbers that the lives before it had reached.

CREATE TABLE kernel.clusters (
  epoch             int PRIMARY KEY,
  system_identifier text,             -- NULL where the login may not look
  timeline          int,
  noted_at          timestamptz NOT NULL,
  audit_after       bigint NOT NULL,
  outbox_after      bigint NOT NULL
);

GRANT SELECT ON kernel.clusters TO florin_app;
