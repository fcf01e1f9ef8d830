import { defineModule } from '@florin/kernel'
import './refusals.ts'
import { correctTransaction, reverseTransaction } from './commands/amend-transaction.ts'
import { closeAccount, describeAccount, freezeAccount, limitAccount } from './commands/change-account.ts'
import { expireHold, releaseHold, reserveHold, settleHold } from './commands/holds.ts'
import { importJournal } from './commands/import-journal.ts'
import { openAccount } from './commands/open-account.ts'
import { openLedger } from './commands/open-ledger.ts'
import { postBatch } from './commands/post-batch.ts'
import { postTransaction } from './commands/post-transaction.ts'
import { recordRates } from './commands/record-rates.ts'
import { registerAsset } from './commands/register-asset.ts'
import { postRevaluation, reverseRevaluation } from './commands/revaluations.ts'
import { setChart } from './commands/set-chart.ts'
import { accountStatement, getAccount, getBalance, listAccounts } from './queries/accounts.ts'
import { exportJournal } from './queries/export-journal.ts'
import { getHold, listHolds } from './queries/holds.ts'
import { getChart, getLedger, listAssets, listLedgers } from './queries/ledgers.ts'
import { previewTransaction } from './queries/preview.ts'
import { getRate, listRates } from './queries/rates.ts'
import { getRevaluation, listRevaluations } from './queries/revaluations.ts'
import { getTransaction, listJournal, listTransactions } from './queries/transactions.ts'
import { trialBalance } from './queries/trial-balance.ts'
import { valuation } from './queries/valuation.ts'
import { verifyLedger } from './verify.ts'
import { expireHolds, reverseRevaluations } from './workers.ts'

export type {
  EngineAccount,
  EngineOrder,
  EngineOutcome,
  EngineRecord,
  PostingEngine,
} from './engine/port.ts'
export { postgresEngine, type Transactions } from './engine/postgres.ts'
export { postTransactions } from './posting/in-unit.ts'

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
    recordRates,
    postRevaluation,
    reverseRevaluation,
  ],
  queries: [
    listLedgers,
    getLedger,
    listAssets,
    getChart,
    listAccounts,
    getAccount,
    getBalance,
    accountStatement,
    listTransactions,
    getTransaction,
    previewTransaction,
    listHolds,
    getHold,
    trialBalance,
    listJournal,
    exportJournal,
    listRates,
    getRate,
    valuation,
    listRevaluations,
    getRevaluation,
  ],
  workers: [expireHolds, reverseRevaluations],
  verify: verifyLedger,
})
