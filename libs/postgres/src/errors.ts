/** Everything that can keep the embedded server from starting. The codes are stable; the sentences may improve. */
export type StartErrorCode =
  | 'binaries_missing'
  | 'cancelled'
  | 'cluster_damaged'
  | 'folder_in_use'
  | 'folder_unwritable'
  | 'location_missing'
  | 'no_space'
  | 'not_owner'
  | 'password_refused'
  | 'port_busy'
  | 'start_failed'
  | 'start_timeout'
  | 'user_unavailable'
  | 'wrong_major'

/** The message is one sentence for the person at the terminal: what is wrong and what to do. */
export class StartError extends Error {
  readonly code: StartErrorCode

  constructor(code: StartErrorCode, message: string, options?: ErrorOptions) {
    super(message, options)
    this.name = 'StartError'
    this.code = code
  }
}

/** The `code` of a Node or PostgreSQL error (`ENOENT`, `57P03`), or undefined for anything else. */
export function errorCode(error: unknown): string | undefined {
  if (!(error instanceof Error) || !('code' in error)) return undefined
  return typeof error.code === 'string' ? error.code : undefined
}

export function errorText(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}

/** Turns a file system refusal about `path` into its sentence; anything else comes back unchanged. */
export function folderError(error: unknown, path: string): unknown {
  switch (errorCode(error)) {
    case 'EACCES':
    case 'EPERM':
    case 'EROFS':
      return unwritable(path, error)
    case 'EEXIST':
    case 'ENOTDIR':
      return new StartError(
        'folder_unwritable',
        `${path} can't be the data folder because a file is in its way; move that file or choose another data folder.`,
        { cause: error },
      )
    case 'ENOSPC':
    case 'EDQUOT':
      return noSpace(path, error)
    default:
      return error
  }
}

export function unwritable(path: string, cause?: unknown): StartError {
  return new StartError(
    'folder_unwritable',
    `The folder ${path} can't be written by this user; allow it to write there or choose another data folder.`,
    { cause },
  )
}

export function noSpace(path: string, cause?: unknown): StartError {
  return new StartError('no_space', `No space is left on the disk of ${path}; free some and start again.`, {
    cause,
  })
}
