import { Counter, Time } from '@florin/kernel'
import { type Static, Type } from 'typebox'
import { monitorConditions } from './domain/watches.ts'
import { Address, Amount, AssetCode, LedgerName, Prefix, SignedAmount, strict } from './schemas.ts'
import type { LimitRule, MonitorRule, SafeguardRule, SetWatch } from './store/watches.ts'

export const WatchName = Type.String({
  pattern: '^[a-z0-9][a-z0-9_-]{0,62}$',
  description: 'Your name for it: lower-case letters, digits, `-` and `_`',
})

export const WatchedPrefix = Type.String({
  ...Prefix,
  description: 'An address, or whole segments that addresses begin with, such as `customers`',
})

/** The longest window: a leap year. */
const mostSeconds = 366 * 86_400

export const WindowSeconds = Type.Integer({
  minimum: 1,
  maximum: mostSeconds,
  description: 'Length of the rolling window, seconds of booking time',
})

export const MonitorWhen = Type.Enum([...monitorConditions], {
  description:
    'What is compared with the amount; `change_above`: by how much the total changed, up or down, within the window',
})

export const LimitCount = Type.Integer({ minimum: 0, maximum: 10_000 })

const setFields = {
  version: Type.Integer({ minimum: 1 }),
  reason: Type.Union([Type.String(), Type.Null()]),
  set_at: Time,
  set_by: Type.String(),
}

const monitorFields = {
  ledger: LedgerName,
  monitor: WatchName,
  prefix: WatchedPrefix,
  asset: AssetCode,
  when: MonitorWhen,
  amount: SignedAmount,
  window_seconds: Type.Union([WindowSeconds, Type.Null()]),
  ...setFields,
}

export const MonitorView = strict(monitorFields, { title: 'Monitor' })

/** A monitor with how many accounts it is triggered on. */
export const MonitorStanding = strict(
  { ...monitorFields, triggered: Type.Integer({ description: 'Accounts that it is triggered on' }) },
  { title: 'MonitorStanding' },
)

export const LimitView = strict(
  {
    ledger: LedgerName,
    limit: WatchName,
    prefix: WatchedPrefix,
    asset: AssetCode,
    amount: Type.Union([Amount, Type.Null()]),
    count: Type.Union([LimitCount, Type.Null()]),
    window_seconds: WindowSeconds,
    ...setFields,
  },
  { title: 'Limit' },
)

const Tolerance = Type.Record(AssetCode, Amount, {
  maxProperties: 1_000,
  description: 'By asset: how much may be missing; nothing where none is named',
})
const Prefixes = Type.Array(WatchedPrefix, { minItems: 1, maxItems: 100 })

export const safeguardInput = {
  assets: Type.Optional(
    Type.Array(AssetCode, { minItems: 1, maxItems: 1_000, description: 'Absent: every asset' }),
  ),
  hold: Prefixes,
  owe: Prefixes,
  tolerance: Type.Optional(Tolerance),
}

export const SafeguardView = strict(
  {
    ledger: LedgerName,
    safeguard: WatchName,
    assets: Type.Union([Type.Array(AssetCode), Type.Null()]),
    hold: Prefixes,
    owe: Prefixes,
    tolerance: Tolerance,
    ...setFields,
  },
  { title: 'Safeguard' },
)

/** One asset of a safeguard. */
export const SafeguardAsset = strict(
  {
    asset: AssetCode,
    held: SignedAmount,
    owed: SignedAmount,
    difference: SignedAmount,
    tolerance: Amount,
    broken: Type.Boolean(),
    since: Time,
    seq: Counter,
  },
  { title: 'SafeguardAsset', description: 'difference = held − owed; since when it is broken, or is not' },
)

export const LimitUsageView = strict(
  {
    limit: WatchName,
    account: Address,
    asset: AssetCode,
    window_seconds: WindowSeconds,
    amount: Type.Union([Amount, Type.Null()]),
    used: Amount,
    available: Type.Union([Amount, Type.Null()], {
      description: 'What may still go out; null: no limit of it',
    }),
    count: Type.Union([LimitCount, Type.Null()]),
    count_used: Type.Union([Type.Integer(), Type.Null()], {
      description: 'Counted up to 100 more than allowed; null: no limit of it',
    }),
    count_available: Type.Union([Type.Integer(), Type.Null()]),
    frees_at: Type.Union([Time, Type.Null()], {
      description: 'When the first outflow leaves the window; null: nothing is used',
    }),
  },
  { title: 'LimitUsage' },
)

export const Removed = strict(
  { ledger: LedgerName, name: WatchName, removed_at: Time },
  { title: 'RemovedWatch' },
)

function setOf({ version, reason, set_at, set_by }: SetWatch<unknown>) {
  return { version, reason, set_at: set_at.toISOString(), set_by }
}

export function monitorView(ledger: string, set: SetWatch<MonitorRule>): Static<typeof MonitorView> {
  return { ledger, monitor: set.name, ...set.rule, ...setOf(set) }
}

export function limitView(ledger: string, set: SetWatch<LimitRule>): Static<typeof LimitView> {
  return { ledger, limit: set.name, ...set.rule, ...setOf(set) }
}

export function safeguardView(ledger: string, set: SetWatch<SafeguardRule>): Static<typeof SafeguardView> {
  const { assets, hold, owe, tolerance } = set.rule
  return {
    ledger,
    safeguard: set.name,
    assets: assets === null ? null : [...assets],
    hold: [...hold],
    owe: [...owe],
    tolerance: { ...tolerance },
    ...setOf(set),
  }
}
