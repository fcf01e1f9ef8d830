import { PassThrough } from 'node:stream'
import type { FastifyReply } from 'fastify'
import type { Context } from '../context.ts'
import { RequestError } from '../errors.ts'
import { Gate } from '../pipeline/gate.ts'
import type { Format, Query } from '../registry.ts'
import type { View } from '../unit.ts'
import { defaultHttpLimits, type HttpServerOptions } from './options.ts'

type AnyFormat = Format<never>

/**
 * The format that the caller wants rather than JSON, or undefined for JSON (RFC 9110 §12.5.1: quality, then
 * specificity; JSON where it is wanted as much). Throws `not_acceptable` where nothing that is offered will do.
 */
export function formatFor(accept: string | undefined, formats: readonly AnyFormat[]): AnyFormat | undefined {
  if (accept === undefined || accept === '*/*' || accept === 'application/json') return undefined
  let best: AnyFormat | undefined
  let most = quality(accept, 'application/json')
  for (const format of formats) {
    const wanted = quality(accept, format.mediaType)
    if (wanted > most) {
      best = format
      most = wanted
    }
  }
  if (most > 0) return best
  const offered = ['application/json', ...formats.map(({ mediaType }) => mediaType)].join(' or ')
  throw new RequestError('not_acceptable', `The operation answers in ${offered}`)
}

/** The quality that an Accept header gives a media type: the most specific range that covers it decides. */
function quality(accept: string, mediaType: string): number {
  const [bare = ''] = mediaType.split(';')
  const type = bare.slice(0, bare.indexOf('/'))
  const ranges = ['*/*', `${type}/*`, bare]
  let best = { specificity: -1, quality: 0 }
  for (const item of accept.split(',')) {
    const [range = '', ...parameters] = item.split(';').map((part) => part.trim().toLowerCase())
    const specificity = ranges.indexOf(range)
    if (specificity <= best.specificity) continue
    const q = parameters.find((parameter) => parameter.startsWith('q='))
    best = { specificity, quality: q === undefined ? 1 : Number(q.slice(2)) || 0 }
  }
  return best.quality
}

/** Sends a query's answer piece by piece, as fast as the reader takes it and no faster. */
export class Streams {
  readonly #options: HttpServerOptions
  readonly #gate: Gate
  readonly #stallMs: number

  constructor(options: HttpServerOptions) {
    const limits = { ...defaultHttpLimits, ...options.limits }
    this.#options = options
    this.#gate = new Gate(limits.streams)
    this.#stallMs = limits.streamStallMs
  }

  /** Answers once the first piece is there, so that whatever goes wrong before is a proper problem. */
  send(
    reply: FastifyReply,
    query: Query,
    format: AnyFormat,
    input: unknown,
    context: Context,
  ): Promise<FastifyReply> {
    const body = new PassThrough()
    return new Promise((resolve, reject) => {
      let begun = false
      const begin = (): void => {
        if (begun) return
        begun = true
        reply.code(200).header('content-type', format.mediaType)
        resolve(reply.send(body))
      }
      const pump = async (view: View): Promise<void> => {
        // A connection lost half-way can't be hidden by reading again: the reader has the first half already.
        if (begun) throw new Error('The stream broke off')
        for await (const piece of format.write(view, input as never)) {
          begin()
          if (!body.write(piece)) await this.#drained(body)
        }
      }
      this.#gate
        .through(() => this.#options.engine.read(query, input, context, pump))
        .then(
          () => {
            begin()
            body.end()
          },
          (error: unknown) => {
            if (!begun) return reject(error)
            // Cutting the connection is the only way left to say that the answer is not complete.
            this.#options.log.warn(
              { err: error, requestId: context.requestId, query: query.name },
              'a stream broke off',
            )
            body.destroy(new Error('The stream broke off'))
          },
        )
    })
  }

  /** Resolves when the reader has caught up; rejects when it is gone or takes nothing for too long. */
  #drained(body: PassThrough): Promise<void> {
    return new Promise((resolve, reject) => {
      const settle = (error?: Error): void => {
        clearTimeout(timer)
        body.off('drain', settle).off('close', gone)
        if (error === undefined) resolve()
        else reject(error)
      }
      const gone = (): void => settle(new Error('The reader went away'))
      const timer = setTimeout(() => settle(new Error('The reader takes nothing')), this.#stallMs)
      body.once('drain', settle).once('close', gone)
      if (body.destroyed) gone()
    })
  }
}
