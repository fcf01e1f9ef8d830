import type { Template } from '@florin/ledger'

/** Cash and instruments of an account that are in no market. */
export function tradingAddress(account: string): string {
  return `exchange:${account}:trading`
}

/** What an account holds on a market: always the engine's position in lots. */
export function positionAddress(market: string, account: string): string {
  return `exchange:${market}:${account}:position`
}

/** What margin accounts owe for what they bought; below zero it is a loan. */
export function marginAddress(account: string): string {
  return `exchange:${account}:margin`
}

/** Between buyer and seller; zero whenever nothing is under way. */
export function clearingAddress(market: string): string {
  return `exchange:${market}:clearing`
}

export function feesAddress(market: string): string {
  return `exchange:${market}:fees`
}

/** What a ledger's chart must have room for. */
export const exchangeTemplates: readonly Template[] = [
  {
    address: 'exchange:{account}:trading',
    type: 'liability',
    overdraft: 'forbidden',
    open_on_first_use: true,
    description: 'Cash and instruments of an account that are in no market',
  },
  {
    address: 'exchange:{market}:{account}:position',
    type: 'liability',
    overdraft: 'allowed',
    open_on_first_use: true,
    description: 'What an account holds on a market; below zero it is sold short',
  },
  {
    address: 'exchange:{account}:margin',
    type: 'liability',
    overdraft: 'allowed',
    open_on_first_use: true,
    description: 'Cash of margin trading; below zero it is lent',
  },
  {
    address: 'exchange:{market}:clearing',
    type: 'liability',
    overdraft: 'allowed',
    open_on_first_use: true,
    description: 'Between buyer and seller of a trade',
  },
  {
    address: 'exchange:{market}:fees',
    type: 'revenue',
    overdraft: 'allowed',
    open_on_first_use: true,
    description: 'Fees of a market',
  },
]
