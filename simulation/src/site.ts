import type { DatabaseOptions, Module } from '@florin/kernel'
import { quickRetry, type WorldOptions } from '@florin/kernel/testing'
import { startTestServer, type TestServer, type TestServerOptions } from '@florin/postgres/testing'
import { insist, PatientWorld } from './patient.ts'
import { TcpProxy } from './proxy.ts'
import { modules as ledgerModules, migratedDatabase } from './storage.ts'

export interface SiteOptions {
  readonly server?: TestServerOptions['settings']
  readonly database?: Partial<DatabaseOptions>
  readonly retry?: NonNullable<WorldOptions['engine']>['retry']
  readonly seed?: number
  /** The ledger's unless given. */
  readonly modules?: readonly Module[]
  /** What the worlds' clocks show at first. */
  readonly start?: number
}

/** A durable PostgreSQL of its own, a wire to it, and worlds at the other end of the wire. */
export class Site {
  readonly server: TestServer
  readonly proxy: TcpProxy
  readonly #options: SiteOptions

  private constructor(server: TestServer, proxy: TcpProxy, options: SiteOptions) {
    this.server = server
    this.proxy = proxy
    this.#options = options
  }

  static async open(options: SiteOptions = {}): Promise<Site> {
    const settings = options.server === undefined ? {} : { settings: options.server }
    const server = await startTestServer({ durable: true, ...settings })
    const { host, port } = server.connection
    return new Site(server, await TcpProxy.listen({ host, port }), options)
  }

  /** A fresh database with an engine that reaches it by the wire. */
  async world(): Promise<PatientWorld> {
    const { database = {}, retry = quickRetry, seed = 1, modules = ledgerModules, start } = this.#options
    const storage = await insist(() => migratedDatabase(this.server, modules))
    const when = start === undefined ? {} : { start }
    const options = { modules, seed, engine: { retry }, database, ...when }
    const byWire = { ...storage, url: this.proxy.through(storage.url) }
    return new PatientWorld(options, byWire, storage.url)
  }

  async close(): Promise<void> {
    await this.proxy.stop()
    await this.server.stop()
  }
}
