import {
  type AnswerRecord,
  commandType,
  decodeCommand,
  decodeRecords,
  decodeTerms,
  type MarketRecord as EngineRecord,
  namesOf,
  noPrice,
  type OrderRecord,
  type PreventedRecord,
  type RawCommand,
  reason,
  type TradeRecord,
} from '@florin/orderbook'
import { isoOfMicros } from '../domain/micros.ts'
import { snake } from '../domain/names.ts'
import { orderIdOf } from '../domain/order-id.ts'
import { moneyOf, priceOf, quantityOf, type Units } from '../domain/units.ts'
import { reasonCode } from '../order-refusals.ts'
