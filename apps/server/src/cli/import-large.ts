import { createHash, hash } from 'node:crypto'
import { closeSync, openSync, readSync } from 'node:fs'
import { basename } from 'node:path'
import { setFlagsFromString } from 'node:v8'
import {
  detectFormat,
  type JournalFormat,
  type JournalTransaction,
  NotStreamable,
  normalise,
  type ReadOptions,
} from '@florin/journal'
import { wireOf } from '@florin/ledger'
import type { Config } from '../config.ts'
import type { CommonFlags } from './arguments.ts'
import { call } from './call.ts'
import { connect } from './connect.ts'
import type { Connection } from './connection.ts'
import { exitCodes, Failure, usage } from './failure.ts'
import { JournalBalances } from './journal-balances.ts'
import { isObject, type Json, objectAt, stringAt } from './json.ts'
import { type Checked, LargeFile } from './large-file.ts'
import type { Operation } from './operations.ts'
import { write } from './output.ts'
import { placeLine } from './problem.ts'
import { Progress } from './progress.ts'
import { render } from './render.ts'

export interface PartOperations {
  readonly begin: Operation
  readonly part: Operation
  readonly end: Operation
  readonly balances: Operation
}

/** Transactions that are booked with one request. */
const partSize = 4_000
/** What the import in one request takes, bytes. */
const wholeLimit = 64 * 1024 * 1024

/**
 * Imports a journal in parts: reads it to its end first, and books nothing if anything is wrong with it. Each part is
 * booked as a whole, and remembered, so that the same command goes on after an interruption. Says false where the
 * journal must be read as a whole and may be.
 */
export async function importLarge(
  config: Config,
  server: string | undefined,
  operations: PartOperations,
  path: string,
  input: Json,
  flags: CommonFlags,
): Promise<boolean> {
  // Most of what is read lives for a moment: room for it saves a fifth of the time.
  setFlagsFromString('--max-semi-space-size=32')
  const file = new LargeFile(path, basename(path), formatOf(path, input), readOptions(input))
  const balances = new JournalBalances()
  const checked = await check(file, balances)
  if (checked === undefined) return false
  const connection = await connect(config, server, true)
  try {
    const booking = new Booking(connection, operations, file, checked, input, flags)
    const report = await booking.run()
    const compared = await balances.compare(connection, operations.balances, booking.ledger)
    const all = { ...report, ...compared }
    await write(flags.output === 'json' ? `${JSON.stringify(all)}\n` : render(all))
  } finally {
    await connection.close()
  }
  return true
}

/** Undefined where the journal has to be read as a whole. */
async function check(file: LargeFile, balances: JournalBalances): Promise<Checked | undefined> {
  const progress = new Progress('Checking')
  let transactions = 0
  try {
    const checked = await file.check(
      (bytes) => progress.show(bytes, file.bytes, `${group(transactions)} transactions`),
      (transaction) => {
        transactions++
        balances.add(transaction)
      },
    )
    refuse(checked)
    return checked
  } catch (error) {
    if (!(error instanceof NotStreamable)) throw error
    const why = `${file.name}:${error.at.line}: ${error.message}.`
    if (file.bytes <= wholeLimit) {
      progress.end()
      process.stderr.write(`${why} So it is imported as a whole, all or nothing.\n`)
      return undefined
    }
    throw usage(
      `${why} A file of more than 64 MB must stand in the order of dates, by itself: ` +
        'sort it (`hledger print`, `bean-format` after sorting), or import it year by year.',
    )
  } finally {
    progress.end()
  }
}

function refuse({ result }: Checked): void {
  const { errors } = result
  if (errors.length === 0) return
  const told = errors.length === 1 ? 'an error' : `${errors.length} errors`
  const lines = errors.slice(0, 200).map((error) => placeLine({ ...error }))
  throw new Failure(
    exitCodes.refused,
    [
      `journal_invalid: The journal has ${told}; nothing was imported`,
      ...lines,
      'What to do: Correct the named places and import it again.',
    ].join('\n'),
  )
}

/** Sends the transactions of a journal that was found right. */
class Booking {
  readonly ledger: string
  readonly #connection: Connection
  readonly #operations: PartOperations
  readonly #file: LargeFile
  readonly #checked: Checked
  readonly #input: Json
  readonly #flags: CommonFlags
  readonly #name: string
  readonly #progress = new Progress('Booking ')
  /** The part that is under way while the next is read. */
  #sent: Promise<unknown> = Promise.resolve()

  constructor(
    connection: Connection,
    operations: PartOperations,
    file: LargeFile,
    checked: Checked,
    input: Json,
    flags: CommonFlags,
  ) {
    this.#connection = connection
    this.#operations = operations
    this.#file = file
    this.#checked = checked
    this.#input = input
    this.#flags = flags
    this.ledger = stringAt(input, 'ledger') ?? ''
    this.#name = nameOf(checked.digest, file, input)
  }

  async run(): Promise<Json> {
    const begun = await this.#begin()
    try {
      await this.#bookFrom(Number(begun.through ?? 0))
    } catch (error) {
      this.#progress.end()
      if (error instanceof Failure) process.stderr.write('The same command goes on where this one ended.\n')
      throw error
    }
    this.#progress.end()
    const { result } = this.#checked
    const ended = await this.#call(this.#operations.end, {
      transactions: result.transactions,
      accounts: this.#accounts().filter(
        ({ closed, opened, metadata }) =>
          closed !== undefined || opened !== undefined || metadata !== undefined,
      ),
    })
    const { through: _through, booked: _booked, already_booked: _already, ...opened } = begun
    return {
      ...opened,
      ...ended,
      format: result.format,
      assertions: result.assertions,
      notices: result.notices.length,
      not_represented: result.notRepresented.length + result.untold,
    }
  }

  #begin(): Promise<Json> {
    const { commodities } = this.#checked.result
    const { open } = this.#input
    return this.#call(this.#operations.begin, {
      accounts: this.#accounts(),
      commodities: commodities.map(({ source, metadata, ...commodity }) => ({
        ...commodity,
        ...(Object.keys(metadata).length === 0 ? {} : { metadata }),
        line: source.line,
      })),
      ...(open === undefined ? {} : { open }),
    })
  }

  #accounts() {
    return this.#checked.result.accounts.map(({ source, metadata, ...account }) => ({
      ...account,
      ...(Object.keys(metadata).length === 0 ? {} : { metadata }),
      line: source.line,
    }))
  }

  async #bookFrom(through: number): Promise<void> {
    const { result, learned } = this.#checked
    const days = new Occurrences()
    let read = 0
    let part: string[] = []
    for await (const { transactions, bytes } of this.#file.transactions(learned)) {
      for (const transaction of transactions) {
        read++
        const nth = days.count(transaction)
        if (read <= through) continue
        if (transaction.lines.length > 0)
          part.push(JSON.stringify(nth === 1 ? wireOf(transaction) : { ...wireOf(transaction), nth }))
        if (part.length < partSize) continue
        await this.#send(part, read)
        part = []
      }
      if (read <= through) this.#progress.skip(bytes)
      this.#progress.show(
        bytes,
        this.#file.bytes,
        `${group(read)} of ${group(result.transactions)} transactions`,
      )
    }
    if (read > through) await this.#send(part, read)
    await this.#sent
  }

  /** Waits for the part before: they are booked in order. */
  async #send(lines: readonly string[], through: number): Promise<void> {
    await this.#sent
    this.#sent = this.#call(this.#operations.part, {
      through,
      transactions: lines.join('\n'),
    })
    // Its failure is told by the next await.
    this.#sent.catch(() => undefined)
  }

  async #call(operation: Operation, more: Json): Promise<Json> {
    const input = { ledger: this.ledger, import: this.#name, file: this.#file.name, ...more }
    const { reason } = this.#flags
    // A fresh key each time: what is booked is known by the transactions' own ids.
    const answer: unknown = JSON.parse((await call(this.#connection, operation, input, { reason })).text)
    return isObject(answer) ? answer : {}
  }
}

/** How often the content of a transaction came before, which is part of its identity. */
class Occurrences {
  /** The date is part of the content, so one day is all that has to be remembered. */
  readonly #day = new Map<string, number>()
  #date = ''

  count(transaction: JournalTransaction): number {
    if (transaction.date !== this.#date) this.#day.clear()
    this.#date = transaction.date
    const content = hash('sha256', normalise(transaction), 'base64')
    const nth = (this.#day.get(content) ?? 0) + 1
    this.#day.set(content, nth)
    return nth
  }
}

/** What the import is known by: the same file read in the same way. */
function nameOf(digest: string, file: LargeFile, input: Json): string {
  const { commodities, types, conversion_account } = input
  return createHash('sha256')
    .update(
      JSON.stringify([digest, file.format, commodities ?? null, types ?? null, conversion_account ?? null]),
    )
    .digest('hex')
}

function formatOf(path: string, input: Json): JournalFormat {
  const { format } = input
  if (format === undefined) return detectFormat({ name: basename(path), content: beginningOf(path) })
  if (format === 'beancount' || format === 'hledger' || format === 'ledger') return format
  throw usage('--format is beancount, hledger or ledger.')
}

function beginningOf(path: string): string {
  const buffer = Buffer.alloc(64 * 1024)
  let file: number
  try {
    file = openSync(path, 'r')
  } catch {
    throw usage(`The file ${path} can't be read.`)
  }
  try {
    return buffer.toString('utf8', 0, readSync(file, buffer))
  } finally {
    closeSync(file)
  }
}

const accountTypes = ['asset', 'liability', 'equity', 'revenue', 'expense'] as const

function readOptions(input: Json): ReadOptions {
  const conversionAccount = stringAt(input, 'conversion_account')
  const types = Object.entries(objectAt(input, 'types')).map(([prefix, type]) => {
    const known = accountTypes.find((one) => one === type)
    if (known === undefined) throw usage(`--types: a type is one of ${accountTypes.join(', ')}.`)
    return [prefix, known] as const
  })
  const commodities = Object.entries(objectAt(input, 'commodities')).map(([name, code]) => {
    if (typeof code !== 'string') throw usage('--commodities: a code is a text.')
    return [name, code] as const
  })
  return {
    ...(conversionAccount === undefined ? {} : { conversionAccount }),
    ...(types.length === 0 ? {} : { types: Object.fromEntries(types) }),
    ...(commodities.length === 0 ? {} : { commodities: Object.fromEntries(commodities) }),
  }
}

function group(count: number): string {
  return count.toLocaleString('en-US')
}
