import type { Db } from '@florin/kernel'

/** A connection that is logged in to a session, whose orders are cancelled if it is lost. */
export interface LoginRow {
  readonly market_id: bigint
  readonly session_id: bigint
  readonly epoch: bigint
  readonly grace_ms: number
}

/** Notes logins under the epochs of their markets; a login that was there is this one now. */
export async function noteLogins(db: Db, logins: readonly LoginRow[], at: Date): Promise<void> {
  await db.query(
    `INSERT INTO exchange.logins (market_id, session_id, epoch, grace_ms, since)
     SELECT market, session, epoch, grace, $5 FROM unnest($1::bigint[], $2::bigint[], $3::bigint[], $4::int[])
       AS l (market, session, epoch, grace)
     ON CONFLICT (market_id, session_id) DO UPDATE
       SET epoch = excluded.epoch, grace_ms = excluded.grace_ms, since = excluded.since`,
    [
      logins.map(({ market_id }) => market_id),
      logins.map(({ session_id }) => session_id),
      logins.map(({ epoch }) => epoch),
      logins.map(({ grace_ms }) => grace_ms),
      at,
    ],
  )
}

/** Forgets a login, unless it was made again under a newer epoch. */
export async function forgetLogin(db: Db, login: Omit<LoginRow, 'grace_ms'>): Promise<void> {
  await db.query('DELETE FROM exchange.logins WHERE market_id = $1 AND session_id = $2 AND epoch <= $3', [
    login.market_id,
    login.session_id,
    login.epoch,
  ])
}

/** Logins of a market from before an epoch: their connections went with the process that ran the market. */
export async function loginsBefore(db: Db, marketId: bigint, epoch: bigint): Promise<LoginRow[]> {
  return db.query<LoginRow>(
    'SELECT market_id, session_id, epoch, grace_ms FROM exchange.logins WHERE market_id = $1 AND epoch < $2',
    [marketId, epoch],
  )
}

/** Whether a login is still the one of this epoch: not forgotten, and not made again. */
export async function isLoginOf(db: Db, login: LoginRow): Promise<boolean> {
  const rows = await db.query(
    'SELECT FROM exchange.logins WHERE market_id = $1 AND session_id = $2 AND epoch = $3',
    [login.market_id, login.session_id, login.epoch],
  )
  return rows.length === 1
}
