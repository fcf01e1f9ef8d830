import { defineModule } from '@florin/kernel'
import './refusals.ts'
import { correctTransaction, reverseTransaction } from './commands/amend-transaction.ts'
import { closeAccount, describeAccount, freezeAccount, limitAccount } from './commands/change-account.ts'
import { bookForwards, cancelForward, recordForward } from './commands/forwards.ts'
import { expireHold, releaseHold, reserveHold, settleHold } from './commands/holds.ts'
import { importJournal } from './commands/import-journal.ts'
import { openAccount } from './commands/open-account.ts'
import { openLedger } from './commands/open-ledger.ts'
import { postBatch } from './commands/post-batch.ts'
import { postTransaction } from './commands/post-transaction.ts'
import { registerAsset } from './commands/register-asset.ts'
import { setChart } from './commands/set-chart.ts'
import { accountStatement, getAccount, getBalance, listAccounts } from './queries/accounts.ts'
import { exportJournal } from './queries/export-journal.ts'
import { getForward, listForwards } from './queries/forwards.ts'
import { getHold, listHolds } from './queries/holds.ts'
import { getChart, getLedger, listAssets, listLedgers } from './queries/ledgers.ts'
import { previewTransaction } from './queries/preview.ts'
import { getTransaction, listJournal, listTransactions } from './queries/transactions.ts'
import { trialBalance } from './queries/trial-balance.ts'
import { verifyLedger } from './verify.ts'
import { bookDue, expireHolds } from './workers.ts'

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
  ],
  workers: [expireHolds, bookDue],
  verify: verifyLedger,
})
