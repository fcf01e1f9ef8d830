import { createHash } from 'node:crypto'
import type { Clock } from '../clock.ts'
import type { Actor } from '../context.ts'
import type { Database, Db } from '../database.ts'
import type { Random } from '../random.ts'

/** `florin_` and 256 random bits in base64url: 50 characters. The prefix lets secret scanners find leaked keys. */
const form = /^florin_[A-Za-z0-9_-]{43}$/

/** A fresh secret. Shown once, stored only as a hash. */
export function newSecret(random: Random): string {
  return `florin_${Buffer.from(random.bytes(32)).toString('base64url')}`
}

/** What is stored of a secret. With 256 random bits there is nothing to guess, so a plain hash is enough. */
export function secretHash(secret: string): Buffer {
  return createHash('sha256').update(secret).digest()
}

export interface NewKey {
  readonly id: string
  readonly name: string
  readonly secret: string
  readonly permissions: readonly string[]
  readonly expiresAt: Date | null
  readonly createdBy: string
}

export async function insertKey(db: Db, key: NewKey, now: number): Promise<boolean> {
  const rows = await db.query(
    `INSERT INTO kernel.api_keys (id, name, secret_hash, permissions, expires_at, created_at, created_by)
     VALUES ($1, $2, $3, $4, $5, $6, $7) ON CONFLICT (name) DO NOTHING RETURNING id`,
    [key.id, key.name, secretHash(key.secret), key.permissions, key.expiresAt, new Date(now), key.createdBy],
  )
  return rows.length === 1
}

/** Who could call at this time: keys that are neither revoked nor expired, all of them or the one of this name. */
export async function usableKeys(db: Db, now: number, name?: string): Promise<Actor[]> {
  const rows = await db.query<{ name: string; permissions: string[] }>(
    `SELECT name, permissions FROM kernel.api_keys k
     WHERE ($2::text IS NULL OR name = $2) AND (expires_at IS NULL OR expires_at > $1)
       AND NOT EXISTS (SELECT FROM kernel.api_key_revocations r WHERE r.key_id = k.id) ORDER BY name`,
    [new Date(now), name ?? null],
  )
  return rows.map((row) => ({ id: row.name, kind: 'key', permissions: row.permissions }))
}

interface KnownKey {
  readonly id: string
  readonly actor: Actor
  readonly expiresAt: number | undefined
  readonly readAt: number
}

/** A key that was just read is believed for this long: a revocation takes effect everywhere within it. */
const believedMs = 1_000
/** `last used` is written at most this often for a key. */
const usesEveryMs = 60_000
const mostCached = 10_000

/** Finds out who calls. Reads each key at most once a second, whatever the load. */
export class KeyRing {
  readonly #database: Database
  readonly #clock: Clock
  readonly #known = new Map<string, KnownKey | undefined>()
  readonly #pending = new Map<string, Promise<KnownKey | undefined>>()
  readonly #notedUse = new Map<string, number>()

  constructor(database: Database, clock: Clock) {
    this.#database = database
    this.#clock = clock
  }

  /** The actor of a presented secret, or undefined for one that is malformed, unknown, expired or revoked. */
  async actorOf(secret: string): Promise<Actor | undefined> {
    if (!form.test(secret)) return undefined
    const hash = secretHash(secret).toString('base64')
    const key = await this.#look(hash)
    if (key === undefined || (key.expiresAt !== undefined && key.expiresAt <= this.#clock.now()))
      return undefined
    await this.#noteUse(key)
    return key.actor
  }

  async #look(hash: string): Promise<KnownKey | undefined> {
    const known = this.#known.get(hash)
    if (known !== undefined && Math.abs(this.#clock.now() - known.readAt) < believedMs) return known
    let pending = this.#pending.get(hash)
    if (pending === undefined) {
      pending = this.#read(hash).finally(() => this.#pending.delete(hash))
      this.#pending.set(hash, pending)
    }
    return pending
  }

  async #read(hash: string): Promise<KnownKey | undefined> {
    // Before the question, not after the answer: a revocation may come in between.
    const readAt = this.#clock.now()
    const [row] = await this.#database.query<{
      id: string
      name: string
      permissions: string[]
      expires_at: Date | null
    }>(
      `SELECT id, name, permissions, expires_at FROM kernel.api_keys k
       WHERE secret_hash = $1 AND NOT EXISTS (SELECT FROM kernel.api_key_revocations r WHERE r.key_id = k.id)`,
      [Buffer.from(hash, 'base64')],
    )
    if (row === undefined) {
      this.#known.delete(hash)
      return undefined
    }
    if (this.#known.size >= mostCached) this.#known.clear()
    const key: KnownKey = {
      id: row.id,
      actor: { id: row.name, kind: 'key', permissions: row.permissions },
      expiresAt: row.expires_at?.getTime(),
      readAt,
    }
    this.#known.set(hash, key)
    return key
  }

  async #noteUse(key: KnownKey): Promise<void> {
    const now = this.#clock.now()
    if (now - (this.#notedUse.get(key.id) ?? 0) < usesEveryMs) return
    this.#notedUse.set(key.id, now)
    const noted = this.#database.query(
      `INSERT INTO kernel.api_key_uses (key_id, last_used_at) VALUES ($1, $2)
       ON CONFLICT (key_id) DO UPDATE SET last_used_at = excluded.last_used_at`,
      [key.id, new Date(now)],
    )
    // A convenience: who calls is known whether or not it can be noted.
    await noted.catch(() => this.#notedUse.delete(key.id))
  }
}
