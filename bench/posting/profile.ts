import { writeFile } from 'node:fs/promises'
import { Session } from 'node:inspector/promises'

/** Runs work under the sampling profiler and writes what it saw, for a browser's developer tools to open. */
export async function profiled<T>(file: string, work: () => Promise<T>): Promise<T> {
  const session = new Session()
  session.connect()
  try {
    await session.post('Profiler.enable')
    await session.post('Profiler.start')
    const result = await work()
    const { profile } = await session.post('Profiler.stop')
    await writeFile(file, JSON.stringify(profile))
    return result
  } finally {
    session.disconnect()
  }
}
