import type { Command, Query, Registry } from '../registry.ts'
import { isMembers, isValid } from './inputs.ts'

export interface WrongInput {
  readonly what: string
  readonly input: unknown
}

const wrongTypes: readonly unknown[] = [null, true, 12.5, 'nonsense \u0001', [], [[]], { nonsense: 1 }]

/**
 * Inputs that must be refused as invalid, made from the example: members left out, added, of the wrong type, and
 * texts that are empty, huge or hold U+0000. A variant that the schema allows is left out, but for texts without
 * bounds and for U+0000: no schema may allow those. Huge is what would not even fit into the body.
 */
export function* wrongInputs(registry: Registry, operation: Command | Query): Generator<WrongInput> {
  const example = operation.example.input
  const huge = 'x'.repeat(Math.max(1_000_000, (operation.bodyLimit ?? 0) + 1))
  const must = (what: string, input: unknown): WrongInput => ({ what, input })
  yield must('no input', undefined)
  yield must('null', null)
  yield must('a list', [example])
  yield must('an unknown member', { ...example, nonsense: 1 })
  for (const required of operation.input.required ?? []) {
    yield must(
      `without ${required}`,
      Object.fromEntries(Object.entries(example).filter(([n]) => n !== required)),
    )
  }
  for (const { path, value, replace } of places(example)) {
    for (const wrong of wrongTypes) {
      const input = replace(wrong)
      const what = `${path} is ${JSON.stringify(wrong)}`
      if (!isValid(registry, operation, input)) yield must(what, input)
    }
    if (typeof value !== 'string') continue
    yield must(`${path} is huge`, replace(huge))
    yield must(`${path} holds U+0000`, replace(`${value}\0`))
    if (!isValid(registry, operation, replace(''))) yield must(`${path} is empty`, replace(''))
  }
}

interface Place {
  readonly path: string
  readonly value: unknown
  /** The whole input with another value in this place. */
  readonly replace: (value: unknown) => unknown
}

/** Every place in the value, from the outside in. */
function* places(
  whole: unknown,
  path = '',
  replaceWhole: Place['replace'] = (value) => value,
): Generator<Place> {
  if (Array.isArray(whole)) {
    for (const [i, value] of whole.entries()) {
      const replace = (other: unknown): unknown => replaceWhole(whole.with(i, other))
      yield { path: `${path}/${i}`, value, replace }
      yield* places(value, `${path}/${i}`, replace)
    }
  } else if (isMembers(whole)) {
    for (const [name, value] of Object.entries(whole)) {
      const replace = (other: unknown): unknown => replaceWhole({ ...whole, [name]: other })
      yield { path: `${path}/${name}`, value, replace }
      yield* places(value, `${path}/${name}`, replace)
    }
  }
}
