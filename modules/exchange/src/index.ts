import { defineModule } from '@florin/kernel'
import './refusals.ts'
import { changeMarket } from './commands/change-market.ts'
import { defineInstrument } from './commands/define-instrument.ts'
import { getFees, setFees } from './commands/fees.ts'
import { getLimits, releaseAccount, setLimits } from './commands/limits.ts'
import { openAccount } from './commands/open-account.ts'
import { openMarket } from './commands/open-market.ts'
import { amendOrder, cancelAllOrders, cancelOrder, enterOrder } from './commands/orders.ts'
import { prepareLedger } from './commands/prepare-ledger.ts'
import { resumeMarket } from './commands/resume-market.ts'
import { advanceSchedule, getSchedule, setSchedule } from './commands/schedule.ts'
import { closeSession, openSession } from './commands/sessions.ts'
import { setMark, setPhase, setReference, switchKill } from './commands/steer-market.ts'
import { writeHistories, writeHistory } from './commands/write-history.ts'
import { sessionService } from './gateway/disconnects.ts'
import { orderEntryRoute } from './gateway/order-entry.ts'
import { marketDataRoute } from './market-data/connection.ts'
import { getBook, getPosition } from './queries/book.ts'
import { getOrder, listOrders } from './queries/orders.ts'
import { getRequest } from './queries/request.ts'
import {
  getAccount,
  getInstrument,
  getMarket,
  getMarketStatus,
  getSession,
  listAccounts,
  listInstruments,
  listMarkets,
  listSessions,
} from './queries/setup.ts'
import { listCandles, listFills } from './queries/trades.ts'
import { marketService } from './sequencer/service.ts'
import { movePhases } from './workers.ts'

export const exchangeModule = defineModule({
  name: 'exchange',
  migrations: new URL('../migrations/', import.meta.url),
  commands: [
    prepareLedger,
    defineInstrument,
    openMarket,
    changeMarket,
    setPhase,
    setReference,
    setMark,
    switchKill,
    resumeMarket,
    openAccount,
    setLimits,
    releaseAccount,
    openSession,
    closeSession,
    setFees,
    setSchedule,
    advanceSchedule,
    enterOrder,
    amendOrder,
    cancelOrder,
    cancelAllOrders,
    writeHistory,
  ],
  queries: [
    listInstruments,
    getInstrument,
    listMarkets,
    getMarket,
    getMarketStatus,
    listAccounts,
    getAccount,
    getLimits,
    listSessions,
    getSession,
    getFees,
    getSchedule,
    getRequest,
    getOrder,
    listOrders,
    listFills,
    listCandles,
    getBook,
    getPosition,
  ],
  workers: [movePhases, writeHistories],
  services: [marketService, sessionService],
  sockets: [orderEntryRoute(), marketDataRoute()],
})

export { type Followed, follow, readCursor } from './follower/follow.ts'
export { Follower } from './follower/follower.ts'
export { JournalBroken, type Visit } from './follower/replay.ts'
export { amendFill } from './history/amend.ts'
export { type Block, eachCommand, eachResult, type Results } from './sequencer/blocks.ts'
export { type HostOptions, MarketHost } from './sequencer/host.ts'
export { ownerOf } from './sequencer/owners.ts'
export { MarketLost, Sequencer } from './sequencer/sequencer.ts'
export { enqueue, type InboxCommand } from './store/inbox.ts'
export { findMarket, type MarketRecord, marketOf } from './store/markets.ts'
