import { requestId } from '@florin/kernel'
import type { World } from '@florin/kernel/testing'
import fc from 'fast-check'
import { accounts, cents, type NaiveLedger, type Op } from './naive.ts'

const outs = ['out:a', 'out:b']
const banks = ['bank:x', 'bank:y']
const amount = fc.bigInt({ min: 1n, max: 60n })
const earlier = fc.nat({ max: 40 })
const pair = fc
  .tuple(fc.constantFrom(...accounts), fc.constantFrom(...accounts))
  .filter(([debit, credit]) => debit !== credit)
const rarely = fc.nat({ max: 9 }).map((n) => n === 0)

const maybe = <T>(value: fc.Arbitrary<T>): fc.Arbitrary<T | undefined> => fc.option(value, { nil: undefined })

const move: fc.Arbitrary<Op> = fc
  .tuple(pair, amount, rarely)
  .map(([[debit, credit], minor, force]): Op => ({ do: 'move', debit, credit, amount: minor, force }))

const settle: fc.Arbitrary<Op> = fc.record({
  do: fc.constant('settle' as const),
  hold: earlier,
  amount: maybe(amount),
  final: fc.boolean(),
  debit: maybe(fc.constantFrom(...outs)),
  credit: maybe(fc.constantFrom(...banks)),
  force: rarely,
})

const op: fc.Arbitrary<Op> = fc.oneof(
  { weight: 4, arbitrary: move },
  {
    weight: 3,
    arbitrary: fc.record({
      do: fc.constant('reserve' as const),
      debit: fc.constantFrom(...outs),
      credit: fc.constantFrom(...banks),
      amount,
      ttl: maybe(fc.integer({ min: 500, max: 8_000 })),
    }),
  },
  { weight: 3, arbitrary: settle },
  {
    weight: 2,
    arbitrary: fc.record({ do: fc.constant('release' as const), hold: earlier, amount: maybe(amount) }),
  },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('reverse' as const), move: earlier }) },
)

/** Orders that follow after so many milliseconds. */
export interface Group {
  readonly wait: number
  readonly ops: readonly Op[]
}

export const groups: fc.Arbitrary<readonly Group[]> = fc.array(
  fc.record({
    wait: fc.constantFrom(0, 1, 999, 1_000, 2_500, 5_000),
    // Orders of one kind are sent at once and booked together.
    ops: fc.oneof(
      fc.array(op, { minLength: 1, maxLength: 4 }),
      fc.array(move, { minLength: 2, maxLength: 5 }),
      fc.array(settle, { minLength: 2, maxLength: 3 }),
    ),
  }),
  { minLength: 3, maxLength: 14 },
)

/** Lets an order name an earlier one by how far back it is, so that it mostly names one that fits. */
export function aimed(ops: readonly Op[], raw: Op): Op {
  const pick = (kind: Op['do'], back: number): number => {
    const fitting = [...ops.entries()].filter(([, each]) => each.do === kind).map(([i]) => i)
    return fitting.at(-1 - (back % Math.max(1, fitting.length))) ?? 999
  }
  if (raw.do === 'settle' || raw.do === 'release') return { ...raw, hold: pick('reserve', raw.hold) }
  return raw.do === 'reverse' ? { ...raw, move: pick('move', raw.move) } : raw
}

export const templates = [
  { address: 'out:{name}', type: 'liability', overdraft: 'allowed', open_on_first_use: true },
  { address: 'bank:{name}', type: 'asset', overdraft: 'allowed', open_on_first_use: true },
]

/** Sends a group: at once where one batch will carry it, else one after another. Their outcomes, in order. */
export async function sendGroup(
  world: World,
  engine: World['engine'],
  orders: readonly { readonly ledger: string; readonly number: number; readonly op: Op }[],
): Promise<string[]> {
  const [first] = orders
  if (orders.every((order) => order.op.do === first?.op.do))
    return Promise.all(orders.map((order) => send(world, engine, order)))
  const codes: string[] = []
  for (const order of orders) codes.push(await send(world, engine, order))
  return codes
}

/** Sends one order; `done`, or the code of its refusal. */
async function send(
  world: World,
  engine: World['engine'],
  { ledger, number, op }: { readonly ledger: string; readonly number: number; readonly op: Op },
): Promise<string> {
  const { name, input } = request(ledger, op, world.clock.now())
  const options = { key: `${ledger}-${number}`, engine, reason: 'generated' }
  const answer = await world.execute(name, input, options)
  return answer.status === 'refused' ? answer.refusal.code : answer.status
}

function request(ledger: string, op: Op, now: number): { name: string; input: Record<string, unknown> } {
  const asset = 'EUR'
  switch (op.do) {
    case 'move': {
      const postings = [{ debit: op.debit, credit: op.credit, amount: cents(op.amount), asset }]
      return { name: 'ledger.transaction.post', input: { ledger, postings, force: op.force } }
    }
    case 'reserve': {
      const expires = op.ttl === undefined ? {} : { expires_at: new Date(now + op.ttl).toISOString() }
      const { debit, credit } = op
      return {
        name: 'ledger.hold.reserve',
        input: { ledger, debit, credit, amount: cents(op.amount), asset, ...expires },
      }
    }
    case 'settle':
      return {
        name: 'ledger.hold.settle',
        input: {
          ledger,
          hold: idOf(ledger, 'ledger.hold.reserve', op.hold),
          final: op.final,
          force: op.force,
          ...(op.amount === undefined ? {} : { amount: cents(op.amount) }),
          ...(op.debit === undefined ? {} : { debit: op.debit }),
          ...(op.credit === undefined ? {} : { credit: op.credit }),
        },
      }
    case 'release':
      return {
        name: 'ledger.hold.release',
        input: {
          ledger,
          hold: idOf(ledger, 'ledger.hold.reserve', op.hold),
          ...(op.amount === undefined ? {} : { amount: cents(op.amount) }),
        },
      }
    case 'reverse':
      return {
        name: 'ledger.transaction.reverse',
        input: { ledger, transaction: idOf(ledger, 'ledger.transaction.post', op.move) },
      }
  }
}

/** The id of the record that an order makes. */
function recordOf(ledger: string, number: number, op: Op): string {
  const commands = {
    move: 'ledger.transaction.post',
    reserve: 'ledger.hold.reserve',
    settle: 'ledger.hold.settle',
    release: 'ledger.hold.release',
    reverse: 'ledger.transaction.reverse',
  }
  return idOf(ledger, commands[op.do], number)
}

/** One order that was done, once the naive ledger has done it, too. */
export interface Done {
  readonly record: string
  readonly touched: readonly string[]
  readonly now: number
}

/**
 * Tells a history to both ledgers, through two processes in turn; their outcomes must be the same. Holds do not expire
 * here: when that is recorded depends on who touches the account next.
 */
export async function tell(
  world: World,
  other: World['engine'],
  history: readonly Group[],
  {
    ledger,
    naive,
    before,
    done,
  }: {
    readonly ledger: string
    readonly naive: NaiveLedger
    before(group: number): Promise<void>
    done(order: Done): void
  },
): Promise<void> {
  const sent: Op[] = []
  for (const [i, group] of history.entries()) {
    world.clock.advance(group.wait)
    await before(i)
    const now = world.clock.now()
    const expected: string[] = []
    const orders = group.ops.map((raw) => {
      const aim = aimed(sent, raw)
      const order = {
        ledger,
        number: sent.length,
        op: aim.do === 'reserve' ? { ...aim, ttl: undefined } : aim,
      }
      sent.push(order.op)
      return order
    })
    for (const { number, op } of orders) {
      const { code, touched } = naive.perform(op, number, now)
      expected.push(code)
      if (code === 'done') done({ record: recordOf(ledger, number, op), touched, now })
    }
    const codes = await sendGroup(world, i % 2 === 0 ? world.engine : other, orders)
    if (codes.join() !== expected.join()) throw new Error(`${codes.join()} instead of ${expected.join()}`)
  }
}

function idOf(ledger: string, command: string, number: number): string {
  return requestId('admin', command, `${ledger}-${number}`)
}
