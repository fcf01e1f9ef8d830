import { mkdtemp, open, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { undoing } from '../lib/leftovers.ts'
import { type Latency, latencyOf } from '../lib/statistics.ts'

const commandBytes = 64
/** As a file of PostgreSQL's log: it is there, with its place on the disk, before anything is written into it. */
const fileBytes = 16 * 1024 * 1024

/**
 * What the machine allows: pieces of so many commands fall due at even intervals, are written to a file together with
 * whatever else waits, synced, and answered. No database, no market.
 */
export async function measureFloor(together: number, perSecond: number, seconds: number): Promise<Latency> {
  const folder = await mkdtemp(join(tmpdir(), 'florin-floor-'))
  return undoing(
    () => rm(folder, { recursive: true, force: true }),
    async () => latencyOf(await writePaced(join(folder, 'log'), together, perSecond, seconds)),
  )
}

async function writePaced(
  path: string,
  together: number,
  perSecond: number,
  seconds: number,
): Promise<Float64Array> {
  const pieceBytes = together * commandBytes
  const interval_ms = (together * 1_000) / perSecond
  const samples_ms = new Float64Array(Math.floor((perSecond * seconds) / together))
  const bytes = Buffer.alloc(fileBytes, 'command ')
  const file = await open(path, 'w+')
  try {
    await file.write(bytes, 0, fileBytes, 0)
    await file.sync()
    const start = performance.now()
    let written = 0
    let position = 0
    while (written < samples_ms.length) {
      const due = Math.min(samples_ms.length, Math.floor((performance.now() - start) / interval_ms) + 1)
      if (due === written) {
        await new Promise((resolve) => setTimeout(resolve, 1))
        continue
      }
      const size = Math.min((due - written) * pieceBytes, fileBytes)
      if (position + size > fileBytes) position = 0
      await file.write(bytes, 0, size, position)
      await file.datasync()
      position += size
      const now = performance.now()
      for (; written < due; written++) samples_ms[written] = now - (start + written * interval_ms)
    }
  } finally {
    await file.close()
  }
  return samples_ms
}
