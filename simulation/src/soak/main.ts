/**
 * The soak: everything goes wrong for as long as one likes, and the books hold. `npm run soak -- --help` tells more.
 */
import { randomInt } from 'node:crypto'
import { soakExchange } from './exchange/soak.ts'
import { help, readOptions } from './options.ts'
import { soak } from './soak.ts'

if (process.argv.includes('--help')) console.log(help)
else {
  try {
    const options = readOptions(process.argv.slice(2), randomInt(2 ** 31))
    const wrong = await (options.of === 'exchange'
      ? soakExchange(options, console.log)
      : soak(options, console.log))
    process.exitCode = wrong.length === 0 ? 0 : 1
  } catch (error) {
    console.error(error instanceof Error ? error.message : error)
    process.exitCode = 1
  }
}
