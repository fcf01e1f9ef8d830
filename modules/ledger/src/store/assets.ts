import type { Db } from '@florin/kernel'
import { type Asset, findIsoAsset } from '@florin/money'

export interface AssetRow {
  readonly code: string
  readonly kind: 'iso4217' | 'caip19' | 'instrument'
  readonly exponent: number
  readonly name: string | null
  readonly registered_at: Date
}

/** Decimals of the assets that are known: ISO 4217, and what was registered. */
export async function findExponents(db: Db, codes: Iterable<string>): Promise<Map<string, number>> {
  const found = new Map<string, number>()
  const unknown: string[] = []
  for (const code of codes) {
    const iso = findIsoAsset(code)
    if (iso === undefined) unknown.push(code)
    else found.set(code, iso.exponent)
  }
  if (unknown.length === 0) return found
  const rows = await db.query<AssetRow>('SELECT code, exponent FROM ledger.assets WHERE code = ANY($1)', [
    unknown,
  ])
  for (const row of rows) found.set(row.code, row.exponent)
  return found
}

/** The assets that are known, of these codes. */
export async function findAssets(db: Db, codes: readonly string[]): Promise<Map<string, Asset>> {
  const found = new Map<string, Asset>()
  for (const code of codes) {
    const iso = findIsoAsset(code)
    if (iso !== undefined) found.set(code, iso)
  }
  const others = codes.filter((code) => !found.has(code))
  if (others.length === 0) return found
  const rows = await db.query<AssetRow>(
    'SELECT code, kind, exponent FROM ledger.assets WHERE code = ANY($1)',
    [others],
  )
  for (const { code, kind, exponent } of rows) found.set(code, { code, kind, exponent })
  return found
}

/** Registers an asset; false if its code is taken. */
export async function insertAsset(db: Db, asset: Asset, now: number): Promise<boolean> {
  const rows = await db.query(
    `INSERT INTO ledger.assets (code, kind, exponent, name, registered_at) VALUES ($1, $2, $3, $4, $5)
     ON CONFLICT (code) DO NOTHING RETURNING code`,
    [asset.code, asset.kind, asset.exponent, asset.name ?? null, new Date(now)],
  )
  return rows.length === 1
}
