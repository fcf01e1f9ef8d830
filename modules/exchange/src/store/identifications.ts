import type { Db, Unit } from '@florin/kernel'
import type { Details, IdentifiedKind } from '../domain/identification.ts'

/** What was registered of something, from a time on. */
export interface Identification<K extends IdentifiedKind = IdentifiedKind> {
  readonly kind: K
  readonly subject: string
  readonly version: number
  readonly valid_from: Date
  readonly details: Details[K]
  readonly set_at: Date
  readonly set_by: string
}

const columns = 'kind, subject, version, valid_from, details, set_at, set_by'

/** Writes a version down, and gives its number. */
export async function insertIdentification<K extends IdentifiedKind>(
  unit: Unit,
  identification: Omit<Identification<K>, 'version'>,
): Promise<number> {
  const { kind, subject, valid_from, details, set_at, set_by } = identification
  // Versions of one thing follow one another.
  await unit.db.query('SELECT pg_advisory_xact_lock(hashtextextended($1, 0))', [
    `florin.exchange.identification ${kind} ${subject}`,
  ])
  const [row] = await unit.db.query<{ version: number }>(
    `INSERT INTO exchange.identifications (${columns})
     SELECT $1, $2, coalesce(max(version), 0) + 1, $3, $4, $5, $6
     FROM exchange.identifications WHERE kind = $1 AND subject = $2 RETURNING version`,
    [kind, subject, valid_from, JSON.stringify(details), set_at, set_by],
  )
  if (row === undefined) throw new Error('The identification was not written')
  return row.version
}

/** The version that counts now, if there is one. */
export async function identificationAt<K extends IdentifiedKind>(
  db: Db,
  kind: K,
  subject: string,
  at: Date,
): Promise<Identification<K> | undefined> {
  const [row] = await db.query<Identification<K>>(
    `SELECT ${columns} FROM exchange.identifications WHERE kind = $1 AND subject = $2 AND valid_from <= $3
     ORDER BY valid_from DESC, version DESC LIMIT 1`,
    [kind, subject, at],
  )
  return row
}

/** All versions of some things of a kind. */
export async function identificationsOf<K extends IdentifiedKind>(
  db: Db,
  kind: K,
  subjects: readonly string[],
): Promise<Identification<K>[]> {
  if (subjects.length === 0) return []
  return db.query<Identification<K>>(
    `SELECT ${columns} FROM exchange.identifications WHERE kind = $1 AND subject = ANY($2)`,
    [kind, subjects],
  )
}

/** In the order of kind, subject and version, after a key. */
export async function listIdentifications(
  db: Db,
  filter: { readonly kind?: string | undefined; readonly subject?: string | undefined },
  after: { readonly kind: string; readonly subject: string; readonly version: number },
  limit: number,
): Promise<Identification[]> {
  return db.query<Identification>(
    `SELECT ${columns} FROM exchange.identifications
     WHERE ($1::text IS NULL OR kind = $1) AND ($2::text IS NULL OR subject = $2)
       AND (kind COLLATE "C", subject COLLATE "C", version) > ($3, $4, $5)
     ORDER BY kind COLLATE "C", subject COLLATE "C", version LIMIT $6`,
    [filter.kind ?? null, filter.subject ?? null, after.kind, after.subject, after.version, limit],
  )
}
