import { type Db, Refusal } from '@florin/kernel'

/** Who trades. */
export interface AccountRecord {
  /** From 1; the account's number in every engine. */
  readonly id: bigint
  readonly code: string
  readonly participant: string
  readonly kind: 'cash' | 'margin'
  readonly capacity: 'client' | 'house'
  readonly lei: string | null
  readonly person: string | null
  readonly opened_at: Date
  readonly opened_by: string
}

const columns = 'id, code, participant, kind, capacity, lei, person, opened_at, opened_by'

/** @throws Refusal `trading_account_not_found` */
export async function findAccount(db: Db, code: string): Promise<AccountRecord> {
  const [row] = await db.query<AccountRecord>(`SELECT ${columns} FROM exchange.accounts WHERE code = $1`, [
    code,
  ])
  if (row === undefined) throw accountNotFound(code)
  return row
}

/**
 * Several at once, in the order asked for.
 *
 * @throws Refusal `trading_account_not_found` for the first that there is not
 */
export async function findAccounts(db: Db, codes: readonly string[]): Promise<AccountRecord[]> {
  const byCode = await accountsByCode(db, codes)
  return codes.map((code) => {
    const account = byCode.get(code)
    if (account === undefined) throw accountNotFound(code)
    return account
  })
}

/** By number, those that there are. */
export async function accountsById(db: Db, ids: readonly bigint[]): Promise<Map<bigint, AccountRecord>> {
  const rows = await db.query<AccountRecord>(`SELECT ${columns} FROM exchange.accounts WHERE id = ANY($1)`, [
    ids,
  ])
  return new Map(rows.map((row) => [row.id, row]))
}

/** In the order of their codes, after `after`. */
export async function listAccounts(
  db: Db,
  filter: { readonly participant?: string | undefined },
  after: string,
  limit: number,
): Promise<AccountRecord[]> {
  return db.query<AccountRecord>(
    `SELECT ${columns} FROM exchange.accounts WHERE code COLLATE "C" > $1 AND ($2::text IS NULL OR participant = $2)
     ORDER BY code COLLATE "C" LIMIT $3`,
    [after, filter.participant ?? null, limit],
  )
}

/** Writes an account down and gives its number; undefined if its code is taken. */
export async function insertAccount(db: Db, account: Omit<AccountRecord, 'id'>): Promise<bigint | undefined> {
  // Numbers are given out one after another, without gaps: engines count on them being small.
  await db.query(`SELECT pg_advisory_xact_lock(hashtext('florin.exchange.accounts'))`)
  const [row] = await db.query<{ id: bigint }>(
    `INSERT INTO exchange.accounts (${columns})
     SELECT coalesce(max(id), 0) + 1, $1, $2, $3, $4, $5, $6, $7, $8 FROM exchange.accounts
     ON CONFLICT (code) DO NOTHING RETURNING id`,
    [
      account.code,
      account.participant,
      account.kind,
      account.capacity,
      account.lei,
      account.person,
      account.opened_at,
      account.opened_by,
    ],
  )
  return row?.id
}

export function accountNotFound(code: string): Refusal {
  return new Refusal('trading_account_not_found', `There is no trading account "${code}"`, { account: code })
}

/** By code, those that there are. */
export async function accountsByCode(
  db: Db,
  codes: readonly string[],
): Promise<ReadonlyMap<string, AccountRecord>> {
  const rows = await db.query<AccountRecord>(
    `SELECT ${columns} FROM exchange.accounts WHERE code = ANY($1)`,
    [codes],
  )
  return new Map(rows.map((row) => [row.code, row]))
}
