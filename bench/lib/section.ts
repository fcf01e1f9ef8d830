import type { Machine } from './machine.ts'
import type { BenchOptions } from './options.ts'
import type { BenchServer } from './server.ts'

/** What sections share in a run. */
export interface Bench {
  readonly options: BenchOptions
  /** One durable PostgreSQL for all sections that need no `florin serve`; started at its first use. */
  server(): Promise<BenchServer>
  /** Tells a person who waits what is being measured. */
  progress(text: string): void
}

export interface Table {
  readonly title?: string
  /** The first `texts` columns are texts, the others figures. */
  readonly texts: number
  readonly columns: readonly string[]
  readonly rows: readonly (readonly string[])[]
}

export interface Report {
  /** One line each: what is measured, and what the limit is. */
  readonly about: readonly string[]
  readonly tables: readonly Table[]
  readonly machine?: Machine
  /** The same figures for machines. */
  readonly data: unknown
}

export type Section = (bench: Bench) => Promise<Report>
