import { defineModule } from '@florin/kernel'
import './refusals.ts'
import { correctTransaction, reverseTransaction } from './commands/amend-transaction.ts'
import { closeAccount, describeAccount, freezeAccount, limitAccount } from './commands/change-account.ts'
import { closePeriod } from './commands/close-period.ts'
import { definePeriods } from './commands/define-periods.ts'
import { bookForwards, cancelForward, recordForward } from './commands/forwards.ts'
import { expireHold, releaseHold, reserveHold, settleHold } from './commands/holds.ts'
import { importJournal } from './commands/import-journal.ts'
import { beginImport, endImport, importPart } from './commands/import-parts.ts'
import { removeLimit, setLimit } from './commands/limits.ts'
import { removeMonitor, setMonitor } from './commands/monitors.ts'
import { openAccount } from './commands/open-account.ts'
import { openLedger } from './commands/open-ledger.ts'
import { postBatch } from './commands/post-batch.ts'
import { postTransaction } from './commands/post-transaction.ts'
import { rebuildCaches } from './commands/rebuild-caches.ts'
import { recordRates } from './commands/record-rates.ts'
import { recordVerification } from './commands/record-verification.ts'
import { refreshMonitor } from './commands/refresh-monitor.ts'
import { registerAsset } from './commands/register-asset.ts'
import { reopenPeriod } from './commands/reopen-period.ts'
import { postRevaluation, reverseRevaluation } from './commands/revaluations.ts'
import { removeSafeguard, setSafeguard } from './commands/safeguards.ts'
import { setCalendar } from './commands/set-calendar.ts'
import { setChart } from './commands/set-chart.ts'
import { setSettlementTerms } from './commands/set-settlement-terms.ts'
import { recordSettlements, settleTransaction } from './commands/settle-transactions.ts'
import { getAccount, getBalance, listAccounts } from './queries/accounts.ts'
import { checkCaches } from './queries/check-caches.ts'
import { exportJournal } from './queries/export-journal.ts'
import { getForward, listForwards } from './queries/forwards.ts'
import { getHold, listHolds } from './queries/holds.ts'
import { getChart, getLedger, listAssets, listLedgers } from './queries/ledgers.ts'
import { limitUsage, listLimits } from './queries/limits.ts'
import { getMonitor, listMonitorAccounts, listMonitors } from './queries/monitors.ts'
import { getPeriod, listPeriods, verifyPeriod } from './queries/periods.ts'
import { previewTransaction } from './queries/preview.ts'
import { getRate, listRates } from './queries/rates.ts'
import { agedBalances } from './queries/report-aged-balances.ts'
import { agedHolds } from './queries/report-aged-holds.ts'
import { balanceSheetReport } from './queries/report-balance-sheet.ts'
import { generalLedgerReport } from './queries/report-general-ledger.ts'
import { incomeReport } from './queries/report-income.ts'
import { rollupReport, trialBalanceReport } from './queries/report-turnover.ts'
import { getRevaluation, listRevaluations } from './queries/revaluations.ts'
import { listSafeguards, safeguardStatus } from './queries/safeguards.ts'
import { getCalendar, listOverdue, listSettlements, listSettlementTerms } from './queries/settlements.ts'
import { accountStatement } from './queries/statement.ts'
import { getTransaction, listJournal, listTransactions } from './queries/transactions.ts'
import { trialBalance } from './queries/trial-balance.ts'
import { valuation } from './queries/valuation.ts'
import { getValueBalance } from './queries/value-balance.ts'

export type {
  EngineAccount,
  EngineOrder,
  EngineOutcome,
  EngineRecord,
  PostingEngine,
} from './engine/port.ts'
export { postgresEngine, type Transactions } from './engine/postgres.ts'

import { listVerifications } from './queries/verifications.ts'
import { verifyLedger } from './verify.ts'
import {
  bookDue,
  calmMonitors,
  dailyMs,
  expireHolds,
  reverseRevaluations,
  verifyBooksEvery,
} from './workers.ts'

export { type Judged, settleTransactions, type Told } from './commands/settle-transactions.ts'
export {
  type BusinessCalendar,
  dayOf,
  dueDay,
  formatDay,
  isBusinessDay,
  parseDay,
} from './domain/business-days.ts'
export type { Template } from './domain/chart.ts'
export { addressesOutsideChart, addTemplates, ledgerCalendar } from './for-modules.ts'
export { wireOf } from './interchange/wire.ts'
export {
  bookOrders,
  lockBooks,
  postTransactions,
  type UnitBooked,
  type UnitOrder,
} from './posting/in-unit.ts'
export { type Balance, type Movement, readBalances, readHolds, readMovements } from './reading.ts'
export { findAssets } from './store/assets.ts'
export { readVerifications, type Verification } from './store/verifications.ts'
export { verifyBooksEvery } from './workers.ts'

export const ledgerModule = defineModule({
  name: 'ledger',
  migrations: new URL('../migrations/', import.meta.url),
  commands: [
    openLedger,
    registerAsset,
    setChart,
    openAccount,
    freezeAccount,
    describeAccount,
    limitAccount,
    closeAccount,
    postTransaction,
    correctTransaction,
    postBatch,
    reverseTransaction,
    reserveHold,
    settleHold,
    releaseHold,
    expireHold,
    importJournal,
    setCalendar,
    setSettlementTerms,
    settleTransaction,
    recordSettlements,
    setMonitor,
    removeMonitor,
    refreshMonitor,
    setLimit,
    removeLimit,
    setSafeguard,
    removeSafeguard,
    definePeriods,
    closePeriod,
    reopenPeriod,
    recordRates,
    postRevaluation,
    reverseRevaluation,
    beginImport,
    importPart,
    endImport,
    recordVerification,
    rebuildCaches,
    recordForward,
    cancelForward,
    bookForwards,
  ],
  queries: [
    listLedgers,
    getLedger,
    listAssets,
    getChart,
    listAccounts,
    getAccount,
    getBalance,
    getValueBalance,
    accountStatement,
    listTransactions,
    getTransaction,
    previewTransaction,
    listHolds,
    getHold,
    listForwards,
    getForward,
    trialBalance,
    listJournal,
    exportJournal,
    getCalendar,
    listSettlementTerms,
    listOverdue,
    listSettlements,
    listMonitors,
    getMonitor,
    listMonitorAccounts,
    listLimits,
    limitUsage,
    listSafeguards,
    safeguardStatus,
    listPeriods,
    getPeriod,
    verifyPeriod,
    trialBalanceReport,
    rollupReport,
    incomeReport,
    balanceSheetReport,
    generalLedgerReport,
    agedBalances,
    agedHolds,
    listRates,
    getRate,
    valuation,
    listRevaluations,
    getRevaluation,
    listVerifications,
    checkCaches,
  ],
  workers: [expireHolds, bookDue, calmMonitors, reverseRevaluations, verifyBooksEvery(dailyMs)],
  verify: verifyLedger,
})
