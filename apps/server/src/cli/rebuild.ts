import type { Config } from '../config.ts'
import { FlagReader, readFlags, refuseExtra } from './arguments.ts'
import { call } from './call.ts'
import { connect } from './connect.ts'
import { usage } from './failure.ts'
import { arrayAt, isObject, stringAt } from './json.ts'
import type { Operation } from './operations.ts'
import { write } from './output.ts'
import { render } from './render.ts'

export const rebuildHelp = `florin rebuild --ledger NAME --reason WHY [--output json]

Compare what is kept of a ledger with its records, and write anew what differs.

Counts without any lock first (ledger.caches.check), then mends what differs under the ledger's lock
(ledger.caches.rebuild). Postings go on meanwhile. With --dry nothing is written.
`

/** `florin rebuild`: looks without a lock, then mends only what differs. */
export async function rebuild(
  config: Config,
  server: string | undefined,
  operations: { readonly check: Operation; readonly rebuild: Operation },
  argv: readonly string[],
): Promise<void> {
  let ledger: string | undefined
  let dry = false
  const reader = new FlagReader(argv)
  const flags = readFlags(reader, (flag) => {
    if (flag.name === 'ledger') ledger = reader.value(flag)
    else if (flag.name === 'dry') dry = true
    else return false
    return true
  })
  refuseExtra(reader.positional)
  if (flags.help) return write(rebuildHelp)
  if (ledger === undefined) throw usage('--ledger is missing.')
  const { key, reason } = flags
  if (!dry && reason === undefined) throw usage('--reason is missing: why are caches rebuilt?')
  const connection = await connect(config, server, false)
  const print = (answer: unknown): Promise<void> =>
    write(flags.output === 'json' ? `${JSON.stringify(answer)}\n` : render(answer))
  try {
    const checked: unknown = JSON.parse((await call(connection, operations.check, { ledger })).text)
    const only = arrayAt(checked, 'differences')
      .filter(isObject)
      .map((one) => ({ cache: stringAt(one, 'cache'), key: stringAt(one, 'key') }))
    if (dry || only.length === 0) return await print(dry ? checked : { ledger, mended: [] })
    const answer = await call(connection, operations.rebuild, { ledger, only }, { key, reason })
    await print(JSON.parse(answer.text))
  } finally {
    await connection.close()
  }
}
