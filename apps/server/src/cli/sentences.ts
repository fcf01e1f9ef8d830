import { isConnectionLoss, MigrationError } from '@florin/kernel'
import { StartError } from '@florin/postgres'
import { BackupError } from '@florin/postgres/backup'
import { ServeError } from '../serve.ts'
import { StoreError } from '../store.ts'

/** One sentence for what keeps the program from starting or going on; a stack only where it is a defect. */
export function sentenceOf(error: unknown): string {
  if (error instanceof BackupError) return error.message
  if (error instanceof StartError || error instanceof MigrationError) return error.message
  if (error instanceof ServeError || error instanceof StoreError) return error.message
  if (isConnectionLoss(error)) return 'The database does not answer; try again when it does.'
  return error instanceof Error ? (error.stack ?? error.message) : String(error)
}

/** Whether the program could have done it and would not. */
export function isRefusal(error: unknown): boolean {
  return error instanceof BackupError
}
