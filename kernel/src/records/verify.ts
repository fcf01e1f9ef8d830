import { Type } from 'typebox'
import { defineQuery, type Finding, type Module, type Query } from '../registry.ts'
import type { View } from '../unit.ts'

/** Gives the kernel's module the query that asks every module whether its books hold. */
export function withVerification(modules: readonly Module[]): Module[] {
  const query = verifyQuery(modules)
  return modules.map((module) =>
    module.name === 'kernel' ? { ...module, queries: [...module.queries, query] } : module,
  )
}

function verifyQuery(modules: readonly Module[]): Query {
  return defineQuery({
    name: 'kernel.verify',
    summary: 'Recompute what is kept from what was recorded, and compare',
    description:
      'Reads everything on one snapshot, so it may run beside any load. `ok` is true when there are no findings. As `application/x-ndjson` lines of `{"module","done","of"}` come first, the answer last.',
    http: { method: 'GET', path: '/v1/verify' },
    input: Type.Object({}, { additionalProperties: false }),
    output: Type.Object(
      {
        ok: Type.Boolean(),
        modules: Type.Array(Type.String(), { description: 'The modules whose records were checked' }),
        findings: Type.Array(
          Type.Object(
            { check: Type.String(), subject: Type.String(), expected: Type.String(), found: Type.String() },
            { additionalProperties: false },
          ),
        ),
      },
      { additionalProperties: false },
    ),
    permission: 'kernel.verify',
    refusals: [],
    example: { input: {} },
    run: (view) => verifyAll(view, modules, () => undefined),
    formats: [{ mediaType: 'application/x-ndjson', write: (view) => tellProgress(view, modules) }],
  })
}

interface Report {
  ok: boolean
  modules: string[]
  findings: Finding[]
}

async function verifyAll(
  view: View,
  modules: readonly Module[],
  progress: (module: string, done: number, of: number) => void,
): Promise<Report> {
  const checked = modules.filter((module) => module.verify !== undefined)
  const findings: Finding[] = []
  for (const module of checked) {
    const found = await module.verify?.(view, (done, of) => progress(module.name, done, of))
    findings.push(...(found ?? []))
  }
  return { ok: findings.length === 0, modules: checked.map((module) => module.name), findings }
}

/** The steps of which progress is told, of each module: a thousandth of its work. */
const steps = 1_000

/** A line for every step that is done, the report last. */
async function* tellProgress(view: View, modules: readonly Module[]): AsyncGenerator<string> {
  const lines: string[] = []
  let told = ''
  let wake: () => void = () => undefined
  let ended = false
  let isGone = false
  const report = verifyAll(view, modules, (module, done, of) => {
    if (isGone) throw new Error('The reader went away')
    const step = `${module} ${of === 0 ? steps : Math.floor((steps * done) / of)}`
    if (step === told) return
    told = step
    lines.push(`${JSON.stringify({ module, done, of })}\n`)
    wake()
  }).finally(() => {
    ended = true
    wake()
  })
  // Its failure is told where it is awaited below; a reader that goes away leaves it unheard.
  const settled = report.catch(() => undefined)
  try {
    while (!ended) {
      await new Promise<void>((resolve) => {
        wake = resolve
        if (ended || lines.length > 0) resolve()
      })
      for (let line = lines.shift(); line !== undefined; line = lines.shift()) yield line
    }
    yield `${JSON.stringify(await report)}\n`
  } finally {
    // The snapshot ends with this generator: nothing may read on it any more.
    isGone = true
    await settled
  }
}
