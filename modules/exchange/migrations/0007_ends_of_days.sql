-- Where a trading day begins: market data counts from there. Word 0 of a command is its type, little end first; 10 ends
-- a day (libs/orderbook/src/layout.ts). A market has one of them a day, whatever else comes into its inbox.
CREATE INDEX inbox_ends_of_days ON exchange.inbox (market_id, id) WHERE get_byte(command, 0) = 10;
