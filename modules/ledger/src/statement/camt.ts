import { createHash } from 'node:crypto'
import { Refusal, type View } from '@florin/kernel'
import { findIsoAsset, formatDecimal } from '@florin/money'
import { normalSide } from '../domain/account.ts'
import { allLines, type StatementLine } from './lines.ts'
import { cut, element, escapeMarkup, pieces } from './markup.ts'
import { openStatement, type Statement, type StatementInput, type Totals } from './statement.ts'

/**
 * A statement as ISO 20022 camt.053.001.08. The ledger is the account servicer: what credits the account in its books
 * is CRDT, whatever type the account is of. A reversal is marked as such and has the side on which it was booked.
 */
export async function* statementCamt(view: View, input: StatementInput): AsyncGenerator<string> {
  const statement = await openStatement(view, input)
  checkPossible(statement)
  yield head(statement, input, new Date(view.clock.now()))
  let piece = ''
  for await (const line of allLines(view, statement)) {
    piece += entry(statement, line)
    if (piece.length < pieceLength) continue
    yield piece
    piece = ''
  }
  yield `${piece}</Stmt></BkToCstmrStmt></Document>\n`
}

const pieceLength = 16_384
const namespace = 'urn:iso:std:iso:20022:tech:xsd:camt.053.001.08'
/** The schema's limits of an amount. */
const digits = 18
const decimals = 5

/** Throws `statement_impossible`: the schema knows only currencies, and not amounts of any size. */
function checkPossible({ account, opening, closing }: Statement): void {
  const { asset, exponent } = account
  if (findIsoAsset(asset) === undefined || exponent > decimals) {
    throw new Refusal('statement_impossible', `camt.053 has no currency for ${asset}`, { asset })
  }
  // The largest numbers of the statement: no line is more than all lines of its side.
  const sums = [
    closing.debits - opening.debits,
    closing.credits - opening.credits,
    net(opening),
    net(closing),
  ]
  if (sums.some((sum) => abs(sum) >= 10n ** BigInt(digits))) {
    throw new Refusal('statement_impossible', `camt.053 has no amounts of more than ${digits} digits`, {
      asset,
    })
  }
}

function head(statement: Statement, input: StatementInput, now: Date): string {
  const { account, opening, closing, closingAvailable, number } = statement
  const id = identityOf(statement, input)
  const created = element('CreDtTm', now.toISOString())
  const { from, to } = periodOf(statement)
  const period =
    from === undefined ? '' : element('FrDtTm', from.toISOString()) + element('ToDtTm', to.toISOString())
  return `<?xml version="1.0" encoding="UTF-8"?>
<Document xmlns="${namespace}"><BkToCstmrStmt>${element('GrpHdr', element('MsgId', id) + created)}<Stmt>${[
    element('Id', id),
    element('ElctrncSeqNb', number?.toString()),
    created,
    element('FrToDt', period),
    element(
      'Acct',
      element('Id', element('Othr', element('Id', escapeMarkup(accountId(account.address))))) +
        element('Ccy', account.asset) +
        text('Nm', account.address, 70),
    ),
    balance(statement, 'OPBD', net(opening), from ?? account.opened_at),
    balance(statement, 'CLBD', net(closing), to),
    closingAvailable === undefined
      ? ''
      : balance(statement, 'CLAV', availableNet(statement, closingAvailable), to),
    element(
      'TxsSummry',
      sum(statement, 'TtlCdtNtries', closing.credits - opening.credits) +
        sum(statement, 'TtlDbtNtries', closing.debits - opening.debits),
    ),
  ].join('')}
`
}

function entry(statement: Statement, line: StatementLine): string {
  const kind = element('Cd', escapeMarkup(cut(line.kind, 35)))
  return `<Ntry>${[
    element('NtryRef', `${line.seq}-${line.line}`),
    amount(statement, line.amount),
    element('CdtDbtInd', line.side === 'credit' ? 'CRDT' : 'DBIT'),
    line.kind === 'reversal' ? element('RvslInd', 'true') : '',
    element('Sts', element('Cd', 'BOOK')),
    element('BookgDt', element('DtTm', line.booked_at.toISOString())),
    element('ValDt', element('DtTm', line.value_time.toISOString())),
    element('AcctSvcrRef', referenceOf(line)),
    element('BkTxCd', element('Prtry', kind + element('Issr', 'Florin'))),
    element('NtryDtls', element('TxDtls', details(line))),
  ].join('')}</Ntry>
`
}

/** A reference that is too long for its place stands in full in the remittance information. */
function details(line: StatementLine): string {
  const reference = line.reference ?? ''
  const isLong = [...reference].length > longestReference
  const refs = element('AcctSvcrRef', referenceOf(line)) + text('EndToEndId', reference, longestReference)
  const unstructured = isLong
    ? pieces(reference, 140).map((piece) => element('Ustrd', escapeMarkup(piece)))
    : []
  return [
    element('Refs', refs),
    element('RmtInf', unstructured.join('')),
    text('AddtlTxInf', line.description ?? '', 500),
  ].join('')
}

const longestReference = 35

/** The id of the transaction; its dashes would not fit. */
function referenceOf(line: StatementLine): string {
  return line.transaction.replaceAll('-', '')
}

function text(name: string, content: string, length: number): string {
  return element(name, escapeMarkup(cut(content, length)))
}

function amount({ account }: Statement, minor: bigint): string {
  return `<Amt Ccy="${account.asset}">${formatDecimal(minor, account.exponent)}</Amt>`
}

function sum({ account }: Statement, name: string, minor: bigint): string {
  return element(name, element('Sum', formatDecimal(minor, account.exponent)))
}

/** Positive: credit. Nothing at all is credit by custom. */
function balance(statement: Statement, code: string, minor: bigint, at: Date): string {
  return element(
    'Bal',
    element('Tp', element('CdOrPrtry', element('Cd', code))) +
      amount(statement, abs(minor)) +
      element('CdtDbtInd', minor < 0n ? 'DBIT' : 'CRDT') +
      element('Dt', element('DtTm', at.toISOString())),
  )
}

/** The available balance is on the account's normal side. */
function availableNet({ account }: Statement, available: bigint): bigint {
  return normalSide(account.type) === 'debit' ? -available : available
}

function net({ debits, credits }: Totals): bigint {
  return credits - debits
}

function abs(minor: bigint): bigint {
  return minor < 0n ? -minor : minor
}

/** First and last instant; in value order from the beginning there is no first one to tell. */
function periodOf({ account, order, from, to, at }: Statement): { from: Date | undefined; to: Date } {
  const start = from ?? (order === 'booking' ? account.opened_at.getTime() : undefined)
  const end = Math.max(start ?? Number.NEGATIVE_INFINITY, to === undefined ? at : to - 1)
  return { from: start === undefined ? undefined : new Date(start), to: new Date(end) }
}

/** Two different accounts never get the same id, however long their addresses. */
function accountId(address: string): string {
  return address.length <= 34 ? address : `${address.slice(0, 21)}~${hash(address).slice(0, 12)}`
}

/** The same statement has the same id whenever it is written. */
function identityOf(statement: Statement, { ledger }: StatementInput): string {
  const { account, order, from, to, asOf } = statement
  const parts = [ledger, account.address, account.asset, order, from ?? '', to ?? '', asOf]
  return hash(parts.join('\n')).slice(0, 32)
}

function hash(text: string): string {
  return createHash('sha256').update(text).digest('hex')
}
