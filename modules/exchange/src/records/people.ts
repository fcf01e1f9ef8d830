import type { View } from '@florin/kernel'
import { type AccountRecord, accountsById } from '../store/accounts.ts'
import type { MarketRecord } from '../store/markets.ts'
import { sessionCodes } from '../store/sessions.ts'
import { Identities, type Parties } from './identities.ts'
import type { OrderEvent } from './order-event.ts'

/** Whose an event was, and who was behind it. */
export interface Behind {
  readonly account: AccountRecord
  readonly session: string | undefined
  readonly parties: Parties
}

/** Who was behind events of a market; undefined for those of accounts that there are not. */
export async function whoWasBehind(
  view: View,
  market: MarketRecord,
  events: readonly OrderEvent[],
): Promise<(event: OrderEvent) => Behind | undefined> {
  const accounts = await accountsById(view.db, [...new Set(events.map(({ account }) => BigInt(account)))])
  const sessions = await sessionCodes(view.db, [...new Set(events.map(({ session }) => BigInt(session)))])
  const identities = await Identities.read(view.db, market.code, accounts.values(), sessions.values())
  return (event) => {
    const account = accounts.get(BigInt(event.account))
    if (account === undefined) return undefined
    const session = sessions.get(BigInt(event.session))
    return { account, session, parties: identities.partiesOf(market.code, account, session, event) }
  }
}
