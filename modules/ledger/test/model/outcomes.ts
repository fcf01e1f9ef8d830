import type { Answer } from '@florin/kernel'
import { expect } from 'vitest'
import { decimalText, type Hold, remaining, settled } from '../../src/testing/model/books.ts'
import type { LedgerModel } from '../../src/testing/model/ledger-model.ts'
import type { Request, Told } from '../../src/testing/model/requests.ts'
import { decimals } from './scene.ts'

/** An answer in plain members. */
export function outcomeShown(answer: Answer | { readonly error: string }): unknown {
  if ('error' in answer) return answer
  if (answer.status === 'refused') {
    const { code, message, details } = answer.refusal
    return { status: 'refused', code, message, details, replayed: answer.replayed }
  }
  if (answer.status === 'pending') return { status: 'pending' }
  return { status: 'done', output: answer.output, replayed: answer.replayed }
}

/** What the model says must be in the answer. */
export function expectedOutcome(
  model: LedgerModel,
  request: Request,
  told: Told,
  replayed: boolean,
): Record<string, unknown> {
  if (told.status === 'refused') return { status: 'refused', code: told.code, replayed }
  return { status: 'done', replayed, output: expectedOutput(model, request, told) }
}

function expectedOutput(model: LedgerModel, request: Request, told: Told): Record<string, unknown> {
  const { books } = model
  const seq = 'seq' in told ? String(told.seq) : ''
  const bookedAt = new Date(books.bookedAt).toISOString()
  switch (request.command) {
    case 'ledger.transaction.post': {
      const { postings, value_time = bookedAt } = request.input
      return { seq, booked_at: bookedAt, value_time, kind: 'transaction', ...exactly(postings) }
    }
    case 'ledger.transaction.batch':
      return { outcomes: itemsShown(told) }
    case 'ledger.transaction.reverse':
      return { seq, booked_at: bookedAt, kind: 'reversal', subject: request.input.transaction }
    case 'ledger.transaction.correct':
      return { seq, booked_at: bookedAt, kind: 'correction', subject: request.input.transaction }
    case 'ledger.hold.reserve': {
      const { expires_at = null } = request.input
      const hold = books.holds.find((each) => each.changes[0]?.seq === ('seq' in told ? told.seq : undefined))
      return { seq, booked_at: bookedAt, expires_at, ...(hold === undefined ? {} : holdShown(model, hold)) }
    }
    case 'ledger.hold.settle':
    case 'ledger.hold.release':
    case 'ledger.hold.expire': {
      const hold = model.hold(request.input.hold)
      if (hold === undefined) throw new Error('The model did something with a hold that is not there')
      return { hold: holdShown(model, hold) }
    }
    case 'ledger.account.open':
    case 'ledger.account.close':
    case 'ledger.account.freeze':
    case 'ledger.account.limit':
      return { address: request.input.address, asset: request.input.asset }
    case 'ledger.chart.set':
      return { templates: request.input.templates }
  }
}

/** Postings are answered as they were sent, but for decimals that were left out. */
function exactly(postings: readonly object[] | undefined): Record<string, unknown> {
  return postings === undefined
    ? {}
    : { postings: postings.map((posting) => expect.objectContaining(posting)) }
}

function itemsShown(told: Told): unknown[] {
  if (told.status !== 'done' || told.items === undefined) return []
  return told.items.map((item) =>
    item.status === 'done'
      ? { status: 'booked', seq: String(item.seq) }
      : { status: 'refused', code: item.code },
  )
}

function holdShown(model: LedgerModel, hold: Hold): Record<string, unknown> {
  const show = (minor: bigint): string => decimalText(minor, decimals.get(hold.debit.asset) ?? 0)
  return {
    id: hold.id,
    debit: hold.debit.address,
    credit: hold.credit.address,
    status: hold.status,
    amount: show(hold.amount),
    remaining: show(remaining(hold)),
    settled: show(settled(model.books, hold)),
    expires_at: hold.expiresAt === undefined ? null : new Date(hold.expiresAt).toISOString(),
  }
}
