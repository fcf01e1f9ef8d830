import type { Template } from './books.ts'
import type { ConditionInput, Movements } from './judge.ts'

export interface TransactionInput extends Movements {
  readonly conditions?: readonly ConditionInput[] | undefined
  readonly value_time?: string | undefined
  readonly force?: boolean | undefined
  readonly reference?: string | undefined
}

interface AccountInput {
  readonly address: string
  readonly asset: string
}

/** Every command of the ledger, with its input but for the ledger's name. */
export type Request =
  | { readonly command: 'ledger.transaction.post'; readonly input: TransactionInput }
  | {
      readonly command: 'ledger.transaction.batch'
      readonly input: {
        readonly mode: 'independent' | 'atomic'
        readonly transactions: readonly TransactionInput[]
      }
    }
  | {
      readonly command: 'ledger.transaction.reverse'
      readonly input: {
        readonly transaction: string
        readonly value_time?: string | undefined
        readonly force?: boolean | undefined
      }
    }
  | {
      readonly command: 'ledger.transaction.correct'
      readonly input: TransactionInput & { readonly transaction: string }
    }
  | {
      readonly command: 'ledger.hold.reserve'
      readonly input: AccountsAndAmount & {
        readonly expires_at?: string | undefined
        readonly value_time?: string | undefined
      }
    }
  | { readonly command: 'ledger.hold.settle'; readonly input: SettleInput }
  | {
      readonly command: 'ledger.hold.release'
      readonly input: { readonly hold: string; readonly amount?: string | undefined }
    }
  | { readonly command: 'ledger.hold.expire'; readonly input: { readonly hold: string } }
  | { readonly command: 'ledger.account.open'; readonly input: AccountInput }
  | { readonly command: 'ledger.account.close'; readonly input: AccountInput }
  | {
      readonly command: 'ledger.account.freeze'
      readonly input: AccountInput & { readonly frozen: string }
    }
  | {
      readonly command: 'ledger.account.limit'
      readonly input: AccountInput & { readonly overdraft_limit: string | null }
    }
  | { readonly command: 'ledger.chart.set'; readonly input: { readonly templates: readonly Template[] } }

interface AccountsAndAmount {
  readonly debit: string
  readonly credit: string
  readonly amount: string
  readonly asset: string
}

export interface SettleInput {
  readonly hold: string
  readonly amount?: string | undefined
  readonly final?: boolean | undefined
  readonly debit?: string | undefined
  readonly credit?: string | undefined
  readonly value_time?: string | undefined
  readonly force?: boolean | undefined
}

/** A request as it is made: under which id, why, and when. */
export interface Asked {
  readonly request: Request
  readonly id: string
  readonly reason: string | undefined
  readonly now: number
  /** Ids of the records of a batch. */
  readonly itemId: (index: number) => string
}

export type Told =
  | { readonly status: 'done'; readonly seq?: bigint; readonly items?: readonly Told[] }
  | { readonly status: 'refused'; readonly code: string }
