import type { FastifyInstance } from 'fastify'
import { allows } from '../context.ts'
import { RequestError } from '../errors.ts'
import { Doorkeeper } from './authenticate.ts'
import type { HttpServerOptions } from './options.ts'

export const metricsPermission = 'kernel.metrics.read'

/** `/metrics` in the Prometheus text format: open where only this machine can reach it, else for keys that may. */
export function addMetrics(app: FastifyInstance, options: HttpServerOptions): void {
  const doorkeeper = new Doorkeeper(options)
  app.get('/metrics', async (request, reply) => {
    if (options.openMetrics === false && !allows(await doorkeeper.actorOf(request), metricsPermission)) {
      throw new RequestError('forbidden', `The caller lacks the permission ${metricsPermission}`)
    }
    const { registry } = options.metrics
    return reply.type(registry.contentType).send(await registry.metrics())
  })
}
