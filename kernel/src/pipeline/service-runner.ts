import type { Clock } from '../clock.ts'
import { localContext, systemActor } from '../context.ts'
import type { Database } from '../database.ts'
import type { Logger } from '../log.ts'
import type { Metrics } from '../metrics.ts'
import type { Random } from '../random.ts'
import type { RunningService, Service, ServiceTools } from '../registry.ts'
import type { Engine } from './engine.ts'

export interface ServiceRunnerOptions {
  readonly services: readonly Service[]
  readonly engine: Engine
  readonly database: Database
  readonly log: Logger
  readonly metrics: Metrics
  readonly clock: Clock
  readonly random: Random
}

/** Runs services until stopped. */
export class ServiceRunner {
  readonly #options: ServiceRunnerOptions
  #running: RunningService[] = []

  constructor(options: ServiceRunnerOptions) {
    this.#options = options
  }

  /** `address`: where this process answers over HTTP, if it does. */
  start(address: string | undefined): void {
    this.#running = this.#options.services.map((service) => service.start(this.#tools(service, address)))
  }

  /** Ends all of them, also where one fails to: then throws why. */
  async stop(): Promise<void> {
    const ended = await Promise.allSettled(this.#running.map((service) => service.stop()))
    const failed = ended.find((each) => each.status === 'rejected')
    if (failed !== undefined) throw failed.reason
  }

  #tools(service: Service, address: string | undefined): ServiceTools {
    const { engine, database, log, metrics, clock, random } = this.#options
    const base = { actor: systemActor(service.name), clock, random }
    return {
      database,
      log,
      metrics,
      clock,
      random,
      address,
      context: (idempotencyKey) => localContext({ ...base, idempotencyKey }),
      execute: (command, input, context) => engine.execute(command, input, context),
    }
  }
}
