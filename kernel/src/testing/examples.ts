import type { Actor } from '../context.ts'
import type { Example, Registry } from '../registry.ts'
import type { World } from './world.ts'

export function exampleKey(name: string): string {
  return `example-${name}`
}

/** The commands whose examples come before this one's, each once, in the order in which they must be sent. */
export function examplesBefore(registry: Registry, name: string): string[] {
  const order: string[] = []
  const visit = (command: string, path: readonly string[]): void => {
    if (path.includes(command))
      throw new Error(`The examples go in a circle: ${[...path, command].join(' → ')}`)
    for (const earlier of exampleOf(registry, command).after ?? []) visit(earlier, [...path, command])
    if (!order.includes(command)) order.push(command)
  }
  visit(name, [])
  return order.slice(0, -1)
}

/** Who sends the example of this operation. */
export function exampleActor({ by = 'admin' }: Example): Actor {
  return { id: by, kind: 'key', permissions: ['*'] }
}

/**
 * Sends the examples one after another, a second apart; each must be done, or wait for approval. `after` is called
 * after each.
 */
export async function runExamples(
  world: World,
  names: readonly string[],
  after?: (world: World, name: string) => Promise<void>,
): Promise<void> {
  for (const name of names) {
    const example = exampleOf(world.registry, name)
    const { input, reason } = example
    waitForExample(world, name)
    const answer = await world.execute(name, input, {
      key: exampleKey(name),
      actor: exampleActor(example),
      ...(reason === undefined ? {} : { reason }),
    })
    if (answer.status === 'refused')
      throw new Error(`The example of ${name} was refused`, { cause: answer.refusal })
    await after?.(world, name)
    world.clock.advance(1_000)
  }
}

/** Sets the clock to the moment from which on the example works, if it names one that has not come yet. */
export function waitForExample(world: World, name: string): void {
  const { at } = exampleOf(world.registry, name)
  if (at !== undefined && Date.parse(at) > world.clock.now()) world.clock.set(at)
}

function exampleOf(registry: Registry, name: string) {
  const operation = registry.commands.get(name) ?? registry.queries.get(name)
  if (operation === undefined) throw new Error(`There is no operation "${name}", and so no example of it`)
  return operation.example
}
