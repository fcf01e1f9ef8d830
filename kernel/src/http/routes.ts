import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { RequestError } from '../errors.ts'

/** Answers what no route answers: 404, 405 with Allow, and OPTIONS. */
export function addNotFound(app: FastifyInstance): void {
  const routes: { readonly segments: readonly string[]; readonly method: string }[] = []
  app.addHook('onRoute', ({ url, method }) => {
    for (const one of [method].flat()) routes.push({ segments: url.split('/'), method: one })
  })
  const allowed = (path: string): string[] => {
    const segments = path.split('/')
    const methods = routes.filter((route) => fits(route.segments, segments)).map((route) => route.method)
    return [...new Set(methods)].sort()
  }
  app.setNotFoundHandler((request: FastifyRequest, reply: FastifyReply) => {
    const [path = ''] = request.url.split('?')
    const methods = allowed(path)
    if (methods.length === 0) {
      throw new RequestError('route_not_found', `Nothing answers ${request.method} ${path.slice(0, 200)}`)
    }
    reply.header('allow', [...methods, 'OPTIONS'].join(', '))
    // No CORS: browsers of other origins have no business here. This is the plain OPTIONS of RFC 9110.
    if (request.method === 'OPTIONS') return reply.code(204).send()
    throw new RequestError('method_not_allowed', `${path.slice(0, 200)} answers ${methods.join(', ')}`)
  })
}

function fits(pattern: readonly string[], segments: readonly string[]): boolean {
  return (
    pattern.length === segments.length &&
    pattern.every((part, i) => (part.startsWith(':') ? segments[i] !== '' : part === segments[i]))
  )
}
