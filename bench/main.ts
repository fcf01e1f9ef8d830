/**
 * Florin's benchmarks.
 *
 *   npm run bench                      all of them
 *   npm run bench -- --only posting    one of them: posting, money
 *   npm run bench -- --short           to see that they work, not to quote
 *   npm run bench -- --json            for machines
 */
import { moneyBench, printMoney } from './money/main.ts'
import { postingBench, printPosting } from './posting/main.ts'

interface Options {
  readonly short: boolean
}

/** Runs a benchmark, prints it for people unless told to be quiet, and gives what it measured. */
type Bench = (options: Options, quiet: boolean) => Promise<unknown>

const benches: Readonly<Record<string, Bench>> = {
  async posting(options, quiet) {
    const result = await postingBench(options)
    if (!quiet) printPosting(result)
    return result
  },
  async money(options, quiet) {
    const rows = await moneyBench(options)
    if (!quiet) printMoney(rows)
    return rows
  },
}

const json = process.argv.includes('--json')
const options = { short: process.argv.includes('--short') }
const at = process.argv.indexOf('--only')
const only = at < 0 ? undefined : (process.argv[at + 1] ?? '')
if (only !== undefined && benches[only] === undefined) {
  console.error(`There is no benchmark "${only}"; there are: ${Object.keys(benches).join(', ')}`)
  process.exitCode = 2
} else {
  const results: Record<string, unknown> = {}
  for (const [name, bench] of Object.entries(benches)) {
    if (only !== undefined && name !== only) continue
    if (!json && Object.keys(results).length > 0) console.log('')
    results[name] = await bench(options, json)
  }
  if (json) console.log(JSON.stringify(results, null, 2))
}
