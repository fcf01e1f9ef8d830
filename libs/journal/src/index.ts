export * from './model.ts'
export { normalise } from './normalise.ts'
export { detectFormat, readJournal } from './read.ts'
export { JournalStream } from './stream.ts'
export { NotStreamable, type StreamResult } from './streaming.ts'
export { BeancountWriter, beancountChunks, writeBeancount } from './write/beancount.ts'
export { HledgerWriter, hledgerChunks, writeHledger } from './write/hledger.ts'
export {
  type ExportAccount,
  type ExportAsset,
  ExportError,
  type ExportJournal,
  type ExportLine,
  type ExportTransaction,
} from './write/model.ts'
