import { request as httpRequest, type IncomingMessage } from 'node:http'
import type { ApiAnswer, ApiRequest, Connection } from './connection.ts'
import { Failure, unavailable } from './failure.ts'
import { isObject, type Json } from './json.ts'

/** A running server at this address, spoken to with this key. */
export function remoteConnection(url: string, key: string): Connection {
  const send = async (request: ApiRequest): Promise<ApiAnswer> => {
    const message = await exchange(url, request, key)
    const text = await textOf(url, message, request.onPiece)
    return {
      status: message.statusCode ?? 0,
      replayed: message.headers['idempotency-replayed'] === 'true',
      text,
      mediaType: (message.headers['content-type'] ?? '').split(';')[0] ?? '',
    }
  }
  return {
    send,
    describe: async () => {
      const { status, text } = await send({ method: 'GET', path: '/openapi.json', headers: {} })
      return descriptionOf(url, status, text)
    },
    close: async () => undefined,
  }
}

/** Whether a Florin answers there. */
export async function answers(url: string): Promise<boolean> {
  try {
    const message = await exchange(url, { method: 'GET', path: '/health/live', headers: {} }, '')
    return message.statusCode === 200 && (await textOf(url, message)).includes('"live"')
  } catch (error) {
    if (error instanceof Failure) return false
    throw error
  }
}

async function exchange(url: string, request: ApiRequest, key: string): Promise<IncomingMessage> {
  const { method, path, headers, body } = request
  const target = `${url}${path}`
  // TLS is loaded only where it is needed: most calls stay on this machine.
  const open = target.startsWith('https:') ? (await import('node:https')).request : httpRequest
  return new Promise((resolve, reject) => {
    const options = {
      method,
      headers: { ...headers, ...(key === '' ? {} : { authorization: `Bearer ${key}` }) },
    }
    const outgoing = open(target, options, resolve)
    outgoing.on('error', (error) => reject(unavailable(`No Florin answers at ${url} (${error.message}).`)))
    outgoing.end(body)
  })
}

async function textOf(
  url: string,
  message: IncomingMessage,
  onPiece: ApiRequest['onPiece'] = undefined,
): Promise<string> {
  const decoder = new TextDecoder()
  try {
    const chunks: Buffer[] = []
    for await (const chunk of message) {
      const bytes = Buffer.from(chunk)
      chunks.push(bytes)
      if (message.statusCode === 200) onPiece?.(decoder.decode(bytes, { stream: true }))
    }
    return Buffer.concat(chunks).toString('utf8')
  } catch {
    throw unavailable(`The answer of ${url} broke off; send the same call with the same --key again.`)
  }
}

function descriptionOf(url: string, status: number, text: string): Json {
  try {
    const document: unknown = JSON.parse(text)
    if (status === 200 && isObject(document)) return document
  } catch {
    // the sentence below says it
  }
  throw unavailable(`What answers at ${url} is no Florin.`)
}
