import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { MarketRecord } from '@florin/exchange'
import type { PatientWorld } from '../../patient.ts'
import { TcpProxy } from '../../proxy.ts'
import { ServingFlorin, type ServingOptions } from '../../serving-florin.ts'
import { Site } from '../../site.ts'
import { exchangeModules, openSoakMarket } from './market.ts'

/** A process with the wire that its clients come by. */
export interface Member {
  readonly florin: ServingFlorin
  readonly wire: TcpProxy
}

/** Two processes on one PostgreSQL, which they reach by one wire, and a market that one of them runs. */
export class Scene {
  readonly site: Site
  readonly world: PatientWorld
  readonly market: MarketRecord
  readonly members: readonly Member[]
  readonly #folder: string

  private constructor(
    site: Site,
    world: PatientWorld,
    market: MarketRecord,
    members: readonly Member[],
    folder: string,
  ) {
    this.site = site
    this.world = world
    this.market = market
    this.members = members
    this.#folder = folder
  }

  static async open(traders: number, commands: number): Promise<Scene> {
    const folder = await mkdtemp(join(tmpdir(), 'florin-soak-'))
    const site = await Site.open({ modules: exchangeModules, start: Date.now() })
    const world = await site.world()
    const market = await openSoakMarket(world, traders, commands)
    const databaseUrl = site.proxy.through(world.url)
    const members: Member[] = []
    while (members.length < 2) {
      // One after another: the folder holds the admin's key, which is one for all processes on a database.
      const florin = await ServingFlorin.start({ folder, databaseUrl })
      members.push({ florin, wire: await TcpProxy.listen({ host: '127.0.0.1', port: florin.port }) })
    }
    return new Scene(site, world, market, members, folder)
  }

  /** Where clients come. */
  get urls(): string[] {
    return this.members.map(({ wire }) => `http://127.0.0.1:${wire.port}`)
  }

  key(): Promise<string> {
    const [first] = this.members
    if (first === undefined) throw new Error('There is no process')
    return first.florin.key()
  }

  /** For a `florin` that reaches the database whatever is done to the wire. */
  get calm(): ServingOptions {
    return { folder: this.#folder, databaseUrl: this.world.url }
  }

  /** Who runs the market, if anybody does. */
  async owner(): Promise<ServingFlorin | undefined> {
    const [head] = await this.world.adminDatabase.query<{ address: string | null }>(
      'SELECT address FROM exchange.heads WHERE market_id = $1',
      [this.market.id],
    )
    return this.members.find(({ florin }) => florin.url === head?.address)?.florin
  }

  /** Ends the processes as an operator would. */
  async stopServing(): Promise<void> {
    await Promise.all(this.members.map(({ florin }) => florin.stop()))
  }

  async close(): Promise<void> {
    await this.stopServing()
    await Promise.all(this.members.map(({ wire }) => wire.stop()))
    await this.world.close()
    await this.site.close()
    await rm(this.#folder, { recursive: true, force: true })
  }
}
