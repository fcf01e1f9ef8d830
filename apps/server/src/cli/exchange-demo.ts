import type { Config } from '../config.ts'
import { type DemoOptions, runDemo } from '../exchange-demo/run.ts'
import { FlagReader, readFlags, refuseExtra } from './arguments.ts'
import { exitCodes, usage } from './failure.ts'
import { write } from './output.ts'

const help = `Usage: florin exchange demo [--seconds N] [--speed N] [--seed N] [--plain]

A market in the terminal, with simulated participants: market makers, takers, one with stops, one with icebergs. It opens
by an auction, trades, closes by an auction, and settles into a ledger. Everything runs in a temporary folder and is
removed at the end; Ctrl-C ends it.

  --seconds N  how long it trades (30)
  --speed N    how often in a second everybody acts (10)
  --seed N     another course of events (1)
  --plain      one picture at the end, as fast as it goes, for pipes and tests

Exit code 1 if the books do not hold, 130 if it was interrupted.
`

const interrupted = 130

/** `florin exchange demo`. */
export async function exchangeDemo(config: Config, argv: readonly string[]): Promise<number> {
  const options: { -readonly [Name in keyof DemoOptions]: DemoOptions[Name] } = {
    plain: false,
    seed: 1,
    seconds: 30,
    speed: 10,
  }
  const reader = new FlagReader(argv)
  const flags = readFlags(reader, (flag) => {
    if (flag.name === 'plain') options.plain = true
    else if (flag.name === 'seed') options.seed = number('seed', reader.value(flag), 0, 4_294_967_295)
    else if (flag.name === 'seconds') options.seconds = number('seconds', reader.value(flag), 0, 86_400)
    else if (flag.name === 'speed') options.speed = number('speed', reader.value(flag), 1, 1_000)
    else return false
    return true
  })
  refuseExtra(reader.positional)
  if (flags.help) {
    await write(help)
    return exitCodes.done
  }
  const held = await runDemo(config, { ...options, plain: options.plain || !process.stdout.isTTY })
  if (held === undefined) return interrupted
  return held ? exitCodes.done : exitCodes.refused
}

function number(flag: string, text: string, least: number, most: number): number {
  const value = Number(text)
  if (/^\d{1,10}$/.test(text) && value >= least && value <= most) return value
  throw usage(`--${flag} is a whole number from ${least} to ${most}, not "${text}".`)
}
