import { runFlorin } from '../../serving-florin.ts'
import { checkBooks } from './books.ts'
import { marketCode } from './market.ts'
import { stepKinds } from './orders.ts'
import { Retold } from './retold.ts'
import type { Scene } from './scene.ts'
import type { Trader } from './trader.ts'
import type { Watcher } from './watcher.ts'

/** Also on a machine that has other things to do. */
const patience_ms = 180_000

export interface Proof {
  readonly wrong: readonly string[]
  readonly retold: Retold
  /** How long the readers of the journal took to come to its end, ms. */
  readonly drained_ms: number
  /** What `florin exchange replay` and `florin verify` said. */
  readonly said: readonly string[]
}

/** Looks at everything that a market left behind, by processes that had no part in it. Ends the processes that ran it. */
export async function prove(
  scene: Scene,
  traders: readonly Trader[],
  watcher: Watcher,
  note: (text: string) => void,
): Promise<Proof> {
  const { world, market } = scene
  const wrong: string[] = [...traders, watcher].flatMap((line) => line.wrong)
  const said: string[] = []
  note('the readers of the journal come to its end')
  const began = performance.now()
  await drained(scene)
  const drained_ms = performance.now() - began
  note('the journal is replayed beside the market')
  const beside = await replay(scene)
  note('the journal is compared with what was told')
  const retold = await Retold.read(world.adminDatabase, market, traders.length)
  await until(() => watcher.told.last >= retold.all.last, 'The drop copy did not come to the end')
  wrong.push(...compareTold(retold, traders, watcher), ...compareAnswers(retold, traders))
  await Promise.all([...traders, watcher].map((line) => line.stop()))
  note('the processes end')
  await scene.stopServing()
  const after = await replay(scene)
  // At its end the owner kept its very state: a snapshot after the last command.
  if (after.snapshot.from !== retold.engine.sequence)
    wrong.push(`The last snapshot is of command ${after.snapshot.from}, not ${retold.engine.sequence}`)
  for (const each of [beside.start, beside.snapshot, after.start, after.snapshot])
    if (each.digest !== retold.engine.digest() || each.stateDigest !== retold.engine.stateDigest())
      wrong.push(
        `A replay from ${each.from} to ${each.seq} came to ${each.digest}, not ${retold.engine.digest()}`,
      )
  wrong.push(...(await retold.furtherCommands(world.adminDatabase)))
  said.push(...[beside.start, beside.snapshot, after.start, after.snapshot].map(sayReplay))
  note('history, records and settlements are compared with the journal')
  wrong.push(...(await checkBooks(world.adminDatabase, market.id, retold)))
  note('florin verify')
  const verified = await runFlorin(['verify', '--json'], scene.calm)
  if (verified.code !== 0) wrong.push(`florin verify: ${verified.output.slice(0, 2_000)}`)
  said.push(`florin verify    exit code ${verified.code}`)
  return { wrong, retold, drained_ms, said }
}

/** Resolves once every reader of the journal has come to its end, and nothing was added to it meanwhile. */
async function drained({ world, market }: Scene): Promise<void> {
  let before = ''
  for (let moved = performance.now(); ; ) {
    const [row] = await world.adminDatabase.query<{ behind: boolean; state: string }>(
      `SELECT w.count > 0 OR c.least < h.last_seq AS behind,
         format('journal %s, waiting %s, %s', h.last_seq, w.count, c.cursors) AS state
       FROM exchange.heads h,
         (SELECT count(*) FROM exchange.waiting WHERE market_id = $1) w,
         (SELECT min(seq) AS least, string_agg(name || ' ' || seq, ', ' ORDER BY name) AS cursors
          FROM exchange.cursors WHERE market_id = $1) c
       WHERE h.market_id = $1`,
      [market.id],
    )
    const { behind = true, state = 'no market' } = row ?? {}
    if (!behind && state === before) return
    if (state !== before) moved = performance.now()
    before = state
    if (performance.now() - moved > patience_ms)
      throw new Error(`The readers of the journal stand still: ${state}`)
    await new Promise((resolve) => setTimeout(resolve, 500))
  }
}

interface ReplayLine {
  readonly from: number
  readonly seq: number
  readonly digest: string
  readonly stateDigest: string
  readonly ms: number
}

/** A process of its own reads the journal from its first command and from the newest snapshot. */
async function replay(scene: Scene): Promise<{ start: ReplayLine; snapshot: ReplayLine }> {
  const args = ['exchange', 'replay', '--market', marketCode, '--output', 'json']
  const { code, output } = await runFlorin(args, scene.calm)
  if (code !== 0) throw new Error(`florin exchange replay ended with ${code}: ${output}`)
  const result: unknown = JSON.parse(output)
  return { start: lineOf(result, 'start'), snapshot: lineOf(result, 'snapshot') }
}

function lineOf(result: unknown, which: string): ReplayLine {
  const line: unknown = member(result, which)
  return {
    from: Number(member(line, 'from')),
    seq: Number(member(line, 'seq')),
    digest: String(member(line, 'digest')),
    stateDigest: String(member(line, 'stateDigest')),
    ms: Number(member(line, 'ms')),
  }
}

function member(value: unknown, name: string): unknown {
  if (typeof value !== 'object' || value === null) return undefined
  return Object.entries(value).find(([key]) => key === name)?.[1]
}

function sayReplay({ from, seq, digest, ms }: ReplayLine): string {
  const rate = seq > from ? `, ${Math.round(((seq - from) / ms) * 1_000)} commands/s` : ''
  return `replay           from ${from} to ${seq}: digest ${digest}, ${Math.round(ms)} ms${rate}`
}

/** Everybody was told everything that concerns them, once, in order, as the journal has it. */
function compareTold(retold: Retold, traders: readonly Trader[], watcher: Watcher): string[] {
  const pairs = [
    { name: 'The drop copy', told: watcher.told, expected: retold.all },
    ...traders.map((trader, i) => ({
      name: `Trader ${i + 1}`,
      told: trader.told,
      expected: retold.ofTraders[i] ?? retold.all,
    })),
  ]
  return pairs.flatMap(({ name, told, expected }) => {
    const seq = told.firstDifference(expected)
    return seq === undefined
      ? []
      : [`${name} was told of ${told.count} commands, not ${expected.count}; they differ at ${seq}`]
  })
}

/** Every step was carried out once, and answered once; none was made up. */
function compareAnswers(retold: Retold, traders: readonly Trader[]): string[] {
  return traders.flatMap((trader, i) => {
    const wrong: string[] = []
    for (const kind of stepKinds)
      for (let order = 1; order <= trader.orders; order++) {
        const times = retold.carriedOut(i + 1, kind, order)
        if (times > 1 || times !== trader.answersTo(kind, order))
          wrong.push(
            `Trader ${i + 1}: ${kind} ${order} was carried out ${times} times and answered ${trader.answersTo(kind, order)} times`,
          )
      }
    return wrong.slice(0, 5)
  })
}

export async function until(done: () => boolean, otherwise: string | (() => string)): Promise<void> {
  const began = performance.now()
  while (!done()) {
    if (performance.now() - began > patience_ms)
      throw new Error(typeof otherwise === 'string' ? otherwise : otherwise())
    await new Promise((resolve) => setTimeout(resolve, 20))
  }
}
