export { NaiveMarket } from './naive/market.ts'
