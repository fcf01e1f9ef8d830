-- What readers of the journal pay for each row that they write, and nobody gets anything for.

-- The same as exchange.order_records, in other words: nothing ever read it.
DROP TABLE exchange.order_events;

-- Market and accounts are those of the journal, which has them checked. A check of a foreign key is a query for each row.
ALTER TABLE exchange.orders DROP CONSTRAINT orders_market_id_fkey;
ALTER TABLE exchange.fills DROP CONSTRAINT fills_market_id_fkey;
ALTER TABLE exchange.candles DROP CONSTRAINT candles_market_id_fkey;
ALTER TABLE exchange.settlements DROP CONSTRAINT settlements_market_id_fkey,
  DROP CONSTRAINT settlements_buyer_id_fkey, DROP CONSTRAINT settlements_seller_id_fkey;
ALTER TABLE exchange.traded_values DROP CONSTRAINT traded_values_market_id_fkey,
  DROP CONSTRAINT traded_values_account_id_fkey;

-- Rows come in the order of time: an entry for some pages is enough.
DROP INDEX exchange.fills_by_time;
CREATE INDEX fills_by_time ON exchange.fills USING brin (at) WITH (pages_per_range = 32, autosummarize = on);
DROP INDEX exchange.order_records_by_time;
CREATE INDEX order_records_by_time ON exchange.order_records USING brin (at_us)
  WITH (pages_per_range = 32, autosummarize = on);
