import { type Db, Refusal } from '@florin/kernel'

/** Order entry under a name of its own. */
export interface SessionRecord {
  /** From 1; the session's number in every engine. */
  readonly id: bigint
  readonly code: string
  /** Numbers of the accounts it may enter orders for. */
  readonly accounts: readonly bigint[]
  readonly cancel_on_disconnect: boolean
  readonly opened_at: Date
  readonly opened_by: string
  readonly closed_at: Date | null
}

interface SessionRow extends Omit<SessionRecord, 'accounts'> {
  readonly accounts: readonly string[]
}

// Arrays arrive as texts of their own type.
const columns =
  'id, code, accounts::text[] AS accounts, cancel_on_disconnect, opened_at, opened_by, closed_at'

/** @throws Refusal `session_not_found` */
export async function findSession(db: Db, code: string): Promise<SessionRecord> {
  const [row] = await db.query<SessionRow>(`SELECT ${columns} FROM exchange.sessions WHERE code = $1`, [code])
  if (row === undefined)
    throw new Refusal('session_not_found', `There is no session "${code}"`, { session: code })
  return recordOf(row)
}

/** Codes by number, those that there are. */
export async function sessionCodes(db: Db, ids: readonly bigint[]): Promise<Map<bigint, string>> {
  const rows = await db.query<{ id: bigint; code: string }>(
    'SELECT id, code FROM exchange.sessions WHERE id = ANY($1)',
    [ids],
  )
  return new Map(rows.map(({ id, code }) => [id, code]))
}

/** In the order of their codes, after `after`. */
export async function listSessions(db: Db, after: string, limit: number): Promise<SessionRecord[]> {
  const rows = await db.query<SessionRow>(
    `SELECT ${columns} FROM exchange.sessions WHERE code COLLATE "C" > $1 ORDER BY code COLLATE "C" LIMIT $2`,
    [after, limit],
  )
  return rows.map((row) => recordOf(row))
}

/** Writes a session down and gives its number; undefined if its code is taken. */
export async function insertSession(
  db: Db,
  session: Omit<SessionRecord, 'id' | 'closed_at'>,
): Promise<bigint | undefined> {
  await db.query(`SELECT pg_advisory_xact_lock(hashtext('florin.exchange.sessions'))`)
  const [row] = await db.query<{ id: bigint }>(
    `INSERT INTO exchange.sessions (id, code, accounts, cancel_on_disconnect, opened_at, opened_by)
     SELECT coalesce(max(id), 0) + 1, $1, $2, $3, $4, $5 FROM exchange.sessions
     ON CONFLICT (code) DO NOTHING RETURNING id`,
    [session.code, session.accounts, session.cancel_on_disconnect, session.opened_at, session.opened_by],
  )
  return row?.id
}

/** False if it was closed already. */
export async function closeSession(db: Db, id: bigint, at: Date): Promise<boolean> {
  const rows = await db.query(
    'UPDATE exchange.sessions SET closed_at = $2 WHERE id = $1 AND closed_at IS NULL RETURNING id',
    [id, at],
  )
  return rows.length === 1
}

function recordOf(row: SessionRow): SessionRecord {
  return { ...row, accounts: row.accounts.map((id) => BigInt(id)) }
}
