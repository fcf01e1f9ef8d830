import { setTimeout as sleep } from 'node:timers/promises'
import type { Database } from '@florin/kernel'
import { PatientDatabase, type PatientWorld } from '../patient.ts'
import type { Site } from '../site.ts'
import type { Crew } from './crew.ts'
import type { FaultName } from './options.ts'

/** What can be done harm to. */
export interface Scene {
  readonly site: Site
  readonly crew: Crew
  readonly world: () => PatientWorld
}

/** Begins a fault; what it gives ends it. */
type Fault = (scene: Scene) => Promise<() => Promise<void> | void>

const nothing = (): void => undefined

export const faults: Readonly<Record<FaultName, Fault>> = {
  async cut({ site }) {
    site.proxy.cut()
    return nothing
  },
  async gone({ site }) {
    site.proxy.close()
    return () => site.proxy.heal()
  },
  async silent({ site }) {
    site.proxy.silence()
    return () => site.proxy.heal()
  },
  async 'slow wire'({ site }) {
    site.proxy.delay(20)
    return () => site.proxy.heal()
  },
  async 'slow flush'(scene) {
    await setFlushDelay(scene, 50_000)
    return () => setFlushDelay(scene, 0)
  },
  async 'kill server'({ site }) {
    process.kill(site.server.pid, 'SIGKILL')
    return nothing
  },
  async 'kill backend'({ world }) {
    const [backend] = await world().adminDatabase.query<{ pid: number }>(
      `SELECT pid FROM pg_stat_activity WHERE application_name = 'florin' AND pid <> pg_backend_pid() ORDER BY random() LIMIT 1`,
    )
    if (backend !== undefined) killIfThere(backend.pid)
    return nothing
  },
  async 'kill process'({ crew }) {
    crew.any().signal('SIGKILL')
    return nothing
  },
  async 'stop process'({ crew }) {
    const stopped = crew.any()
    stopped.signal('SIGSTOP')
    return () => stopped.signal('SIGCONT')
  },
  async 'no connections'({ site }) {
    const crowd = new PatientDatabase(site.server.adminUrl, {
      poolSize: 300,
      statementTimeoutMs: 0,
      lockTimeoutMs: 0,
      idleInTransactionTimeoutMs: 0,
      acquireTimeoutMs: 5_000,
    })
    const held = await holdAll(crowd)
    // whoever had one loses it, and finds none
    site.proxy.cut()
    return async () => {
      for (const release of held) release()
      await crowd.close()
    }
  },
}

function killIfThere(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL')
  } catch (error) {
    // it ended by itself just now
    if (!(error instanceof Error && 'code' in error && error.code === 'ESRCH')) throw error
  }
}

async function setFlushDelay({ site }: Scene, microseconds: number): Promise<void> {
  const admin = new PatientDatabase(site.server.adminUrl)
  await admin.query(`ALTER SYSTEM SET commit_delay = ${microseconds}`)
  await admin.query('ALTER SYSTEM SET commit_siblings = 0')
  await admin.query('SELECT pg_reload_conf()')
  await admin.close()
}

async function holdAll(crowd: Database): Promise<(() => void)[]> {
  const held: (() => void)[] = []
  for (let full = false; !full; ) {
    await crowd.session().then(
      ({ release }) => held.push(release),
      () => {
        full = true
      },
    )
  }
  return held
}

export interface Injected {
  readonly fault: FaultName
  /** From when all was well again until a call by every Florin got its outcome, ms. */
  readonly recovery_ms: number
}

/** Fault after fault, in an order made of the seed, until told to stop. */
export class Agitator {
  readonly injected: Injected[] = []
  readonly #scene: Scene
  readonly #names: readonly FaultName[]
  readonly #draw: (below: number) => number
  #stopping = false

  constructor(scene: Scene, names: readonly FaultName[], draw: (below: number) => number) {
    this.#scene = scene
    this.#names = names
    this.#draw = draw
  }

  stop(): void {
    this.#stopping = true
  }

  async run(): Promise<void> {
    while (!this.#stopping) {
      await sleep(500 + this.#draw(2_500))
      const fault = this.#names[this.#draw(this.#names.length)]
      if (fault === undefined || this.#stopping) return
      const end = await faults[fault](this.#scene)
      await sleep(100 + this.#draw(3_000))
      await end()
      const began = performance.now()
      await this.#scene.crew.allAnswer()
      this.injected.push({ fault, recovery_ms: performance.now() - began })
    }
  }
}
