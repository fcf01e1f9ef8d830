/** Exit codes of the command line. */
export const exitCodes = { done: 0, refused: 1, usage: 2, unavailable: 3 } as const

/** Ends a command with a message on stderr. */
export class Failure extends Error {
  override readonly name = 'Failure'
  readonly exitCode: number

  constructor(exitCode: number, message: string) {
    super(message)
    this.exitCode = exitCode
  }
}

export function usage(message: string): Failure {
  return new Failure(exitCodes.usage, message)
}

export function unavailable(message: string): Failure {
  return new Failure(exitCodes.unavailable, message)
}
