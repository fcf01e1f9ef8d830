import type { Bench, Report } from '../lib/section.ts'
import { followersTable, measureFollowers } from './followers.ts'
import { journalTable, measureJournal } from './journal.ts'
import { matchingTables, measureMatching, weighBook } from './matching.ts'

/** Matching by itself, and journalled: how fast an exchange is, and what it costs to be durable. */
export async function exchangeSection(bench: Bench): Promise<Report> {
  const figures = await measureMatching(bench)
  const weight = await weighBook(bench)
  const journal = await measureJournal(bench)
  const followers = await measureFollowers(bench)
  return {
    about: [
      'Matching: commands a second over a filled book, each book in a process of its own. Cold: its first 100,000 commands, filling included.',
      'Limit: a loop that reads type, price and quantity of the same commands. Single commands are timed in a run of their own, clock included (see the limit).',
      'Readers of the journal write histories, records and settlements by their commands. Limit: the same rows copied within PostgreSQL, indexes included; of settlements without what they book.',
      'Journalled: through the sequencer with every check, durable in PostgreSQL before the result is published. Limit: the same bytes as rows, nothing else.',
      'Times are counted from when commands were due. Floor: they are written to a file together and synced, by nothing else in its own time.',
    ],
    tables: [...matchingTables(figures, weight), journalTable(journal), followersTable(followers)],
    machine: journal.machine,
    data: { matching: figures, weight, journal, followers },
  }
}
