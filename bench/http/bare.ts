/**
 * What HTTP itself costs, and what one would write first: a server on bare node:http that reads the body, parses it
 * and answers, with nothing behind it (`echo`) or with a row-at-a-time transaction a request (`rows`).
 */
import { createServer, type IncomingMessage, type Server } from 'node:http'
import { Database } from '@florin/kernel'
import { serveJobs } from '../lib/worker.ts'
import { postAlone } from '../posting/row-by-row.ts'

export interface BareJob {
  /** The database with the baseline's tables; without it nothing is stored. */
  readonly database?: string
  /** Bytes that an answer has. */
  readonly answerBytes: number
}

export interface BareServer {
  readonly url: string
}

let server: Server | undefined
let database: Database | undefined

serveJobs(listen, async () => {
  server?.closeAllConnections()
  server?.close()
  await database?.close()
})

function listen({ database: url, answerBytes }: BareJob): Promise<BareServer> {
  const answer = 'x'.repeat(answerBytes)
  database = url === undefined ? undefined : new Database(url)
  const listening = createServer((request, response) => {
    read(request)
      .then((body) => (database === undefined ? undefined : postAlone(database, postingOf(body))))
      .then(
        () => response.writeHead(200, { 'Content-Length': answerBytes }).end(answer),
        () => response.writeHead(500, { 'Content-Length': 0 }).end(),
      )
  })
  server = listening
  return new Promise((resolve, reject) => {
    listening.once('error', reject)
    listening.listen(0, '127.0.0.1', () => {
      const address = listening.address()
      if (address === null || typeof address === 'string') reject(new Error('No port'))
      else resolve({ url: `http://127.0.0.1:${address.port}` })
    })
  })
}

async function read(request: IncomingMessage): Promise<unknown> {
  const chunks: Buffer[] = []
  for await (const chunk of request) chunks.push(chunk)
  return JSON.parse(Buffer.concat(chunks).toString('utf8'))
}

/** The accounts' numbers and the amount in cents of the one posting in the body. */
function postingOf(body: unknown): { debit: number; credit: number; amount: bigint } {
  const text = JSON.stringify(body)
  const found =
    /"debit":"customers:(\d+):wallet","credit":"customers:(\d+):wallet","amount":"(\d+)\.(\d\d)"/.exec(text)
  if (found === null) throw new Error('Not a posting of the benchmark')
  return { debit: Number(found[1]), credit: Number(found[2]), amount: BigInt(`${found[3]}${found[4]}`) }
}
