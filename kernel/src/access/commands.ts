import { Type } from 'typebox'
import { defineRefusals, Refusal } from '../errors.ts'
import { defineList } from '../pagination.ts'
import { defineCommand } from '../registry.ts'
import { NullableTime, Permission, Time } from '../schemas.ts'
import { insertKey, newSecret } from './api-keys.ts'

defineRefusals({
  key_exists: {
    status: 409,
    title: 'A key of this name exists or existed',
    action: 'Choose another name: names stay in the audit trail and are never given out again',
  },
  key_not_found: { status: 404, title: 'There is no such key', action: 'List the keys' },
  key_revoked: { status: 409, title: 'The key is revoked already', action: 'Nothing is left to do' },
  permission_not_held: {
    status: 403,
    title: 'Nobody can give away a permission that they lack',
    action: 'Give fewer permissions, or ask someone who holds them',
  },
})

const KeyName = Type.String({
  pattern: '^[a-z0-9][a-z0-9._-]{0,62}$',
  description: 'The caller’s name in the audit trail: lower-case letters, digits, `.`, `_`, `-`',
})

const KeyFields = {
  id: Type.String({ format: 'uuid' }),
  name: KeyName,
  permissions: Type.Array(Permission),
  expires_at: NullableTime,
  created_at: Time,
  created_by: Type.String(),
}

export const createKey = defineCommand({
  name: 'kernel.key.create',
  summary: 'Create an API key',
  description:
    'The secret is in this answer only; Florin keeps its hash. A replay of the call shows null in its place.',
  http: { method: 'POST', path: '/v1/keys' },
  input: Type.Object(
    {
      name: KeyName,
      permissions: Type.Array(Permission, { minItems: 1, maxItems: 200, uniqueItems: true }),
      expires_at: Type.Optional(Time),
    },
    { additionalProperties: false },
  ),
  output: Type.Object(
    { ...KeyFields, secret: Type.Union([Type.String(), Type.Null()]) },
    { additionalProperties: false },
  ),
  permission: 'kernel.key.create',
  refusals: ['permission_not_held', 'key_exists'],
  example: {
    input: {
      name: 'till',
      permissions: ['ledger.*', 'kernel.approval.*'],
      expires_at: '2030-01-01T00:00:00.000Z',
    },
    refused: { key_exists: { name: 'till', permissions: ['ledger.*'] } },
  },
  shownOnce: ['secret'],
  async run(unit, input) {
    const missing = input.permissions.find(
      (permission) => !covers(unit.context.actor.permissions, permission),
    )
    if (missing !== undefined) {
      throw new Refusal('permission_not_held', `${unit.context.actor.id} does not hold ${missing}`, {
        permission: missing,
      })
    }
    const now = unit.clock.now()
    const expiresAt = input.expires_at === undefined ? null : new Date(input.expires_at)
    const key = {
      id: unit.callId,
      name: input.name,
      secret: newSecret(unit.random),
      permissions: input.permissions,
      expiresAt,
      createdBy: unit.context.actor.id,
    }
    if (!(await insertKey(unit.db, key, now)))
      throw new Refusal('key_exists', `The name "${input.name}" is taken`, { name: input.name })
    const { secret, expiresAt: _expiresAt, createdBy, ...rest } = key
    const shown = {
      ...rest,
      expires_at: expiresAt?.toISOString() ?? null,
      created_at: new Date(now).toISOString(),
      created_by: createdBy,
    }
    unit.changed({ subject: `kernel.key ${input.name}`, before: null, after: shown })
    return { ...shown, secret }
  },
})

/** Whether holders of `held` hold `permission`, which may itself be a branch. */
function covers(held: readonly string[], permission: string): boolean {
  return held.some(
    (h) => h === '*' || h === permission || (h.endsWith('.*') && permission.startsWith(h.slice(0, -1))),
  )
}

export const revokeKey = defineCommand({
  name: 'kernel.key.revoke',
  summary: 'Revoke an API key, for good',
  description:
    'Takes effect on every server within a second. Policies of approval reach it by its name only: a stolen key must go at once.',
  approval: 'named',
  http: { method: 'POST', path: '/v1/keys/{name}/revoke' },
  input: Type.Object({ name: KeyName }, { additionalProperties: false }),
  output: Type.Object({ name: KeyName, revoked_at: Time }, { additionalProperties: false }),
  permission: 'kernel.key.revoke',
  refusals: ['key_not_found', 'key_revoked'],
  example: {
    after: ['kernel.key.create'],
    input: { name: 'till' },
    refused: { key_not_found: { name: 'nobody' }, key_revoked: { name: 'till' } },
  },
  async run(unit, input) {
    const [key] = await unit.db.query<{ id: string }>('SELECT id FROM kernel.api_keys WHERE name = $1', [
      input.name,
    ])
    if (key === undefined)
      throw new Refusal('key_not_found', `There is no key "${input.name}"`, { name: input.name })
    const now = new Date(unit.clock.now())
    const inserted = await unit.db.query(
      `INSERT INTO kernel.api_key_revocations (key_id, revoked_at, revoked_by) VALUES ($1, $2, $3)
       ON CONFLICT (key_id) DO NOTHING RETURNING key_id`,
      [key.id, now, unit.context.actor.id],
    )
    if (inserted.length === 0)
      throw new Refusal('key_revoked', `The key "${input.name}" is revoked already`, { name: input.name })
    unit.changed({
      subject: `kernel.key ${input.name}`,
      before: { revoked_at: null },
      after: { revoked_at: now.toISOString() },
    })
    return { name: input.name, revoked_at: now.toISOString() }
  },
})

export const listKeys = defineList({
  name: 'kernel.key.list',
  summary: 'List API keys, without their secrets',
  http: { method: 'GET', path: '/v1/keys' },
  input: Type.Object({}, { additionalProperties: false }),
  item: Type.Object(
    { ...KeyFields, revoked_at: NullableTime, last_used_at: NullableTime },
    { additionalProperties: false },
  ),
  permission: 'kernel.key.list',
  refusals: [],
  example: { input: {} },
  async page(view, _input, page) {
    const rows = await view.db.query<KeyRow>(
      `SELECT k.id, k.name, k.permissions, k.expires_at, k.created_at, k.created_by, r.revoked_at, u.last_used_at
       FROM kernel.api_keys k LEFT JOIN kernel.api_key_revocations r ON r.key_id = k.id
       LEFT JOIN kernel.api_key_uses u ON u.key_id = k.id
       WHERE $1::text IS NULL OR k.name > $1 ORDER BY k.name LIMIT $2`,
      [page.after?.[0] ?? null, page.fetch],
    )
    return { rows: rows.map((row) => ({ item: keyItem(row), key: [row.name] })) }
  },
})

interface KeyRow {
  id: string
  name: string
  permissions: string[]
  expires_at: Date | null
  created_at: Date
  created_by: string
  revoked_at: Date | null
  last_used_at: Date | null
}

function keyItem(row: KeyRow) {
  return {
    ...row,
    expires_at: row.expires_at?.toISOString() ?? null,
    created_at: row.created_at.toISOString(),
    revoked_at: row.revoked_at?.toISOString() ?? null,
    last_used_at: row.last_used_at?.toISOString() ?? null,
  }
}
