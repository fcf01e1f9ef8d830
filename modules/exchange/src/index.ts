import { defineModule } from '@florin/kernel'
import './refusals.ts'
import './records/refusals.ts'
import './settlement/refusals.ts'
import { fundAccount, payOutAccount } from './commands/account-money.ts'
import { bustTrade, correctTrade } from './commands/amend-trade.ts'
import { allocateBuyingPower, releaseBuyingPower, setBuyingPower } from './commands/buying-power.ts'
import { changeMarket } from './commands/change-market.ts'
import { checkBooks } from './commands/check-books.ts'
import { defineInstrument } from './commands/define-instrument.ts'
import { getFees, setFees } from './commands/fees.ts'
import {
  identifyAccount,
  identifyMarket,
  identifyParticipant,
  identifySession,
  listIdentified,
} from './commands/identify.ts'
import { getLimits, releaseAccount, setLimits } from './commands/limits.ts'
import { openAccount } from './commands/open-account.ts'
import { openMarket } from './commands/open-market.ts'
import { amendOrder, cancelAllOrders, cancelOrder, enterOrder } from './commands/orders.ts'
import { depositPosition, withdrawPosition } from './commands/positions.ts'
import { prepareLedger } from './commands/prepare-ledger.ts'
import { resumeMarket } from './commands/resume-market.ts'
import { advanceSchedule, getSchedule, setSchedule } from './commands/schedule.ts'
import { closeSession, openSession } from './commands/sessions.ts'
import { settleFills } from './commands/settle-fills.ts'
import { completeSettlements, settleTrade } from './commands/settlements.ts'
import { setMark, setPhase, setReference, switchKill } from './commands/steer-market.ts'
import { superviseMarket, superviseMarkets } from './commands/supervise-market.ts'
import {
  getBreaker,
  getLiquidation,
  getMarking,
  setBreaker,
  setLiquidation,
  setMarking,
} from './commands/supervision-policies.ts'
import { upgradeMarket } from './commands/upgrade-market.ts'
import { writeHistories, writeHistory } from './commands/write-history.ts'
import { keepRecords, writeRecords } from './commands/write-records.ts'
import { sessionService } from './gateway/disconnects.ts'
import { orderEntryRoute } from './gateway/order-entry.ts'
import { marketDataRoute } from './market-data/connection.ts'
import { notYet } from './not-yet.ts'
import { getBook, getPosition } from './queries/book.ts'
import { bookAt } from './queries/book-at.ts'
import { listHalts } from './queries/halts.ts'
import { orderLife, reportOrders } from './queries/order-records.ts'
import { getOrder, listOrders } from './queries/orders.ts'
import { reportExecution } from './queries/report-execution.ts'
import { reportPhases } from './queries/report-phases.ts'
import { reportTransactions } from './queries/report-transactions.ts'
import { getRequest } from './queries/request.ts'
import { getBuyingPower, getTransfer, listSettlements } from './queries/settlement.ts'
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
import { listAccountStates, listLiquidations, listMarginCalls } from './queries/supervision.ts'
import { listCandles, listFills, listTrades } from './queries/trades.ts'
import { runMarkets } from './sequencer/service.ts'
import { checkMarkets, completeDue, settleMarkets } from './settlement-workers.ts'
import { verifyExchange } from './verification/verify.ts'
import { movePhases } from './workers.ts'

export const exchangeModule = defineModule({
  name: 'exchange',
  migrations: new URL('../migrations/', import.meta.url),
  notYet,
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
    upgradeMarket,
    identifyMarket,
    identifyParticipant,
    identifyAccount,
    identifySession,
    openAccount,
    setLimits,
    releaseAccount,
    openSession,
    closeSession,
    setFees,
    setSchedule,
    advanceSchedule,
    setMarking,
    setLiquidation,
    setBreaker,
    superviseMarket,
    fundAccount,
    payOutAccount,
    allocateBuyingPower,
    releaseBuyingPower,
    setBuyingPower,
    depositPosition,
    withdrawPosition,
    settleFills,
    settleTrade,
    completeSettlements,
    bustTrade,
    correctTrade,
    checkBooks,
    writeRecords,
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
    listIdentified,
    getMarking,
    getLiquidation,
    getBreaker,
    listAccountStates,
    listMarginCalls,
    listLiquidations,
    listHalts,
    orderLife,
    bookAt,
    reportOrders,
    reportPhases,
    reportTransactions,
    reportExecution,
    getRequest,
    getOrder,
    listOrders,
    listFills,
    listTrades,
    listCandles,
    getBook,
    getPosition,
    listSettlements,
    getTransfer,
    getBuyingPower,
  ],
  workers: [
    movePhases,
    superviseMarkets,
    settleMarkets,
    completeDue,
    checkMarkets,
    writeHistories,
    keepRecords,
  ],
  services: [runMarkets(), sessionService],
  sockets: [orderEntryRoute(), marketDataRoute()],
  verify: verifyExchange,
})

export { marketChoice } from './domain/market-choice.ts'
export { moneyOf, priceOf } from './domain/units.ts'
export { type Followed, follow, readCursor } from './follower/follow.ts'
export { Follower } from './follower/follower.ts'
export { JournalBroken, RulesDiffer, type Visit } from './follower/replay.ts'
export { type Replay, replayTwice } from './follower/replays.ts'
export { amendFill } from './history/amend.ts'
export { type Block, eachCommand, eachResult, type Results } from './sequencer/blocks.ts'
export { type HostOptions, MarketHost } from './sequencer/host.ts'
export { ownerOf } from './sequencer/owners.ts'
export { MarketLost, Sequencer } from './sequencer/sequencer.ts'
export { runMarkets } from './sequencer/service.ts'
export { enqueue, type InboxCommand } from './store/inbox.ts'
export { findMarket, type MarketRecord, marketOf } from './store/markets.ts'
export { type Report, reportOf } from './wire/reports.ts'
