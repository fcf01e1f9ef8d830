-- What was found when the books were recomputed, by whom and up to where.
CREATE TABLE ledger.verifications (
  id         uuid PRIMARY KEY,                 -- UUIDv7: rises with time
  started_at timestamptz NOT NULL,
  ended_at   timestamptz NOT NULL,
  actor      text NOT NULL,
  up_to      jsonb NOT NULL,                   -- of every ledger: the last seq that was looked at
  findings   int NOT NULL CHECK (findings >= 0),
  details    jsonb NOT NULL                    -- the first findings of each check
);

-- The parts of large imports that are booked: where an interrupted import goes on.
CREATE TABLE ledger.import_parts (
  ledger_id bigint NOT NULL,
  import    text NOT NULL,                     -- names file and options by their hash
  through   bigint NOT NULL,                   -- transactions of the journal up to the end of this part
  booked    int NOT NULL,
  already   int NOT NULL,                      -- booked by an earlier import
  booked_at timestamptz NOT NULL,
  PRIMARY KEY (ledger_id, import, through)
);

GRANT SELECT, INSERT ON ledger.verifications, ledger.import_parts TO florin_app;
