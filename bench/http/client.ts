import { connect, type Socket } from 'node:net'

/**
 * One keep-alive connection of HTTP/1.1 with one request at a time. It knows just enough of the protocol to be cheap:
 * what the load generator takes of the processor, the server does not have.
 */
export class Connection {
  readonly #socket: Socket
  #received = ''
  #answered: ((status: number) => void) | undefined
  #lost: ((error: Error) => void) | undefined

  private constructor(socket: Socket) {
    this.#socket = socket
    socket.setNoDelay(true)
    socket.setEncoding('latin1')
    socket.on('data', (text: string) => this.#receive(text))
    socket.on('error', (error) => this.#lose(error))
    socket.on('close', () => this.#lose(new Error('The connection was closed')))
  }

  static open(url: URL): Promise<Connection> {
    return new Promise((resolve, reject) => {
      const socket = connect(Number(url.port), url.hostname)
      socket.once('error', reject)
      socket.once('connect', () => {
        socket.off('error', reject)
        resolve(new Connection(socket))
      })
    })
  }

  /** Sends a whole request; gives the status of the answer, once all of it is there. */
  send(request: string): Promise<number> {
    return new Promise((resolve, reject) => {
      this.#answered = resolve
      this.#lost = reject
      this.#socket.write(request)
    })
  }

  close(): void {
    this.#socket.destroy()
  }

  #receive(text: string): void {
    this.#received = this.#received === '' ? text : this.#received + text
    const head = this.#received.indexOf('\r\n\r\n')
    if (head < 0) return
    const length = lengthOf(this.#received, head)
    if (length === undefined) {
      this.#socket.destroy(new Error('An answer without a length'))
      return
    }
    if (this.#received.length < head + 4 + length) return
    // `HTTP/1.1 200 OK`
    const status = Number(this.#received.slice(9, 12))
    this.#received = ''
    this.#answered?.(status)
  }

  #lose(error: Error): void {
    this.#lost?.(error)
  }
}

function lengthOf(received: string, head: number): number | undefined {
  const found = /\r\ncontent-length: *(\d+)/i.exec(received.slice(0, head))?.[1]
  return found === undefined ? undefined : Number(found)
}
