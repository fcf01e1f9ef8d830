import { defineCommand } from '@florin/kernel'
import { Type } from 'typebox'
import { parseAmount } from '../domain/instruction.ts'
import { AssetCode, LedgerName, SignedAmount, strict } from '../schemas.ts'
import { lockLedger } from '../store/head.ts'
import { judgeAll } from '../store/watch-setup.ts'
import { type MonitorRule, monitorOf } from '../store/watches.ts'
import {
  MonitorStanding,
  MonitorWhen,
  monitorView,
  Removed,
  WatchedPrefix,
  WatchName,
  WindowSeconds,
} from '../watch-schemas.ts'
import { exponentOf, invalid, removeWatch, setWatch } from './watch.ts'

export const watchable = ['ledger.open', 'ledger.chart.set', 'ledger.transaction.post']

export const setMonitor = defineCommand({
  name: 'ledger.monitor.set',
  summary: 'Set a monitor: tell when a balance crosses a line',
  description:
    'Watches every account at the prefix or below it, in one asset. It is judged in the transaction of each record that changes such an account: the event ledger.monitor.triggered tells when the condition becomes true, ledger.monitor.cleared when it is false again. What is true already when it is set is counted in the answer and not told as an event; of `change_above` that is first judged at the account’s next record. A monitor of this name is replaced.',
  http: { method: 'PUT', path: '/v1/ledgers/{ledger}/monitors/{monitor}' },
  input: strict({
    ledger: LedgerName,
    monitor: WatchName,
    prefix: WatchedPrefix,
    asset: AssetCode,
    when: MonitorWhen,
    amount: SignedAmount,
    window_seconds: Type.Optional(WindowSeconds),
  }),
  output: MonitorStanding,
  permission: 'ledger.monitor.set',
  refusals: [
    'ledger_not_found',
    'asset_unknown',
    'amount_too_many_decimals',
    'amount_out_of_range',
    'watch_invalid',
    'watches_exhausted',
  ],
  example: {
    after: watchable,
    input: {
      ledger: 'demo',
      monitor: 'low-wallet',
      prefix: 'customers',
      asset: 'EUR',
      when: 'available_below',
      amount: '10.00',
    },
    refused: {
      ledger_not_found: {
        ledger: 'nowhere',
        monitor: 'low-wallet',
        prefix: 'customers',
        asset: 'EUR',
        when: 'available_below',
        amount: '10.00',
      },
      watch_invalid: {
        ledger: 'demo',
        monitor: 'fast',
        prefix: 'customers',
        asset: 'EUR',
        when: 'change_above',
        amount: '10.00',
      },
      amount_too_many_decimals: {
        ledger: 'demo',
        monitor: 'low-wallet',
        prefix: 'customers',
        asset: 'EUR',
        when: 'available_below',
        amount: '10.001',
      },
      asset_unknown: {
        ledger: 'demo',
        monitor: 'low-wallet',
        prefix: 'customers',
        asset: 'NOPE',
        when: 'available_below',
        amount: '10.00',
      },
    },
  },
  async run(unit, input) {
    const ledger = await lockLedger(unit, input.ledger)
    const { prefix, asset, when } = input
    const exponent = await exponentOf(unit.db, asset)
    const amount = parseAmount(asset, input.amount, exponent)
    if ((when === 'change_above') !== (input.window_seconds !== undefined))
      throw invalid('change_above needs window_seconds, and no other condition has them')
    if ((when === 'change_above' || when === 'reserved_above') && amount < 0n)
      throw invalid(`${when} compares with an amount that is not below zero`)
    const rule: MonitorRule = {
      prefix,
      asset,
      when,
      amount: input.amount,
      window_seconds: input.window_seconds ?? null,
    }
    const set = await setWatch(unit, ledger, 'monitor', input.monitor, rule)
    const monitor = monitorOf(set, () => amount)
    const triggered = when === 'change_above' ? 0 : await judgeAll(unit, ledger, monitor)
    return { ...monitorView(input.ledger, set), triggered }
  },
})

export const removeMonitor = defineCommand({
  name: 'ledger.monitor.remove',
  summary: 'Remove a monitor',
  description: 'Nothing is told any more. That it was there, from when until when, stays on record.',
  http: { method: 'POST', path: '/v1/ledgers/{ledger}/monitors/{monitor}/remove' },
  input: strict({ ledger: LedgerName, monitor: WatchName }),
  output: Removed,
  permission: 'ledger.monitor.remove',
  refusals: ['ledger_not_found', 'watch_not_found'],
  example: {
    after: ['ledger.monitor.set'],
    input: { ledger: 'demo', monitor: 'low-wallet' },
    refused: { watch_not_found: { ledger: 'demo', monitor: 'low-wallet' } },
  },
  async run(unit, input) {
    const ledger = await lockLedger(unit, input.ledger)
    const removedAt = await removeWatch(unit, ledger, 'monitor', input.monitor)
    return { ledger: input.ledger, name: input.monitor, removed_at: removedAt.toISOString() }
  },
})
