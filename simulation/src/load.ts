import type { Answer } from '@florin/kernel'
import { insist, type PatientWorld } from './patient.ts'

/** A ledger that postings of 1.00 go into, and everything that was acknowledged of them. */
export class Load {
  readonly #world: PatientWorld
  readonly ledger: string
  /** The id that each key was answered with. */
  readonly acknowledged = new Map<string, string>()

  constructor(world: PatientWorld, ledger = 'load') {
    this.#world = world
    this.ledger = ledger
  }

  async open(): Promise<void> {
    const { ledger } = this
    await this.#world.done('ledger.open', { ledger }, { key: `open ${ledger}` })
    const templates = [
      { address: 'bank:{name}', type: 'asset', overdraft: 'allowed', open_on_first_use: true },
      { address: 'customers:{id}', type: 'liability', overdraft: 'forbidden', open_on_first_use: true },
    ]
    await this.#world.done('ledger.chart.set', { ledger, templates }, { key: `chart ${ledger}` })
  }

  input(n: number): { ledger: string; postings: object[] } {
    const posting = { debit: 'bank:main', credit: `customers:${n % 20}`, amount: '1.00', asset: 'EUR' }
    return { ledger: this.ledger, postings: [posting] }
  }

  key(n: number): string {
    return `${this.ledger}-${n}`
  }

  note(n: number, id: string): void {
    this.acknowledged.set(this.key(n), id)
  }

  async post(n: number): Promise<Answer> {
    const answer = await this.#world.execute('ledger.transaction.post', this.input(n), { key: this.key(n) })
    this.note(n, answer.id)
    return answer
  }

  /** Posts those from `first` to before `end`, so many at a time. */
  async postAll(first: number, end: number, atOnce = 16): Promise<void> {
    let next = first
    const worker = async (): Promise<void> => {
      for (let n = next++; n < end; n = next++) await this.post(n)
    }
    await Promise.all(Array.from({ length: atOnce }, worker))
  }

  /** What is wrong: acknowledged and not there, there twice, or not adding up. Empty when all is well. */
  async judge(): Promise<string[]> {
    const { ledger } = this
    const found = await this.#world.adminDatabase.query<{ key: string; id: string; times: bigint }>(
      `SELECT j.idempotency_key AS key, min(j.id::text) AS id, count(*) AS times FROM ledger.journal j
       JOIN ledger.ledgers l ON l.id = j.ledger_id WHERE l.name = $1 GROUP BY j.idempotency_key`,
      [ledger],
    )
    const byKey = new Map(found.map((row) => [row.key, row]))
    const wrong = found
      .filter((row) => row.times !== 1n)
      .map((row) => `${row.key} is booked ${row.times} times`)
    for (const [key, id] of this.acknowledged) {
      if (byKey.get(key)?.id !== id)
        wrong.push(`${key} was acknowledged as ${id} and is ${byKey.get(key)?.id}`)
    }
    const [sum] = await this.#world.adminDatabase.query<{ amount: bigint | null; records: bigint }>(
      `SELECT sum(p.amount) AS amount, count(*) AS records FROM ledger.postings p JOIN ledger.ledgers l ON l.id = p.ledger_id WHERE l.name = $1`,
      [ledger],
    )
    if ((sum?.amount ?? 0n) !== BigInt(found.length) * 100n) {
      wrong.push(`${found.length} records moved ${sum?.amount} cents`)
    }
    const findings = await insist(() => this.#world.verify())
    return [...wrong, ...findings.map((finding) => JSON.stringify(finding))]
  }
}
