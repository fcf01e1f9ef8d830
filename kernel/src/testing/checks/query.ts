import { Compile } from 'typebox/compile'
import { expect } from 'vitest'
import type { Query } from '../../registry.ts'
import type { Stage } from '../stage.ts'
import { changedTables } from '../state.ts'
import type { World } from '../world.ts'
import { wrongInputs } from '../wrong-inputs.ts'

/** The example of a query is answered by its schema, and in every format, and changes nothing; it demands permission and valid input. */
export async function answersItsExample(query: Query, stage: Stage): Promise<void> {
  const world = await stage.open()
  try {
    const before = await world.state()
    const output = await world.ask(query.name, query.example.input)
    const schema = Compile(query.output)
    expect(schema.Check(output) ? [] : schema.Errors(output)).toEqual([])
    for (const { mediaType } of query.formats ?? []) {
      const bare = mediaType.split(';')[0] ?? ''
      expect(await world.askFor(bare, query.name, query.example.input), mediaType).not.toBe('')
    }
    for (const { what, input } of wrongInputs(world.registry, query))
      expect(await codeOf(world, query, input, ['*']), what).toBe('invalid_input')
    expect(await world.state()).toEqual(before)
    expect(await codeOf(world, query, query.example.input, [])).toBe('forbidden')
    expect(changedTables(before, await world.state())).toEqual(['kernel.audit'])
  } finally {
    await world.close()
  }
}

async function codeOf(
  world: World,
  query: Query,
  input: unknown,
  permissions: readonly string[],
): Promise<unknown> {
  const actor = { id: 'somebody', kind: 'key', permissions } as const
  return world.ask(query.name, input, { actor }).then(
    () => 'answered',
    (error: { code?: unknown }) => error.code,
  )
}
