import type { Bench, Report } from '../lib/section.ts'
import { journalTable, measureJournal } from './journal.ts'
import { matchingTables, measureMatching, weighBook } from './matching.ts'

/** Matching by itself, and journalled: how fast an exchange is, and what it costs to be durable. */
export async function exchangeSection(bench: Bench): Promise<Report> {
  const figures = await measureMatching(bench)
  const weight = await weighBook(bench)
  const journal = await measureJournal(bench)
  return {
    about: [
      'Matching: commands a second over a filled book, each book in a process of its own. Cold: its first 100,000 commands, filling included.',
      'Limit: a loop that reads type, price and quantity of the same commands. Single commands are timed in a run of their own, clock included (see the limit).',
      'Journalled: through the sequencer with every check, durable in PostgreSQL before the result is published. Limit: the same bytes as rows, nothing else.',
      'Times are counted from when commands were due. Floor: they are written to a file together and synced, by nothing else in its own time.',
    ],
    tables: [...matchingTables(figures, weight), journalTable(journal)],
    machine: journal.machine,
    data: { matching: figures, weight, journal },
  }
}
