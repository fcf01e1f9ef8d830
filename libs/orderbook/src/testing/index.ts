export {
  type BookView,
  type ShownLevel,
  type ShownOrder,
  sides,
  viewOfEngine,
  viewOfNaive,
} from './book-view.ts'
export { compare, type MakeSubject, type Subject } from './comparison.ts'
export { type GeneratedCommand, Generator } from './generator.ts'
export { Invariants } from './invariants.ts'
export { minimise } from './minimise.ts'
export { NaiveMarket } from './naive/market.ts'
export { Playback, recordsOf } from './playback.ts'
export { type Profile, profiles } from './profiles.ts'
export { Random } from './random.ts'
export { RestartingEngine } from './restarting.ts'
