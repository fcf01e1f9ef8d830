/** Writes to standard output and waits until it is taken: a pipe may be slower than we are. */
export function write(text: string): Promise<void> {
  return new Promise((resolve, reject) => {
    process.stdout.write(text, (error) => {
      // Whoever reads us has seen enough, as `head` does.
      if (error === null || error === undefined || isBrokenPipe(error)) resolve()
      else reject(error)
    })
  })
}

export function isBrokenPipe(error: Error): boolean {
  return 'code' in error && (error.code === 'EPIPE' || error.code === 'ERR_STREAM_DESTROYED')
}
