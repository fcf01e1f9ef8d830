import { requestId } from '@florin/kernel'
import { balance, findAccount, type Hold, remaining } from '../../src/testing/model/books.ts'
import type { ConditionInput, LineInput, PostingInput } from '../../src/testing/model/judge.ts'
import type { LedgerModel } from '../../src/testing/model/ledger-model.ts'
import type { Request, TransactionInput } from '../../src/testing/model/requests.ts'
import { amountText, charts } from './scene.ts'
import {
  type Force,
  noSuchThing,
  type Part,
  type RawPosting,
  type RawTransaction,
  type Step,
  type When,
} from './steps.ts'

type Sending = Exclude<Step, { do: 'clock' | 'repeat' | 'reuse key' | 'at once' | 'no ledger' }>

const nothing = requestId('nobody', 'nothing', 'nothing')

/** Makes the request of a step, given what is in the books by now. */
export class Requests {
  readonly #model: LedgerModel
  readonly #now: number

  constructor(model: LedgerModel, now: number) {
    this.#model = model
    this.#now = now
  }

  of(step: Sending): Request {
    switch (step.do) {
      case 'post':
        return { command: 'ledger.transaction.post', input: this.transaction(step.transaction, step.force) }
      case 'batch': {
        const transactions = step.transactions.map((each) => this.transaction(each, step.force))
        return { command: 'ledger.transaction.batch', input: { mode: step.mode, transactions } }
      }
      case 'reverse': {
        const input = { transaction: this.#pickRecord(step.pick), ...this.#valueTime(step.when) }
        return { command: 'ledger.transaction.reverse', input: { ...input, ...forced(step.force) } }
      }
      case 'correct': {
        const { conditions: _, ...wanted } = this.transaction(step.transaction, step.force)
        const input = { transaction: this.#pickRecord(step.pick), ...wanted }
        return { command: 'ledger.transaction.correct', input }
      }
      case 'reserve': {
        const expires_at = this.#time(step.expires)
        const input = { ...postingInput(step.posting), ...(expires_at === undefined ? {} : { expires_at }) }
        return { command: 'ledger.hold.reserve', input: { ...input, ...this.#valueTime(step.when) } }
      }
      case 'settle':
        return { command: 'ledger.hold.settle', input: this.#settlement(step) }
      case 'release': {
        const hold = this.#pickHold(step.pick)
        return {
          command: 'ledger.hold.release',
          input: { hold: hold?.id ?? nothing, ...part(hold, step.part) },
        }
      }
      case 'expire':
        return { command: 'ledger.hold.expire', input: { hold: this.#pickHold(step.pick)?.id ?? nothing } }
      case 'chart':
        return { command: 'ledger.chart.set', input: { templates: charts[step.which] ?? [] } }
      default:
        return this.#accountRequest(step)
    }
  }

  #accountRequest(step: Extract<Sending, { address: string }>): Request {
    const { address, asset } = step
    switch (step.do) {
      case 'open':
        return { command: 'ledger.account.open', input: { address, asset } }
      case 'close':
        return { command: 'ledger.account.close', input: { address, asset } }
      case 'freeze':
        return { command: 'ledger.account.freeze', input: { address, asset, frozen: step.frozen } }
      case 'limit': {
        const overdraft_limit = step.limit === null ? null : amountText(step.limit, asset)
        return { command: 'ledger.account.limit', input: { address, asset, overdraft_limit } }
      }
    }
  }

  transaction(raw: RawTransaction, force: Force): TransactionInput {
    const postings = raw.postings.map(postingInput)
    const lines = linesOf(raw)
    const both = { postings, lines }
    const movements = {
      postings: { postings },
      lines: { lines },
      unbalanced: { lines },
      both,
      neither: {},
    }[raw.form]
    const conditions = raw.conditions.map((condition) => this.#condition(condition))
    return {
      ...movements,
      ...(conditions.length === 0 ? {} : { conditions }),
      ...this.#valueTime(raw.when),
      ...forced(force),
    }
  }

  #condition({ account, asset, least, version }: RawTransaction['conditions'][number]): ConditionInput {
    const found = findAccount(this.#model.books, account, asset)
    const current = found === undefined ? 0n : balance(this.#model.books, found).version
    return {
      account,
      asset,
      ...(least === undefined ? {} : { available_min: amountText(least, asset) }),
      ...(version === undefined ? {} : { version: String(version === 'current' ? current : current + 1n) }),
    }
  }

  #settlement(step: Extract<Step, { do: 'settle' }>) {
    const hold = this.#pickHold(step.pick)
    const { debit, credit, final } = step
    return {
      hold: hold?.id ?? nothing,
      ...part(hold, step.part),
      ...(final === undefined ? {} : { final }),
      ...(debit === undefined ? {} : { debit }),
      ...(credit === undefined ? {} : { credit }),
      ...forced(step.force),
    }
  }

  #pickHold(pick: number): Hold | undefined {
    const { holds } = this.#model.books
    // Mostly one that is still open: most things happen to those.
    const open = holds.filter((hold) => hold.status === 'open')
    const among = open.length > 0 && pick % 4 > 0 ? open : holds
    return pick === noSuchThing ? undefined : among[pick % among.length]
  }

  #pickRecord(pick: number): string {
    const { records } = this.#model.books
    const booked = records.filter((r) => r.kind === 'transaction' && r.refusal === undefined)
    const among = pick % 4 > 0 ? booked : records
    return (pick === noSuchThing ? undefined : among[pick % among.length])?.id ?? nothing
  }

  #valueTime(when: When): { value_time?: string } {
    const time = this.#time(when)
    return time === undefined ? {} : { value_time: time }
  }

  #time(when: When): string | undefined {
    if (when === 'first') return '0001-01-01T00:00:00.001Z'
    if (when === 'last') return '9999-12-31T23:59:59.999Z'
    return when === undefined ? undefined : new Date(this.#now + when).toISOString()
  }
}

function forced(force: Force): { force?: true } {
  return force === 'no' ? {} : { force: true }
}

function postingInput({ debit, credit, amount, asset }: RawPosting): PostingInput {
  return { debit, credit, asset, amount: amountText(amount, asset) }
}

/** The postings as entry lines, those of one account and side added up where they are small. */
function linesOf({ postings, form }: RawTransaction): LineInput[] {
  const lines = postings.flatMap(({ debit, credit, amount, asset }): LineInput[] => [
    { account: debit, asset, debit: amountText(amount, asset) },
    { account: credit, asset, credit: amountText(amount, asset) },
  ])
  return form === 'unbalanced' ? [...lines, { account: 'cust:1', asset: 'EUR', debit: '0.01' }] : lines
}

function part(hold: Hold | undefined, wanted: Part): { amount?: string } {
  if (wanted === 'all of it') return {}
  const left = hold === undefined ? 1n : remaining(hold)
  const asset = hold?.debit.asset ?? 'EUR'
  if (wanted === 'half') return { amount: amountText((left + 1n) / 2n, asset) }
  if (wanted === 'what is left') return { amount: amountText(left, asset) }
  if (wanted === 'more') return { amount: amountText(left + 1n, asset) }
  return { amount: amountText(wanted, asset) }
}
