import {
  type Actor,
  type Context,
  createLog,
  Database,
  defaultDatabaseOptions,
  Engine,
  kernelModule,
  localContext,
  Metrics,
  migrate,
  Registry,
  systemClock,
  systemRandom,
} from '@florin/kernel'
import { ledgerModule } from '@florin/ledger'

export const accounts = 10_000
const ledger = 'bench'
const modules = [kernelModule, ledgerModule]

export interface Transfer {
  readonly debit: string
  readonly credit: string
  readonly amount: string
  readonly asset: string
}

/** The account numbers of the n-th transfer, 1 to `accounts`: spread evenly, never the same twice. */
export function pairOf(n: number): { debit: number; credit: number } {
  const debit = (n * 7_919) % accounts
  const credit = (n * 104_729 + 5_000) % accounts
  return { debit: debit + 1, credit: (credit === debit ? (credit + 1) % accounts : credit) + 1 }
}

function wallet(number: number): string {
  return `customers:${number}:wallet`
}

/** Amounts vary in their digits as they do in life. */
export function amountMinor(n: number): number {
  return 1 + ((n * 31) % 99_999)
}

function transferOf(n: number): Transfer {
  const { debit, credit } = pairOf(n)
  const amount = (amountMinor(n) / 100).toFixed(2)
  return { debit: wallet(debit), credit: wallet(credit), amount, asset: 'EUR' }
}

/** The ledger under test, through the real engine with the rights of the application. */
export class Subject {
  readonly database: Database
  readonly registry = new Registry(modules)
  readonly #actor: Actor = { id: 'bench', kind: 'key', permissions: ['*'] }
  #sent = 0

  constructor(url: string) {
    this.database = new Database(url, { ...defaultDatabaseOptions, role: 'florin_app' })
  }

  engine(batch: number): Engine {
    return new Engine({
      registry: this.registry,
      database: this.database,
      log: createLog('warn'),
      metrics: new Metrics(),
      lanes: { queued: 4 * Math.max(batch, 1_000), batch },
    })
  }

  context(): Context {
    this.#sent++
    return localContext({
      actor: this.#actor,
      clock: systemClock,
      random: systemRandom,
      idempotencyKey: `transfer-${this.#sent}`,
    })
  }

  /** The next transfers, so that no two runs send the same. */
  transfers(count: number): Transfer[] {
    return Array.from({ length: count }, (_, i) => transferOf(this.#sent + i))
  }

  /** Opens the ledger and funds every wallet, so that every posting is checked against a balance and booked. */
  async prepare(): Promise<void> {
    const engine = this.engine(1)
    await this.#done(engine, 'ledger.open', { ledger })
    await this.#done(engine, 'ledger.chart.set', {
      ledger,
      templates: [
        { address: 'bank', type: 'asset', overdraft: 'allowed', open_on_first_use: true },
        {
          address: 'customers:{id}:wallet',
          type: 'liability',
          overdraft: 'forbidden',
          open_on_first_use: true,
        },
      ],
    })
    const transactions = Array.from({ length: accounts }, (_, i) => ({
      postings: [{ debit: 'bank', credit: wallet(i + 1), amount: '100000000.00', asset: 'EUR' }],
    }))
    await this.#done(engine, 'ledger.transaction.batch', { ledger, mode: 'atomic', transactions })
  }

  async post(engine: Engine, transfer: Transfer): Promise<void> {
    await this.#done(engine, 'ledger.transaction.post', { ledger, postings: [transfer] })
  }

  async postBatch(engine: Engine, transfers: readonly Transfer[]): Promise<void> {
    const transactions = transfers.map((transfer) => ({ postings: [transfer] }))
    await this.#done(engine, 'ledger.transaction.batch', { ledger, mode: 'atomic', transactions })
  }

  async #done(engine: Engine, name: string, input: unknown): Promise<void> {
    const command = this.registry.commands.get(name)
    if (command === undefined) throw new Error(`There is no command ${name}`)
    const answer = await engine.execute(command, input, this.context())
    if (answer.status !== 'done')
      throw new Error(`${name} was ${answer.status === 'refused' ? answer.refusal.message : answer.status}`)
  }
}

export async function migrateAll(url: string): Promise<void> {
  const database = new Database(url)
  try {
    await migrate(database, modules)
  } finally {
    await database.close()
  }
}
