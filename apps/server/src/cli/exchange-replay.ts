import { findMarket, JournalBroken, type Replay, RulesDiffer, replayTwice } from '@florin/exchange'
import { Refusal } from '@florin/kernel'
import type { Config } from '../config.ts'
import { FlagReader, readFlags, refuseExtra } from './arguments.ts'
import { exitCodes, Failure, usage } from './failure.ts'
import { openDatabase } from './open-database.ts'
import { write } from './output.ts'
import { Progress } from './progress.ts'

const help = `Usage: florin exchange replay --market CODE [--output json]

Reads the journal of a market from its first command and from its newest snapshot, and compares what both come to:
the sequence number, the digest over all commands and records, and the digest of the whole state. Every digest that was
recorded on the way is compared as well. What another version of the matching rules carried out is not replayed: the
first command is then the one after it. The market may go on meanwhile. Exit code 1 where anything differs.
`

/** `florin exchange replay`. Needs the database itself: a journal may be long. */
export async function exchangeReplay(config: Config, argv: readonly string[]): Promise<number> {
  let code: string | undefined
  const reader = new FlagReader(argv)
  const flags = readFlags(reader, (flag) => {
    if (flag.name === 'market') code = reader.value(flag)
    return flag.name === 'market'
  })
  refuseExtra(reader.positional)
  if (flags.help) {
    await write(help)
    return exitCodes.done
  }
  if (code === undefined) throw usage('--market is missing.')
  const { database, close } = await openDatabase(config)
  const progress = new Progress('Replaying')
  try {
    const market = await findMarket(database, code)
    const result = await replayTwice(
      database,
      market,
      () => performance.now(),
      (done, of) => progress.show(done, of, market.code),
    )
    progress.end()
    await write(flags.output === 'json' ? `${JSON.stringify(result)}\n` : shown(result))
    return result.same ? exitCodes.done : exitCodes.refused
  } catch (error) {
    if (error instanceof JournalBroken || error instanceof RulesDiffer || error instanceof Refusal)
      throw new Failure(exitCodes.refused, `${error.message}.`)
    throw error
  } finally {
    progress.end()
    await close()
  }
}

function shown({ start, snapshot, same }: Awaited<ReturnType<typeof replayTwice>>): string {
  return [
    line(
      start.from === 0 ? 'from the first command' : `from command ${start.from}, where these rules begin`,
      start,
    ),
    line(`from the snapshot at ${snapshot.from}`, snapshot),
    same ? 'Both came to the same.' : 'They did NOT come to the same.',
    '',
  ].join('\n')
}

function line(what: string, { seq, digest, stateDigest, ms }: Replay): string {
  return `${what}: command ${seq}, digest ${digest}, state ${stateDigest}, ${ms.toFixed(0)} ms`
}
