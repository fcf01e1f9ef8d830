import type { Database, Metrics } from '@florin/kernel'
import { readVerifications } from '@florin/ledger'

/** Tells in the metrics what the last verification of the books found, and when it ended. */
export function watchVerification(metrics: Metrics, database: Database): void {
  const last = async () => (await readVerifications(database, undefined, 1))[0]
  metrics.gauge(
    'florin_books_findings',
    'Findings of the last verification of the books; NaN if there was none',
    async () => (await last())?.findings ?? Number.NaN,
  )
  metrics.gauge(
    'florin_books_verified_timestamp_seconds',
    'When the last verification of the books ended; NaN if there was none',
    async () => ((await last())?.endedAt ?? Number.NaN) / 1_000,
  )
}

/** The same in a few words. */
export async function verificationNote(database: Database): Promise<string> {
  const [last] = await readVerifications(database, undefined, 1)
  if (last === undefined) return 'not verified yet'
  const when = new Date(last.endedAt).toISOString()
  return last.findings === 0 ? `verified ${when}` : `broken: ${last.findings} findings ${when}`
}
