import type { Db } from '@florin/kernel'
import type {
  Decider,
  Details,
  Holder,
  IdentifiedKind,
  Member,
  Party,
  Route,
  TradingCapacity,
  Venue,
} from '../domain/identification.ts'
import { isLei } from '../domain/identifiers.ts'
import type { AccountRecord } from '../store/accounts.ts'
import { type Identification, identificationsOf } from '../store/identifications.ts'

/** Who was behind an order, as far as it was registered for the moment at which it came; of the market, for that of the event. */
export interface Parties {
  readonly venue: Venue | undefined
  readonly member: { readonly lei: string | undefined } & Partial<Omit<Member, 'lei'>>
  readonly route: Route
  readonly capacity: TradingCapacity
  /** Undefined where the member trades for itself. */
  readonly client: Party | { readonly several: 'AGGR' | 'PNAL' } | undefined
  readonly holder: Holder
}

/** What was registered, version by version, of all that some records speak of. */
export class Identities {
  readonly #versions: ReadonlyMap<string, readonly Identification[]>

  private constructor(versions: readonly Identification[]) {
    // The one that counts is the first that had begun.
    const sorted = versions.toSorted(
      (a, b) => b.valid_from.getTime() - a.valid_from.getTime() || b.version - a.version,
    )
    this.#versions = Map.groupBy(sorted, ({ kind, subject }) => keyOf(kind, subject))
  }

  /** @param sessions codes */
  static async read(
    db: Db,
    market: string,
    accounts: Iterable<AccountRecord>,
    sessions: Iterable<string>,
  ): Promise<Identities> {
    const known = [...accounts]
    const versions = [
      ...(await identificationsOf(db, 'market', [market])),
      ...(await identificationsOf(db, 'participant', [
        ...new Set(known.map(({ participant }) => participant)),
      ])),
      ...(await identificationsOf(
        db,
        'account',
        known.map(({ code }) => code),
      )),
      ...(await identificationsOf(db, 'session', [...sessions])),
    ]
    return new Identities(versions)
  }

  /**
   * Who was behind an order of an account at an event: the order as it came, on the market as it was then.
   *
   * @param session its code; undefined for orders that came without one
   * @param times microseconds since 1970
   */
  partiesOf(
    market: string,
    account: AccountRecord,
    session: string | undefined,
    { received_us, at_us }: { readonly received_us: number; readonly at_us: number },
  ): Parties {
    const holder = this.#at('account', account.code, received_us) ?? {}
    const own = session === undefined ? undefined : this.#at('session', session, received_us)
    const member = this.#at('participant', account.participant, received_us)
    const capacity = holder.capacity ?? (account.capacity === 'house' ? 'DEAL' : 'AOTC')
    return {
      venue: this.venueAt(market, at_us),
      // Some call their members by their LEIs.
      member: member ?? { lei: isLei(account.participant) ? account.participant : undefined },
      route: { ...holder, ...own },
      capacity,
      client: capacity === 'DEAL' ? undefined : (holder.client ?? openedFor(account)),
      holder,
    }
  }

  /** What is registered of a market at a time, microseconds since 1970. */
  venueAt(market: string, at_us: number): Venue | undefined {
    return this.#at('market', market, at_us)
  }

  #at<K extends IdentifiedKind>(kind: K, subject: string, at_us: number): Details[K] | undefined {
    const versions = this.#versions.get(keyOf(kind, subject)) ?? []
    const found = versions.find(({ valid_from }) => valid_from.getTime() * 1_000 <= at_us)
    return found !== undefined && isOf(found, kind) ? found.details : undefined
  }
}

function keyOf(kind: IdentifiedKind, subject: string): string {
  return `${kind} ${subject}`
}

function isOf<K extends IdentifiedKind>(found: Identification, kind: K): found is Identification<K> {
  return found.kind === kind
}

/** The client that an account was opened for, if that was said. */
function openedFor({ lei, person }: AccountRecord): Party | undefined {
  if (lei !== null) return { lei }
  return person === null ? undefined : { person }
}

/** How a party is named in records; null: nobody, or not known. */
export function partyCode(party: Party | undefined): string | null {
  if (party === undefined) return null
  return 'lei' in party ? party.lei : party.person
}

/** How whoever decides is named in records: NORE where it is the client. */
export function deciderCode(decider: Decider | undefined): string | null {
  if (decider === undefined) return null
  if ('client' in decider) return 'NORE'
  return 'person' in decider ? decider.person : decider.algorithm
}

/** The country of the branch that supervises a person who decides. */
export function branchOf(decider: Decider | undefined, home: string | undefined): string | null {
  return decider !== undefined && 'person' in decider ? (decider.country ?? home ?? null) : null
}
