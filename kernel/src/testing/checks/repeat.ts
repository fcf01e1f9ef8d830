import { Compile } from 'typebox/compile'
import { expect } from 'vitest'
import type { Engine } from '../../pipeline/engine.ts'
import type { Answer } from '../../pipeline/outcomes.ts'
import type { Trial } from '../trial.ts'

/** The example is done, and answers what the schema of its output promises; or it waits where it says so. */
export async function runsAndIsDone(trial: Trial): Promise<void> {
  const { answer } = await trial.reference()
  const status = trial.command.example.waits === true ? 'pending' : 'done'
  expect(answer).toMatchObject({ status, replayed: false })
  if (answer.status !== 'done') return
  const schema = Compile(trial.command.output)
  expect(schema.Check(answer.output) ? [] : schema.Errors(answer.output)).toEqual([])
}

/** A repeat gets the first answer and changes nothing. */
export async function repeats(trial: Trial): Promise<void> {
  await trial.inWorld(async (world) => {
    const first = await trial.send(world)
    const after = await world.state()
    world.clock.advance(86_400_000)
    expect(await trial.send(world)).toEqual(trial.replayOf(first))
    const { engine } = world.secondEngine()
    expect(await trial.send(world, { engine })).toEqual(trial.replayOf(first))
    expect(await world.state()).toEqual(after)
    expect(await world.verify()).toEqual([])
  })
}

const atOnce = 8

/** Eight at once through one process: one runs, all get its answer. */
export async function repeatsAtOnce(trial: Trial): Promise<void> {
  await trial.inWorld(async (world) => {
    await sendAll(
      trial,
      () => world.engine,
      (engine) => trial.send(world, { engine }),
    )
    expect(await world.state()).toEqual((await trial.reference()).after)
    expect(await world.verify()).toEqual([])
  })
}

/** The same through two processes. */
export async function repeatsAtOnceInTwoProcesses(trial: Trial): Promise<void> {
  await trial.inWorld(async (world) => {
    const other = world.secondEngine().engine
    await sendAll(
      trial,
      (i) => (i % 2 === 0 ? world.engine : other),
      (engine) => trial.send(world, { engine }),
    )
    expect(await world.state()).toEqual((await trial.reference()).after)
    expect(await world.verify()).toEqual([])
  })
}

async function sendAll(
  trial: Trial,
  engineOf: (i: number) => Engine,
  send: (engine: Engine) => Promise<Answer>,
): Promise<void> {
  const answers = await Promise.all(Array.from({ length: atOnce }, (_, i) => send(engineOf(i))))
  const first = answers.filter((answer) => !answer.replayed)
  expect(first).toEqual([(await trial.reference()).answer])
  const replays = answers.filter((answer) => answer.replayed)
  expect(replays).toEqual(replays.map(() => trial.replayOf(first[0] ?? never())))
}

function never(): never {
  throw new Error('No call was the first')
}
