import type { Fault } from '../agitator.ts'
import { killIfThere } from '../faults.ts'
import type { ExchangeFaultName } from '../options.ts'
import type { Scene } from './scene.ts'

const nothing = (): void => undefined

const beginnings: Readonly<Record<ExchangeFaultName, (scene: Scene) => ReturnType<Fault['begin']>>> = {
  async 'kill owner'(scene) {
    const owner = await scene.owner()
    owner?.signal('SIGKILL')
    return nothing
  },
  // For longer than its silence is waited for; awake again, it has to find that the market is another's.
  async 'stop owner'(scene) {
    const owner = await scene.owner()
    owner?.signal('SIGSTOP')
    return () => owner?.signal('SIGCONT')
  },
  async 'kill other'(scene) {
    const owner = await scene.owner()
    const other = scene.members.find(({ florin }) => florin !== owner)
    other?.florin.signal('SIGKILL')
    return nothing
  },
  async 'kill server'({ site }) {
    killIfThere(site.server.pid)
    return nothing
  },
  async 'cut database'({ site }) {
    site.proxy.cut()
    return nothing
  },
  async 'cut clients'({ members }) {
    for (const { wire } of members) wire.cut()
    return nothing
  },
}

/**
 * The faults of these names. Trading goes on while each of them lasts.
 *
 * @param struck called when one has begun: nobody comes to the end before
 */
export function exchangeFaults(
  scene: Scene,
  names: readonly ExchangeFaultName[],
  struck: () => void,
): Record<string, Fault> {
  const begin = async (name: ExchangeFaultName): ReturnType<Fault['begin']> => {
    const end = await beginnings[name](scene)
    struck()
    return end
  }
  return Object.fromEntries(names.map((name) => [name, { begin: () => begin(name), isOutlived: true }]))
}
