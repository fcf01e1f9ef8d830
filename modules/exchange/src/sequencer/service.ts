import { hostname } from 'node:os'
import { performance } from 'node:perf_hooks'
import { setTimeout as sleep } from 'node:timers/promises'
import type { RunningService, Service, ServiceTools } from '@florin/kernel'
import { microsecondClock } from './clock.ts'
import { MarketHost } from './host.ts'

const everyMs = 1_000
const clockSource = 'system clock in UTC, microseconds by a monotonic counter'

type Choice = (code: string) => boolean

/** Runs this process's share of the markets: of those that `runs` says yes to, whatever nobody else runs. */
export function runMarkets(runs: Choice = () => true): Service {
  return { name: 'exchange.markets', role: 'exchange', start: (tools) => start(tools, runs) }
}

function start({ database, log, clock, random, address }: ServiceTools, runs: Choice): RunningService {
  const stopping = new AbortController()
  const { signal } = stopping
  let hurry = new AbortController()
  const host = new MarketHost({
    database,
    log,
    clock: microsecondClock(clock, () => performance.now() * 1_000, clockSource),
    elapsedMs: () => performance.now(),
    owner: `${hostname()}/${process.pid}/${Buffer.from(random.bytes(6)).toString('hex')}`,
    address,
    runs,
    onLost: () => hurry.abort(),
  })
  const loop = async (): Promise<void> => {
    while (!signal.aborted) {
      hurry = new AbortController()
      const failed = await host.round().then(
        () => false,
        (error: unknown) => {
          log.error({ err: error }, 'looking after the markets failed; it goes on')
          return true
        },
      )
      const woken = failed ? signal : AbortSignal.any([signal, hurry.signal])
      await sleep(everyMs, undefined, { signal: woken }).catch(() => undefined)
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
}
