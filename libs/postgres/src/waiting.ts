import { setTimeout as delay } from 'node:timers/promises'

/** Polls until `done` answers true; false when the time is up first. */
export async function waitUntil(
  done: () => boolean | Promise<boolean>,
  limits: { timeout_ms: number; every_ms?: number },
): Promise<boolean> {
  const end = performance.now() + limits.timeout_ms
  for (;;) {
    if (await done()) return true
    if (performance.now() >= end) return false
    await delay(limits.every_ms ?? 20)
  }
}
