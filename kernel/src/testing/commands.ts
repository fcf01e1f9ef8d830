import { afterAll, describe, test } from 'vitest'
import { type Command, isBatched, type Query, Registry } from '../registry.ts'
import { demandsAdmission } from './checks/admission.ts'
import { runsOnceApproved } from './checks/approval.ts'
import { batchesAsOneByOne, batchesHeal, fullQueueDoesNothing, poisonStaysAlone } from './checks/batch.ts'
import { healsByItself, resumesElsewhere, survivesCuts } from './checks/crash.ts'
import { refusesAnotherPayload, refusesAnotherPayloadAtOnce } from './checks/payload.ts'
import { answersItsExample } from './checks/query.ts'
import { storesRefusals } from './checks/refusals.ts'
import { repeats, repeatsAtOnce, repeatsAtOnceInTwoProcesses, runsAndIsDone } from './checks/repeat.ts'
import { recordsAreImmutable } from './checks/rights.ts'
import { examplesBefore } from './examples.ts'
import { type Stage, Stages } from './stage.ts'
import { Trial } from './trial.ts'
import type { WorldOptions } from './world.ts'

export interface CommandTests extends WorldOptions {
  /** Only the commands and tables of these modules are on trial; the others are there for the examples. */
  readonly only?: readonly string[]
  /**
   * What the application may overwrite: conveniences, caches, queues, no records. Whole tables (`schema.table`),
   * or single columns (`schema.table.column`) of tables from which nothing may be deleted.
   */
  readonly mutable?: readonly string[]
}

type Check = readonly [what: string, check: (trial: Trial) => Promise<void>]

const everyCommand: readonly Check[] = [
  ['is done, and answers by its schema', runsAndIsDone],
  ['changes nothing when repeated', repeats],
  ['runs once when sent eight times at once', repeatsAtOnce],
  ['runs once when two processes get it at once', repeatsAtOnceInTwoProcesses],
  ['refuses its key with another payload', refusesAnotherPayload],
  ['refuses its key with another payload at the same time', refusesAnotherPayloadAtOnce],
  ['loses and doubles nothing when cut at any statement', survivesCuts],
  ['is taken up by another process after a cut', resumesElsewhere],
  ['heals by itself when cut at every statement', healsByItself],
  ['stores its refusals and replays them', storesRefusals],
  ['demands valid input, a usable key and its permission', demandsAdmission],
  ['waits under a policy and runs once it is approved', runsOnceApproved],
]

const everyBatchedCommand: readonly Check[] = [
  ['comes to the same in one batch as one by one', batchesAsOneByOne],
  ['comes to the same when its batch is cut at every statement', batchesHeal],
  ['fails alone where one call of a batch fails', poisonStaysAlone],
  ['does nothing where the queue is full', fullQueueDoesNothing],
]

const mutableOfKernel = ['kernel.api_key_uses', 'kernel.approval_requests.open']

/**
 * Registers the tests of every command and query that the modules offer. To be called at the top of a test file. They are
 * found in the registry, so a new one is on trial by being registered.
 */
export function testCommands(options: CommandTests): void {
  const registry = new Registry(options.modules)
  const stages = new Stages(options)
  const stageOf = (operation: Command | Query): Stage =>
    stages.after(examplesBefore(registry, operation.name))
  const only = options.only ?? options.modules.map((module) => module.name)
  const modules = options.modules.filter((module) => only.includes(module.name))
  const commands = modules.flatMap((module) => module.commands)
  const queries = modules.flatMap((module) => module.queries)
  afterAll(() => stages.drop())
  // Each check has a world of its own, and most of its time is the server's.
  describe.concurrent.each(commands)('$name', (command) => {
    const trial = new Trial(command, options, stageOf(command))
    test.each(everyCommand)('%s', (_what, check) => check(trial))
    if (isBatched(command)) test.each(everyBatchedCommand)('%s', (_what, check) => check(trial))
  })
  test.each(queries)('$name answers its example and changes nothing', (query) =>
    answersItsExample(query, stageOf(query)),
  )
  test('the application can neither change nor delete records', () =>
    recordsAreImmutable(options, only, [...mutableOfKernel, ...(options.mutable ?? [])]))
}
