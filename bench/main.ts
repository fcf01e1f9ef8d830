/**
 * Florin's benchmarks.
 *
 *   npm run bench                            all sections
 *   npm run bench -- --only posting,http     some of them
 *   npm run bench -- --large                 growth and reads at ten million postings
 *   npm run bench -- --short                 to see that they work, not to quote
 *   npm run bench -- --json                  for machines
 *   npm run bench -- --only posting --scenario zipf,4-postings
 *   npm run bench -- --only posting --profile posting.cpuprofile
 *   npm run bench -- --only pgledger --pgledger <folder with its SQL files>
 */
import { exchangeSection } from './exchange/main.ts'
import { growthSection, readsSection } from './growth/main.ts'
import { httpSection } from './http/main.ts'
import { undoing, undoOnInterrupt } from './lib/leftovers.ts'
import { machineLine } from './lib/machine.ts'
import { type BenchOptions, OptionsError, readOptions } from './lib/options.ts'
import type { Bench, Report, Section } from './lib/section.ts'
import { type BenchServer, startBenchServer } from './lib/server.ts'
import { printTable } from './lib/table.ts'
import { memorySection } from './memory/main.ts'
import { moneySection } from './money/main.ts'
import { pgledgerSection } from './pgledger/main.ts'
import { postingSection } from './posting/main.ts'
import { processesSection } from './processes/main.ts'

const sections: Readonly<Record<string, Section>> = {
  posting: postingSection,
  http: httpSection,
  growth: growthSection,
  reads: readsSection,
  processes: processesSection,
  memory: memorySection,
  pgledger: pgledgerSection,
  money: moneySection,
  exchange: exchangeSection,
}

async function main(): Promise<void> {
  const options = readOptions(process.argv.slice(2), Object.keys(sections))
  const reports: Record<string, unknown> = {}
  let told = false
  await withBench(options, async (bench) => {
    for (const [name, section] of chosen(options)) {
      const report = await section(bench)
      reports[name] = { machine: report.machine, figures: report.data }
      if (options.json) continue
      print(name, report, told)
      told ||= report.machine !== undefined
    }
  })
  if (options.json) console.log(JSON.stringify(reports, null, 2))
}

function chosen({ only, pgledger }: BenchOptions): [string, Section][] {
  const wanted = (name: string): boolean =>
    only === undefined ? name !== 'pgledger' || pgledger !== undefined : only.includes(name)
  return Object.entries(sections).filter(([name]) => wanted(name))
}

async function withBench(options: BenchOptions, work: (bench: Bench) => Promise<void>): Promise<void> {
  let server: Promise<BenchServer> | undefined
  const bench: Bench = {
    options,
    server() {
      server ??= startBenchServer()
      return server
    },
    progress(text) {
      if (process.stderr.isTTY) process.stderr.write(`\x1b[2K\r${text} …`)
    },
  }
  const stop = async (): Promise<void> => {
    await server?.then((running) => running.stop())
  }
  await undoing(stop, () => work(bench))
}

function print(name: string, { about, machine, tables }: Report, told: boolean): void {
  if (process.stderr.isTTY) process.stderr.write('\x1b[2K\r')
  if (machine !== undefined && !told) console.log(`${machineLine(machine)}\n`)
  console.log(`== ${name} ==`)
  for (const line of about) console.log(line)
  console.log('')
  for (const table of tables) printTable(table)
  console.log('')
}

undoOnInterrupt()
try {
  await main()
} catch (error) {
  if (!(error instanceof OptionsError)) throw error
  console.error(error.message)
  process.exitCode = 2
}
