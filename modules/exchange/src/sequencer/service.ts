import { hostname } from 'node:os'
import { performance } from 'node:perf_hooks'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Service } from '@florin/kernel'
import { microsecondClock } from './clock.ts'
import { MarketHost } from './host.ts'

const everyMs = 1_000

/** Runs this process's share of the markets. */
export const marketService: Service = {
  name: 'exchange.markets',
  role: 'exchange',
  start({ database, log, clock, random, address }) {
    const elapsedMs = () => performance.now()
    const host = new MarketHost({
      database,
      log,
      clock: microsecondClock(
        clock,
        () => performance.now() * 1_000,
        'system clock, UTC, microseconds by a monotonic counter',
      ),
      elapsedMs,
      owner: `${hostname()}/${process.pid}/${Buffer.from(random.bytes(6)).toString('hex')}`,
      address,
    })
    const stopping = new AbortController()
    const { signal } = stopping
    const loop = async (): Promise<void> => {
      while (!signal.aborted) {
        await host
          .round()
          .catch((error: unknown) =>
            log.error({ err: error }, 'looking after the markets failed; it goes on'),
          )
        await sleep(everyMs, undefined, { signal }).catch(() => undefined)
      }
    }
    const ended = loop()
    return {
      async stop() {
        stopping.abort()
        await ended
        await host.stop()
      },
    }
  },
}
