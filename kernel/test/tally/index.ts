import {
  type Call,
  type Context,
  defineCommand,
  defineModule,
  defineRefusals,
  kernelModule,
  type Outcome,
  Refusal,
  storedRefusal,
  type Unit,
} from '@florin/kernel'
import { Type } from 'typebox'

defineRefusals({
  jar_exists: { status: 409, title: 'The jar exists', action: 'Choose another name' },
  jar_not_found: { status: 404, title: 'There is no such jar', action: 'Create it first' },
  jar_full: { status: 409, title: 'The jar is full', action: 'Add less' },
})

const JarName = Type.String({ pattern: '^[a-z]{1,20}$' })
const Amount = Type.Integer({ minimum: 1, maximum: 100 })
const Added = Type.Object({ jar: JarName, total: Type.String() }, { additionalProperties: false })
const AddInput = Type.Object({ jar: JarName, amount: Amount }, { additionalProperties: false })
type Add = { readonly jar: string; readonly amount: number }

/** A jar holds this much. */
export const capacity = 20n

/** A command of each kind: alone, batched, batched with its own trail. */
export const createJar = defineCommand({
  name: 'tally.jar.create',
  summary: 'Create a jar',
  http: { method: 'POST', path: '/v1/jars' },
  input: Type.Object({ name: JarName }, { additionalProperties: false }),
  output: Type.Object({ name: JarName }, { additionalProperties: false }),
  permission: 'tally.jar.create',
  refusals: ['jar_exists'],
  example: { input: { name: 'blue' }, refused: { jar_exists: { name: 'blue' } } },
  async run(unit, { name }) {
    // Writes before it can refuse, so that a refusal has something to undo.
    const [jar] = await unit.db.query<{ taken: bigint }>(
      `INSERT INTO tally.jars (name, total) VALUES ($1, 0)
       ON CONFLICT (name) DO UPDATE SET taken = jars.taken + 1 RETURNING taken`,
      [name],
    )
    unit.emit({ type: 'tally.jar.created', subject: name, data: { name } })
    if (jar?.taken !== 0n) throw new Refusal('jar_exists', `"${name}" exists`, { name })
    unit.changed({ subject: name, before: null, after: { total: '0' } })
    return { name }
  },
})

export const addDrop = defineCommand({
  name: 'tally.drop.add',
  summary: 'Add drops to a jar',
  http: { method: 'POST', path: '/v1/jars/{jar}/drops' },
  input: AddInput,
  output: Added,
  permission: 'tally.drop.add',
  refusals: ['jar_not_found', 'jar_full'],
  example: {
    after: ['tally.jar.create'],
    input: { jar: 'blue', amount: 7 },
    refused: { jar_not_found: { jar: 'red', amount: 7 }, jar_full: { jar: 'blue', amount: 90 } },
  },
  lane: (input) => input.jar,
  async runMany(unit, calls) {
    const outcomes = await addAll(unit, calls)
    const done = doneOf(calls, outcomes)
    await unit.db.query(
      `INSERT INTO tally.drops (jar, amount, total) SELECT * FROM unnest($1::text[], $2::bigint[], $3::bigint[])`,
      [done.map((d) => d.input.jar), done.map((d) => d.input.amount), done.map((d) => d.total)],
    )
    return outcomes
  },
})

export const addStone = defineCommand({
  name: 'tally.stone.add',
  summary: 'Add stones to a jar',
  http: { method: 'POST', path: '/v1/jars/{jar}/stones' },
  input: AddInput,
  output: Added,
  permission: 'tally.stone.add',
  refusals: ['jar_not_found', 'jar_full'],
  example: {
    after: ['tally.jar.create'],
    input: { jar: 'blue', amount: 7 },
    refused: { jar_not_found: { jar: 'red', amount: 7 }, jar_full: { jar: 'blue', amount: 90 } },
  },
  lane: (input) => input.jar,
  async runMany(unit, calls) {
    const outcomes = await addAll(unit, calls)
    const totals = outcomes.map((outcome) => ('done' in outcome ? outcome.done.total : null))
    await unit.db.query(
      `INSERT INTO tally.stones (id, jar, amount, actor, payload_hash, refusal, total)
       SELECT * FROM unnest($1::uuid[], $2::text[], $3::bigint[], $4::text[], $5::bytea[], $6::json[], $7::bigint[])`,
      [
        calls.map((call) => call.id),
        calls.map((call) => call.input.jar),
        calls.map((call) => call.input.amount),
        calls.map((call) => call.context.actor.id),
        calls.map((call) => call.payloadHash),
        outcomes.map((outcome) => ('refused' in outcome ? JSON.stringify(bodyOf(outcome.refused)) : null)),
        totals,
      ],
    )
    return outcomes
  },
  trail: {
    constraint: 'stones_pkey',
    async find(unit, calls) {
      await unit.db.query('SELECT FROM tally.jars WHERE name = ANY($1) ORDER BY name FOR UPDATE', [
        calls.map((call) => (call.input as Add).jar),
      ])
      const rows = await unit.db.query<{
        id: string
        jar: string
        payload_hash: Buffer
        refusal: unknown
        total: bigint | null
      }>('SELECT id, jar, payload_hash, refusal, total FROM tally.stones WHERE id = ANY($1::uuid[])', [
        calls.map((call) => call.id),
      ])
      return new Map(
        rows.map((row) => [
          row.id,
          {
            payloadHash: row.payload_hash,
            outcome:
              row.total === null
                ? { refused: storedRefusal(row.refusal) }
                : { done: { jar: row.jar, total: String(row.total) } },
          },
        ]),
      )
    },
  },
})

function bodyOf({ code, message, details }: Refusal): unknown {
  return { code, message, details }
}

/** Folds the calls over the totals, under lock. */
async function addAll(
  unit: Unit,
  calls: readonly Call<Add>[],
): Promise<Outcome<{ jar: string; total: string }>[]> {
  const jars = await unit.db.query<{ name: string; total: bigint }>(
    'SELECT name, total FROM tally.jars WHERE name = ANY($1) ORDER BY name FOR UPDATE',
    [calls.map((call) => call.input.jar)],
  )
  const totals = new Map(jars.map((jar) => [jar.name, jar.total]))
  const outcomes = calls.map((call) => add(unit, totals, call.input, call.context))
  for (const [name, total] of totals)
    await unit.db.query('UPDATE tally.jars SET total = $2 WHERE name = $1', [name, total])
  return outcomes
}

function add(
  unit: Unit,
  totals: Map<string, bigint>,
  { jar, amount }: Add,
  context: Context,
): Outcome<{ jar: string; total: string }> {
  const before = totals.get(jar)
  if (before === undefined) return { refused: new Refusal('jar_not_found', `There is no "${jar}"`, { jar }) }
  const total = before + BigInt(amount)
  if (total > capacity) return { refused: new Refusal('jar_full', `"${jar}" is full`, { jar }) }
  totals.set(jar, total)
  unit.emit({ type: 'tally.added', subject: jar, data: { amount } }, context)
  unit.changed({ subject: jar, before: { total: String(before) }, after: { total: String(total) } }, context)
  return { done: { jar, total: String(total) } }
}

function doneOf(calls: readonly Call<Add>[], outcomes: readonly Outcome<{ total: string }>[]) {
  return calls.flatMap((call, i) => {
    const outcome = outcomes[i]
    return outcome !== undefined && 'done' in outcome
      ? [{ input: call.input, total: outcome.done.total }]
      : []
  })
}

export const tallyModule = defineModule({
  name: 'tally',
  migrations: new URL('migrations/', import.meta.url),
  commands: [createJar, addDrop, addStone],
  queries: [],
  async verify(view) {
    const rows = await view.db.query<{ name: string; total: bigint; sum: bigint }>(
      `SELECT name, total, added AS sum FROM tally.jars CROSS JOIN LATERAL (
         SELECT coalesce((SELECT sum(amount) FROM tally.drops WHERE jar = name), 0)
              + coalesce((SELECT sum(amount) FROM tally.stones WHERE jar = name AND total IS NOT NULL), 0) AS added) s
       WHERE total <> added`,
    )
    return rows.map((row) => ({
      check: 'totals equal what was added',
      subject: row.name,
      expected: String(row.sum),
      found: String(row.total),
    }))
  },
})

export const modules = [kernelModule, tallyModule]
