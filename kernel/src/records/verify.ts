import { Type } from 'typebox'
import { defineQuery, type Module, type Query } from '../registry.ts'

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
      'Reads everything on one snapshot, so it may run beside any load. `ok` is true when there are no findings.',
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
    async run(view) {
      const checked = modules.filter((module) => module.verify !== undefined)
      const findings = []
      for (const module of checked) findings.push(...((await module.verify?.(view)) ?? []))
      return { ok: findings.length === 0, modules: checked.map((module) => module.name), findings }
    },
  })
}
