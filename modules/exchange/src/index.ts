import { defineModule } from '@florin/kernel'
import './refusals.ts'
import { defineInstrument } from './commands/define-instrument.ts'
import { openAccount } from './commands/open-account.ts'
import { openMarket } from './commands/open-market.ts'
import { prepareLedger } from './commands/prepare-ledger.ts'
import {
  getAccount,
  getInstrument,
  getMarket,
  listAccounts,
  listInstruments,
  listMarkets,
} from './queries/setup.ts'
import { marketService } from './sequencer/service.ts'

export const exchangeModule = defineModule({
  name: 'exchange',
  migrations: new URL('../migrations/', import.meta.url),
  commands: [prepareLedger, defineInstrument, openMarket, openAccount],
  queries: [listInstruments, getInstrument, listMarkets, getMarket, listAccounts, getAccount],
  services: [marketService],
})

export { type Followed, follow, readCursor } from './follower/follow.ts'
export { Follower } from './follower/follower.ts'
export { JournalBroken, type Visit } from './follower/replay.ts'
export { type Block, eachCommand, eachResult, type Results } from './sequencer/blocks.ts'
export { type HostOptions, MarketHost } from './sequencer/host.ts'
export { ownerOf } from './sequencer/owners.ts'
export { MarketLost, Sequencer } from './sequencer/sequencer.ts'
export { enqueue, type InboxCommand } from './store/inbox.ts'
export { findMarket, type MarketRecord, marketOf } from './store/markets.ts'
