import { connect, createServer, type Server, type Socket } from 'node:net'

interface Pair {
  readonly client: Socket
  readonly server: Socket
}

/** A wire that can go wrong: it stands between Florin and PostgreSQL, on the loopback address only. */
export class TcpProxy {
  readonly #target: { host: string; port: number }
  readonly #pairs = new Set<Pair>()
  readonly #listener: Server
  #mode: 'open' | 'silent' | 'closed' = 'open'
  #delayMs = 0

  private constructor(target: { host: string; port: number }) {
    this.#target = target
    this.#listener = createServer({ pauseOnConnect: true }, (client) => this.#accept(client))
  }

  static async listen(target: { host: string; port: number }): Promise<TcpProxy> {
    const proxy = new TcpProxy(target)
    await new Promise<void>((resolve, reject) => {
      proxy.#listener.once('error', reject)
      proxy.#listener.listen(0, '127.0.0.1', () => resolve())
    })
    return proxy
  }

  get port(): number {
    const address = this.#listener.address()
    if (address === null || typeof address === 'string') throw new Error('The proxy does not listen')
    return address.port
  }

  get connections(): number {
    return this.#pairs.size
  }

  /** The same address by way of the proxy. */
  through(url: string): string {
    const way = new URL(url)
    way.hostname = '127.0.0.1'
    way.port = String(this.port)
    return way.href
  }

  /** Resets every connection; new ones get through. */
  cut(): void {
    for (const { client, server } of this.#pairs) {
      client.resetAndDestroy()
      server.resetAndDestroy()
    }
    this.#pairs.clear()
  }

  /** Half open: nothing comes through any more, in either direction, and nobody is told; new connections, too. */
  silence(): void {
    this.#mode = 'silent'
    for (const { client, server } of this.#pairs) {
      client.pause()
      server.pause()
    }
  }

  /** New connections are refused and those there are reset, as when the network or the server's machine is gone. */
  close(): void {
    this.#mode = 'closed'
    this.cut()
  }

  /** Each answer of the server takes so much longer. */
  delay(ms: number): void {
    this.#delayMs = ms
  }

  /** All is well for new connections. Those that were silent stay so, as after a firewall forgot them. */
  heal(): void {
    this.#mode = 'open'
    this.#delayMs = 0
  }

  async stop(): Promise<void> {
    const closed = new Promise<void>((resolve) => this.#listener.close(() => resolve()))
    this.cut()
    await closed
  }

  #accept(client: Socket): void {
    if (this.#mode === 'closed') {
      client.resetAndDestroy()
      return
    }
    const server = connect(this.#target)
    const pair = { client, server }
    this.#pairs.add(pair)
    const end = (): void => {
      this.#pairs.delete(pair)
      client.destroy()
      server.destroy()
    }
    for (const socket of [client, server]) {
      socket.setNoDelay(true)
      socket.on('error', end)
      socket.on('close', end)
    }
    client.on('data', (data) => server.write(data))
    server.on('data', (data) => this.#answer(client, data))
    if (this.#mode === 'silent') {
      client.pause()
      server.pause()
    } else client.resume()
  }

  #answer(client: Socket, data: Buffer): void {
    if (this.#delayMs === 0) client.write(data)
    else setTimeout(() => client.destroyed || client.write(data), this.#delayMs)
  }
}
