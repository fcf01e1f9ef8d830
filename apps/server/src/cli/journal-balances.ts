import type { JournalTransaction } from '@florin/journal'
import { call } from './call.ts'
import type { Connection } from './connection.ts'
import { arrayAt, isObject, type Json, stringAt } from './json.ts'
import type { Operation } from './operations.ts'

/** Differences that are told, at most. */
const mostTold = 20

/** What a journal's accounts hold at its end, to be compared with the books. */
export class JournalBalances {
  readonly #held = new Map<string, Sum>()

  add({ lines }: JournalTransaction): void {
    for (const { account, commodity, amount } of lines) {
      const key = `${account} ${commodity}`
      const sum = this.#held.get(key) ?? { units: 0n, decimals: 0 }
      this.#held.set(key, plus(sum, exact(amount)))
    }
  }

  /**
   * Compares with the books as they are now. A ledger that has other transactions, too, holds something else: that is
   * told and is no error.
   */
  async compare(connection: Connection, operation: Operation, ledger: string): Promise<Json> {
    const books = new Map<string, string>()
    const { text } = await call(connection, operation, { ledger })
    const answer: unknown = JSON.parse(text)
    for (const row of arrayAt(answer, 'accounts').filter(isObject))
      books.set(`${stringAt(row, 'address')} ${stringAt(row, 'asset')}`, stringAt(row, 'balance') ?? '0')
    const differing = [...this.#held].flatMap(([key, sum]) => {
      const booked = books.get(key) ?? '0'
      return areEqual(exact(booked), sum) ? [] : [{ account: key, journal: textOf(sum), ledger: booked }]
    })
    return {
      balances_equal: this.#held.size - differing.length,
      balances_differing: differing.length,
      ...(differing.length === 0 ? {} : { differing: differing.slice(0, mostTold) }),
    }
  }
}

interface Sum {
  readonly units: bigint
  readonly decimals: number
}

function exact(amount: string): Sum {
  const dot = amount.indexOf('.')
  if (dot < 0) return { units: BigInt(amount), decimals: 0 }
  return { units: BigInt(amount.slice(0, dot) + amount.slice(dot + 1)), decimals: amount.length - dot - 1 }
}

function plus(a: Sum, b: Sum): Sum {
  if (a.decimals === b.decimals) return { units: a.units + b.units, decimals: a.decimals }
  const decimals = Math.max(a.decimals, b.decimals)
  return { units: scaled(a, decimals) + scaled(b, decimals), decimals }
}

function areEqual(a: Sum, b: Sum): boolean {
  const decimals = Math.max(a.decimals, b.decimals)
  return scaled(a, decimals) === scaled(b, decimals)
}

function scaled({ units, decimals }: Sum, to: number): bigint {
  return units * 10n ** BigInt(to - decimals)
}

function textOf({ units, decimals }: Sum): string {
  const digits = (units < 0n ? -units : units).toString().padStart(decimals + 1, '0')
  const point = digits.length - decimals
  return `${units < 0n ? '-' : ''}${digits.slice(0, point)}${decimals > 0 ? `.${digits.slice(point)}` : ''}`
}
