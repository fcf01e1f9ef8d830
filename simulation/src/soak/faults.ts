import type { Database } from '@florin/kernel'
import { PatientDatabase, type PatientWorld } from '../patient.ts'
import type { Site } from '../site.ts'
import type { Fault } from './agitator.ts'
import type { Crew } from './crew.ts'
import type { FaultName } from './options.ts'

/** What can be done harm to. */
export interface Scene {
  readonly site: Site
  readonly crew: Crew
  readonly world: () => PatientWorld
}

type Begin = (scene: Scene) => ReturnType<Fault['begin']>

const nothing = (): void => undefined

const beginnings: Readonly<Record<FaultName, Begin>> = {
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

/** The faults of these names at a scene. None is outlived by those it strikes. */
export function faultsAt(scene: Scene, names: readonly FaultName[]): Record<string, Fault> {
  return Object.fromEntries(
    names.map((name) => [name, { begin: () => beginnings[name](scene), isOutlived: false }]),
  )
}

export function killIfThere(pid: number): void {
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
