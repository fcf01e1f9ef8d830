import type { FastifyInstance } from 'fastify'
import { jsonMediaType } from './operations.ts'
import type { HttpServerOptions } from './options.ts'

/** A part that takes longer to answer is not ready. */
const partTimeoutMs = 2_000
/** Probes within this time share one look, so that a flood of them is no load. */
const believedMs = 250

interface Readiness {
  readonly ready: boolean
  readonly parts: Readonly<Record<string, 'ready' | 'not ready'>>
  readonly notes: Readonly<Record<string, string>> | undefined
}

/** `/health/live`: the process answers. `/health/ready`: it can do its work. Both without a key. */
export function addHealth(app: FastifyInstance, options: HttpServerOptions, stopping: () => boolean): void {
  const parts: Record<string, () => Promise<boolean>> = {
    database: async () => (await options.database.query('SELECT 1')).length === 1,
    ...options.readiness,
  }
  let latest: { readonly at: number; readonly readiness: Promise<Readiness> } | undefined
  const look = (): Promise<Readiness> => {
    if (latest === undefined || performance.now() - latest.at > believedMs) {
      latest = { at: performance.now(), readiness: ask(parts, options.notes) }
    }
    return latest.readiness
  }
  app.get('/health/live', (_request, reply) => reply.type(jsonMediaType).send('{"status":"live"}'))
  app.get('/health/ready', async (_request, reply) => {
    const { ready, parts: asked, notes } = await look()
    const status = stopping() ? 'stopping' : ready ? 'ready' : 'not ready'
    if (status !== 'ready') reply.code(503).header('retry-after', '1')
    return reply.type(jsonMediaType).send(JSON.stringify({ status, parts: asked, notes }))
  })
}

async function ask(
  parts: Readonly<Record<string, () => Promise<boolean>>>,
  notes: HttpServerOptions['notes'],
): Promise<Readiness> {
  const asked = await Promise.all(
    Object.entries(parts).map(async ([name, part]) => {
      const ready = await within(
        part().catch(() => false),
        false,
      )
      return [name, ready ? 'ready' : 'not ready'] as const
    }),
  )
  return {
    ready: asked.every(([, state]) => state === 'ready'),
    parts: Object.fromEntries(asked),
    notes: notes === undefined ? undefined : await noteAll(notes),
  }
}

/** What can't be told now is unknown, and that is no reason to be unready. */
async function noteAll(notes: NonNullable<HttpServerOptions['notes']>): Promise<Record<string, string>> {
  const told = Object.entries(notes).map(async ([name, note]) => {
    return [
      name,
      await within<string>(
        note().catch(() => 'unknown'),
        'unknown',
      ),
    ] as const
  })
  return Object.fromEntries(await Promise.all(told))
}

async function within<T>(answer: Promise<T>, otherwise: T): Promise<T> {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<T>((resolve) => {
    timer = setTimeout(() => resolve(otherwise), partTimeoutMs)
  })
  try {
    return await Promise.race([answer, late])
  } finally {
    clearTimeout(timer)
  }
}
