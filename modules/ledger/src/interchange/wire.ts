import type { JournalAccount, JournalCommodity, JournalTransaction } from '@florin/journal'
import { canonicalJson, InvalidInput, type Refusal } from '@florin/kernel'
import { type Static, Type } from 'typebox'
import { Compile } from 'typebox/compile'
import { AccountTypeSchema, AssetCode, strict } from '../schemas.ts'
import { journalInvalid } from './errors.ts'

const Line = Type.Integer({ minimum: 0, description: 'Where it stands in the file' })
const Pairs = Type.Record(Type.String(), Type.String())
const Name = Type.String({ minLength: 1, maxLength: 1_024 })
const Day = Type.String({ pattern: '^\\d{4}-\\d{2}-\\d{2}$' })

/** A journal's transaction as it travels; what is usual is left out. */
export const WireTransaction = strict(
  {
    line: Line,
    nth: Type.Optional(
      Type.Integer({
        minimum: 2,
        description: 'The how manieth of the same content it is; 1 if absent. Part of its identity',
      }),
    ),
    pad: Type.Optional(Type.Boolean()),
    date: Day,
    date2: Type.Optional(Day),
    status: Type.Optional(Type.String()),
    code: Type.Optional(Type.String()),
    payee: Type.Optional(Type.String()),
    narration: Type.Optional(Type.String()),
    tags: Type.Optional(Type.Array(Type.String())),
    links: Type.Optional(Type.Array(Type.String())),
    metadata: Type.Optional(Pairs),
    lines: Type.Array(
      strict({
        account: Name,
        commodity: AssetCode,
        amount: Type.String({
          pattern: '^-?[0-9]{1,96}(\\.[0-9]{1,36})?$',
          description: 'Debits are positive, credits negative',
        }),
        conversion: Type.Optional(Type.Boolean()),
        metadata: Type.Optional(Pairs),
      }),
      { minItems: 2, maxItems: 10_000 },
    ),
    zero_lines: Type.Optional(
      Type.Array(
        strict({ account: Name, commodity: Type.Optional(AssetCode), metadata: Type.Optional(Pairs) }),
      ),
    ),
  },
  { title: 'JournalTransaction' },
)

export const WireAccount = strict({
  name: Name,
  type: AccountTypeSchema,
  opened: Type.Optional(Day),
  closed: Type.Optional(Day),
  metadata: Type.Optional(Pairs),
  line: Line,
})

export const WireCommodity = strict({
  code: Name,
  decimals: Type.Integer({ minimum: 0, maximum: 1_000 }),
  exponent: Type.Optional(Type.Integer({ minimum: 0, maximum: 1_000 })),
  metadata: Type.Optional(Pairs),
  line: Line,
})

const transactions = Compile(WireTransaction)
/** How JSON may spell what PostgreSQL can't store. */
const suspicious = /\\u(?:0000|[dD][89a-fA-F])/

/** Reads the lines of a part; throws `journal_invalid` with the number of the line that is none. */
export function readTransactions(
  file: string,
  text: string,
  most: number,
): { transaction: JournalTransaction; nth: number }[] {
  const lines = text === '' ? [] : text.replace(/\n$/, '').split('\n')
  if (lines.length > most) throw wrongLine(file, most, `there are more than ${most} lines`)
  // Transactions come by date, so few days have to be looked at.
  let day = ''
  return lines.map((line, i) => {
    const wire = parseLine(file, line, i)
    if (!transactions.Check(wire)) {
      const [problem] = transactions.Errors(wire)
      throw wrongLine(
        file,
        i,
        `${problem?.instancePath ?? ''} ${problem?.message ?? 'is no transaction'}`.trim(),
      )
    }
    if (wire.date !== day && !isDay(wire.date)) throw wrongLine(file, i, `there is no day ${wire.date}`)
    day = wire.date
    return { transaction: transactionOf(file, wire), nth: wire.nth ?? 1 }
  })
}

function isDay(date: string): boolean {
  const ms = Date.parse(`${date}T00:00:00Z`)
  return !Number.isNaN(ms) && new Date(ms).toISOString().startsWith(date)
}

function parseLine(file: string, line: string, i: number): unknown {
  try {
    const value: unknown = JSON.parse(line)
    if (suspicious.test(line)) canonicalJson(value)
    return value
  } catch (error) {
    if (error instanceof SyntaxError || error instanceof InvalidInput)
      throw wrongLine(file, i, 'is not JSON that can be stored')
    throw error
  }
}

function wrongLine(file: string, i: number, what: string): Refusal {
  const message = `Line ${i + 1} of the part: ${what}`
  return journalInvalid([{ file, line: 0, code: 'part_line', message }], 'this part was not imported')
}

const none: Readonly<Record<string, string>> = {}

export function accountOf(file: string, wire: Static<typeof WireAccount>): JournalAccount {
  const { metadata, line, ...rest } = wire
  return { ...rest, metadata: metadata ?? none, source: { file, line } }
}

export function commodityOf(file: string, wire: Static<typeof WireCommodity>): JournalCommodity {
  const { metadata, line, ...rest } = wire
  return { ...rest, metadata: metadata ?? none, source: { file, line } }
}

function transactionOf(file: string, wire: Static<typeof WireTransaction>): JournalTransaction {
  const source = { file, line: wire.line }
  const { date2, status, code, payee } = wire
  return {
    kind: wire.pad === true ? 'pad' : 'transaction',
    date: wire.date,
    ...(date2 === undefined ? {} : { secondaryDate: date2 }),
    ...(status === undefined ? {} : { status }),
    ...(code === undefined ? {} : { code }),
    ...(payee === undefined ? {} : { payee }),
    narration: wire.narration ?? '',
    tags: wire.tags ?? [],
    links: wire.links ?? [],
    metadata: wire.metadata ?? none,
    lines: wire.lines.map(({ account, commodity, amount, conversion, metadata }) => ({
      account,
      commodity,
      amount,
      role: conversion === true ? 'conversion' : 'posting',
      metadata: metadata ?? none,
      source,
    })),
    zeroLines: (wire.zero_lines ?? []).map(({ metadata, ...rest }) => ({
      ...rest,
      metadata: metadata ?? none,
      source,
    })),
    source,
  }
}

/** The other way; without `nth`. */
export function wireOf(transaction: JournalTransaction): Static<typeof WireTransaction> {
  const { date, secondaryDate, status, code, payee, narration, tags, links, metadata } = transaction
  return {
    line: transaction.source.line,
    ...(transaction.kind === 'pad' ? { pad: true } : {}),
    date,
    ...(secondaryDate === undefined ? {} : { date2: secondaryDate }),
    ...(status === undefined ? {} : { status }),
    ...(code === undefined ? {} : { code }),
    ...(payee === undefined ? {} : { payee }),
    ...(narration === '' ? {} : { narration }),
    ...(tags.length === 0 ? {} : { tags: [...tags] }),
    ...(links.length === 0 ? {} : { links: [...links] }),
    ...some(metadata),
    lines: transaction.lines.map((line) => ({
      account: line.account,
      commodity: line.commodity,
      amount: line.amount,
      ...(line.role === 'conversion' ? { conversion: true } : {}),
      ...some(line.metadata),
    })),
    ...(transaction.zeroLines.length === 0
      ? {}
      : {
          zero_lines: transaction.zeroLines.map(({ account, commodity, metadata: own }) => ({
            account,
            ...(commodity === undefined ? {} : { commodity }),
            ...some(own),
          })),
        }),
  }
}

function some(metadata: Readonly<Record<string, string>>): { metadata?: Record<string, string> } {
  for (const _ in metadata) return { metadata }
  return {}
}
