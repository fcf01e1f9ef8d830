import { defineCommand, Refusal, type Unit } from '@florin/kernel'
import { parseAmount } from '../domain/instruction.ts'
import { expireDueHolds } from '../posting/apply.ts'
import { bookDueForwards } from '../posting/due-forwards.ts'
import {
  type Account,
  AccountView,
  Address,
  AssetCode,
  FreezeStateSchema,
  LedgerName,
  Metadata,
  strict,
} from '../schemas.ts'
import { type AccountRecordRow, accountView, findAccount } from '../store/account-records.ts'
import { loadAccountsById } from '../store/accounts.ts'
import { type LedgerHead, lockLedger, policiesChanged } from '../store/head.ts'

const which = { ledger: LedgerName, address: Address, asset: AssetCode }
const opened = ['ledger.open', 'ledger.chart.set', 'ledger.account.open']
const exampleAccount = { ledger: 'demo', address: 'customers:42:savings', asset: 'EUR' }

export const freezeAccount = defineCommand({
  name: 'ledger.account.freeze',
  summary: 'Freeze an account for debits, credits, both — or lift the freeze',
  description:
    'Postings on the frozen side are refused, settlements of holds included. Holds can still be released and expire.',
  http: { method: 'POST', path: '/v1/ledgers/{ledger}/accounts/{address}/freeze' },
  approval: 'named',
  input: strict({ ...which, frozen: FreezeStateSchema }),
  output: AccountView,
  permission: 'ledger.account.freeze',
  refusals: ['ledger_not_found', 'account_not_found', 'account_closed'],
  example: { after: opened, input: { ...exampleAccount, frozen: 'debits' }, reason: 'Court order 7/2026' },
  run: (unit, input) =>
    change(unit, input, async (account) => {
      await unit.db.query('UPDATE ledger.accounts SET frozen = $2 WHERE id = $1', [account.id, input.frozen])
    }),
})

export const closeAccount = defineCommand({
  name: 'ledger.account.close',
  summary: 'Close an account that is at zero, for good',
  http: { method: 'POST', path: '/v1/ledgers/{ledger}/accounts/{address}/close' },
  input: strict(which),
  output: AccountView,
  permission: 'ledger.account.close',
  refusals: ['ledger_not_found', 'account_not_found', 'account_closed', 'account_not_empty'],
  example: { after: opened, input: exampleAccount },
  run: (unit, input) =>
    change(unit, input, async (account, ledger) => {
      await expireDueHolds(unit, ledger, [input])
      const [counters] = await loadAccountsById(unit.db, [account.id])
      if (counters === undefined) throw new Error('An account lacks its counters')
      const empty =
        counters.postedDebits === counters.postedCredits &&
        counters.pendingDebits === 0n &&
        counters.pendingCredits === 0n
      if (!empty) {
        throw new Refusal('account_not_empty', `${input.address} ${input.asset} has a balance or holds`, {
          account: input.address,
          asset: input.asset,
        })
      }
      await unit.db.query('UPDATE ledger.accounts SET closed_at = $2 WHERE id = $1', [
        account.id,
        new Date(ledger.bookedAt),
      ])
    }),
})

export const describeAccount = defineCommand({
  name: 'ledger.account.describe',
  summary: 'Replace the metadata of an account',
  http: { method: 'PUT', path: '/v1/ledgers/{ledger}/accounts/{address}/metadata' },
  input: strict({ ...which, metadata: Metadata }),
  output: AccountView,
  permission: 'ledger.account.describe',
  refusals: ['ledger_not_found', 'account_not_found', 'account_closed'],
  example: { after: opened, input: { ...exampleAccount, metadata: { segment: 'private' } } },
  run: (unit, input) =>
    change(unit, input, async (account) => {
      await unit.db.query('UPDATE ledger.accounts SET metadata = $2 WHERE id = $1', [
        account.id,
        JSON.stringify(input.metadata),
      ])
    }),
})

export const limitAccount = defineCommand({
  name: 'ledger.account.limit',
  summary: 'Set how far an account may be overdrawn',
  description:
    'Overrides what its template gave it. A balance that is lower already stays; it may then only rise.',
  http: { method: 'PUT', path: '/v1/ledgers/{ledger}/accounts/{address}/overdraft-limit' },
  input: strict({ ...which, overdraft_limit: AccountView.properties.overdraft_limit }),
  output: AccountView,
  permission: 'ledger.account.limit',
  refusals: [
    'ledger_not_found',
    'account_not_found',
    'account_closed',
    'amount_too_many_decimals',
    'amount_out_of_range',
  ],
  example: { after: opened, input: { ...exampleAccount, overdraft_limit: '250.00' } },
  run: (unit, input) =>
    change(unit, input, async (account) => {
      const limit =
        input.overdraft_limit === null
          ? null
          : parseAmount(input.asset, input.overdraft_limit, account.exponent)
      await unit.db.query('UPDATE ledger.accounts SET overdraft_limit = $2 WHERE id = $1', [
        account.id,
        limit,
      ])
    }),
})

/**
 * Changes an open account under the ledger's lock, so that no posting is judged by what the account was a moment ago.
 */
async function change(
  unit: Unit,
  input: { ledger: string; address: string; asset: string },
  apply: (account: AccountRecordRow, ledger: LedgerHead) => Promise<void>,
): Promise<Account> {
  const ledger = await lockLedger(unit, input.ledger)
  await bookDueForwards(unit, ledger)
  const account = await findAccount(unit.db, ledger.id, input.address, input.asset)
  if (account.closed_at !== null) {
    throw new Refusal('account_closed', `The account ${input.address} ${input.asset} is closed`, {
      account: input.address,
      asset: input.asset,
    })
  }
  const before = accountView(account)
  await apply(account, ledger)
  await policiesChanged(unit, ledger)
  const after = accountView(await findAccount(unit.db, ledger.id, input.address, input.asset))
  unit.changed({ subject: `${input.ledger}/${input.address} ${input.asset}`, before, after })
  return after
}
