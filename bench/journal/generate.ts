import { createWriteStream } from 'node:fs'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { parseArgs } from 'node:util'
import { detectFormat } from '@florin/journal'
import { largeJournal } from '@florin/journal/generator'

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    transactions: { type: 'string', default: '1000000' },
    accounts: { type: 'string', default: '500' },
    seed: { type: 'string', default: '1' },
  },
})
const [file] = positionals
if (file === undefined) {
  process.stderr.write('node bench/journal/generate.ts FILE [--transactions N] [--accounts N] [--seed N]\n')
  process.exit(2)
}
const journal = largeJournal({
  format: detectFormat({ name: file, content: '' }),
  transactions: Number(values.transactions),
  accounts: Number(values.accounts),
  seed: Number(values.seed),
})
await pipeline(Readable.from(journal), createWriteStream(file))
