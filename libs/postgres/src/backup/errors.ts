/** Everything that can keep a backup or a restore from being made. The codes are stable; the sentences may improve. */
export type BackupErrorCode =
  | 'archive_foreign'
  | 'archive_gap'
  | 'archive_unusable'
  | 'backup_damaged'
  | 'backup_not_found'
  | 'not_supported'
  | 'target_not_empty'
  | 'target_not_reached'
  | 'wrong_major'

/** The message is one sentence for the person at the terminal: what is wrong and what to do. */
export class BackupError extends Error {
  readonly code: BackupErrorCode

  constructor(code: BackupErrorCode, message: string, options?: ErrorOptions) {
    super(message, options)
    this.name = 'BackupError'
    this.code = code
  }
}
