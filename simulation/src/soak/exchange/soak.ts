import { setTimeout as sleep } from 'node:timers/promises'
import { Agitator, faultLines } from '../agitator.ts'
import { drawer } from '../draw.ts'
import type { ExchangeSoakOptions } from '../options.ts'
import { exchangeFaults } from './faults.ts'
import type { Line } from './line.ts'
import { marketCode, traderName } from './market.ts'
import { Orders } from './orders.ts'
import { type Proof, prove, until } from './proof.ts'
import { Scene } from './scene.ts'
import { Trader } from './trader.ts'
import { Watcher } from './watcher.ts'

/** Silence of a market that does run is shorter; ms. */
const patience_ms = 4_000
/** Between two faults: so much that most of the time is trading. */
const pauses_ms = [1_000, 12_000] as const
const sayEvery_ms = 10_000
const standstill_ms = 180_000

/** Runs until the commands are sent and answered, proves what came of them, prints it, and gives everything that is wrong. */
export async function soakExchange(
  options: ExchangeSoakOptions,
  print: (line: string) => void,
): Promise<string[]> {
  const { commands, seed, sessions, faults } = options
  print(`seed ${seed}, ${commands} commands of ${sessions} traders, faults: ${faults.join(', ')}`)
  const scene = await Scene.open(sessions, commands)
  const began = performance.now()
  const note = (text: string): void =>
    print(`${((performance.now() - began) / 1_000).toFixed(0).padStart(5)} s  ${text}`)
  const lines: Line[] = []
  try {
    const key = await scene.key()
    const traders = openTraders(scene, key, options)
    const watcher = new Watcher({ ...lineOf(scene, key), opening: { type: 'watch', accounts: 'all' } })
    lines.push(...traders, watcher)
    const draw = drawer(seed)
    const struck = (): void => {
      for (const trader of traders) trader.release()
    }
    const agitator = new Agitator(
      exchangeFaults(scene, faults, struck),
      pauses_ms,
      () => allServed(traders),
      draw,
    )
    const failed = new AbortController()
    const agitating = agitator.run().catch((error: unknown) => failed.abort(error))
    const finish = (): void => {
      note('nothing more is sent')
      for (const trader of traders) trader.finish()
    }
    process.once('SIGINT', finish)
    await trading(traders, note, failed.signal).finally(() => process.off('SIGINT', finish))
    const traded_s = (performance.now() - began) / 1_000
    agitator.stop()
    await agitating
    const proof = await prove(scene, traders, watcher, note)
    report(traders, watcher, proof, traded_s, print)
    print(`take-overs       ${(await takeOvers(scene)) - 1}`)
    for (const line of faultLines(agitator.injected)) print(line)
    const { wrong } = proof
    print(wrong.length === 0 ? 'Everything holds.' : `WRONG:\n${wrong.slice(0, 20).join('\n')}`)
    return [...wrong]
  } finally {
    await Promise.all(lines.map((line) => line.stop()))
    await scene.close()
  }
}

function lineOf(scene: Scene, key: string) {
  return { urls: () => scene.urls, key, market: marketCode, patience_ms }
}

function openTraders(scene: Scene, key: string, { commands, seed, sessions }: ExchangeSoakOptions): Trader[] {
  return Array.from({ length: sessions }, (_, i) => {
    const account = traderName(i)
    const orders = new Orders(account, drawer(seed + 1 + i), () => Date.now())
    const steps = Math.ceil(commands / sessions)
    const opening = { type: 'login', session: account }
    return new Trader({ ...lineOf(scene, key), opening, account, orders, steps })
  })
}

/** Resolves once every trader has the answers to all its steps. Throws the reason of the signal. */
async function trading(
  traders: readonly Trader[],
  note: (text: string) => void,
  failed: AbortSignal,
): Promise<void> {
  let said = performance.now()
  let [moved, answers] = [performance.now(), 0]
  while (!traders.every(({ isDone }) => isDone)) {
    await sleep(20)
    failed.throwIfAborted()
    const sum = sumOf(traders, (trader) => trader.answers)
    if (sum > answers) [moved, answers] = [performance.now(), sum]
    if (performance.now() - moved > standstill_ms)
      throw new Error(`After ${sum} answers there were no more: ${traders.map(String).join('; ')}`)
    if (performance.now() - said < sayEvery_ms) continue
    said = performance.now()
    note(`${sum} answers`)
  }
}

/** Resolves once each trader has an answer to something that it sent after now. */
async function allServed(traders: readonly Trader[]): Promise<void> {
  const sent = traders.map((trader) => trader.sent)
  await until(
    () => traders.every((trader, i) => trader.hasAnsweredSince(sent[i] ?? 0)),
    () => `A trader was not served in time: ${traders.map(String).join('; ')}`,
  )
}

async function takeOvers({ world, market }: Scene): Promise<number> {
  const [row] = await world.adminDatabase.query<{ count: bigint }>(
    'SELECT count(*) FROM exchange.epochs WHERE market_id = $1',
    [market.id],
  )
  return Number(row?.count ?? 0n)
}

function report(
  traders: readonly Trader[],
  watcher: Watcher,
  { retold, drained_ms, said }: Proof,
  traded_s: number,
  print: (line: string) => void,
): void {
  const answers = sumOf(traders, (trader) => trader.answers)
  const of = (value: (trader: Trader) => number): number => sumOf(traders, value)
  print(
    `commands         ${answers} answered once each in ${traded_s.toFixed(0)} s, outages included: ${Math.round(answers / traded_s)}/s; ${of((trader) => trader.refusals)} were refused`,
  )
  print(
    `journal          ${retold.engine.sequence} commands, ${retold.entered} orders, ${retold.trades.length} trades`,
  )
  print(
    `connections      ${of((trader) => trader.opened)} of traders, ${watcher.opened} of the drop copy; ${of((trader) => trader.resent)} commands sent again`,
  )
  print(`drop copy        ${watcher.told.count} commands, ${watcher.events} events`)
  print(`followers        at the end of the journal after another ${(drained_ms / 1_000).toFixed(1)} s`)
  for (const line of said) print(line)
}

function sumOf(traders: readonly Trader[], value: (trader: Trader) => number): number {
  return traders.reduce((sum, trader) => sum + value(trader), 0)
}
