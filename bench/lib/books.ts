import { Database, defaultDatabaseOptions, systemClock } from '@florin/kernel'
import { asset } from './names.ts'
import { modules, Subject } from './subject.ts'

/** What an account may be overdrawn by, in minor units: enough for all that is asked except what is to be refused. */
const overdraftLimit = 10n ** 13n
/** A decimal amount beyond that. */
export const tooMuch = '999999999999.00'

/** A superuser's way in, for seeding and for limits; nothing there is cut off for taking long. */
export function openAdmin(url: string): Database {
  return new Database(url, {
    ...defaultDatabaseOptions,
    statementTimeoutMs: 0,
    idleInTransactionTimeoutMs: 0,
  })
}

/** Opens a ledger whose wallets 1 to `accounts` exist, hold nothing and may be overdrawn within a limit. */
export async function openBooks(
  subject: Subject,
  admin: Database,
  { ledger, accounts }: { readonly ledger: string; readonly accounts: number },
): Promise<void> {
  const engine = subject.engine(1)
  await subject.done(engine, 'ledger.open', { ledger }, `open-${ledger}`)
  await subject.done(engine, 'ledger.chart.set', { ledger, templates: chart }, `chart-${ledger}`)
  await seedWallets(admin, ledger, accounts)
}

const limit = `${overdraftLimit / 100n}.00`
export const chart = [
  {
    address: 'customers:{id}:wallet',
    type: 'liability',
    overdraft: { limits: { [asset]: limit } },
    open_on_first_use: true,
  },
]

/** Opens the accounts by one statement a table; `verify` finds them as right as those that were asked for one by one. */
async function seedWallets(admin: Database, ledger: string, accounts: number): Promise<void> {
  await admin.query(
    `INSERT INTO ledger.accounts (id, ledger_id, address, asset, exponent, type, overdraft_limit, chart_version, opened_at)
     SELECT (l.id << 40) + n, l.id, 'customers:' || n || ':wallet', '${asset}', 2, 'liability', ${overdraftLimit}, 1, now()
     FROM ledger.ledgers l, generate_series(1, ${accounts}) n WHERE l.name = $1`,
    [ledger],
  )
  await admin.query(
    `INSERT INTO ledger.balances (account_id)
     SELECT (l.id << 40) + n FROM ledger.ledgers l, generate_series(1, ${accounts}) n WHERE l.name = $1`,
    [ledger],
  )
  await admin.query(
    `UPDATE ledger.heads h SET accounts = ${accounts} FROM ledger.ledgers l WHERE l.id = h.ledger_id AND l.name = $1`,
    [ledger],
  )
  await admin.query('VACUUM ANALYZE ledger.accounts, ledger.balances')
}

/** Recomputes everything that is kept, and throws if anything is wrong: a fast wrong answer is no figure. */
export async function verifyBooks(url: string): Promise<void> {
  const admin = openAdmin(url)
  const subject = new Subject(url)
  try {
    const context = subject.context()
    for (const module of modules) {
      const findings = await admin.snapshot(
        async (db) => (await module.verify?.({ db, clock: systemClock, context })) ?? [],
      )
      const [first] = findings
      if (first !== undefined)
        throw new Error(
          `The books are wrong in ${findings.length} places; ${first.check}: ${first.subject} should be ${first.expected} and is ${first.found}`,
        )
    }
  } finally {
    await subject.database.close()
    await admin.close()
  }
}

/** Records in a ledger's journal. */
export async function recordsOf(admin: Database, ledger: string): Promise<number> {
  const [row] = await admin.query<{ seq: bigint }>(
    'SELECT h.seq FROM ledger.heads h JOIN ledger.ledgers l ON l.id = h.ledger_id WHERE l.name = $1',
    [ledger],
  )
  return Number(row?.seq ?? 0n)
}
