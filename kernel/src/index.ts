export { insertKey, KeyRing, newSecret } from './access/api-keys.ts'
export { canonicalJson, payloadHash } from './canonical.ts'
export { type Clock, systemClock } from './clock.ts'
export { Conditions } from './conditions.ts'
export { type Actor, allows, type Context, callId, localContext, systemActor } from './context.ts'
export { type CsvCell, csv, csvRow } from './csv.ts'
export {
  Database,
  type DatabaseOptions,
  type Db,
  defaultDatabaseOptions,
  errorCode,
  type Interceptor,
  isConnectionLoss,
  type Session,
} from './database.ts'
export {
  defineRefusals,
  InvalidInput,
  Refusal,
  RequestError,
  type RequestErrorCode,
  refusalKind,
  requestErrors,
} from './errors.ts'
export { requestId, uuidv7 } from './ids.ts'
export { createLog, type Logger, type LogLevel } from './log.ts'
export { Metrics } from './metrics.ts'
export { MigrationError, migrate, rightsSql } from './migrate.ts'
export { kernelModule } from './module.ts'
export { defineList, integerKey, type Page, type PageResult, pageLimit } from './pagination.ts'
export { Engine, type EngineOptions } from './pipeline/engine.ts'
export { type Answer, storedRefusal } from './pipeline/outcomes.ts'
export { defaultRetryPolicy, type RetryPolicy } from './pipeline/retry.ts'
export { ServiceRunner, type ServiceRunnerOptions } from './pipeline/service-runner.ts'
export { WorkerRunner, type WorkerRunnerOptions } from './pipeline/worker-runner.ts'
export { type Random, systemRandom } from './random.ts'
export { withVerification } from './records/verify.ts'
export {
  type BatchedCommand,
  type Command,
  defineCommand,
  defineModule,
  defineQuery,
  type Example,
  type Finding,
  type Format,
  isBatched,
  type Module,
  type Query,
  Registry,
  type RunningService,
  type Service,
  type ServiceTools,
  type SingleCommand,
  type Worker,
  type WorkerTools,
} from './registry.ts'
export { Counter, NullableTime, Permission, Time, Uuid } from './schemas.ts'
export {
  closeCode,
  type SocketConnection,
  type SocketHandler,
  type SocketRoute,
  type SocketTools,
} from './sockets.ts'
export type { Call, Change, DomainEvent, Outcome, Recorded, Trail, Unit, View } from './unit.ts'
export { describeIssues } from './validation.ts'
