/** Who trades for an account needs this, beside the permission of the operation. */
export function tradePermission(account: string): string {
  return `exchange.account.trade.${account}`
}

/** Who sees the orders of an account needs this, beside the permission of the operation. */
export function watchPermission(account: string): string {
  return `exchange.account.watch.${account}`
}

/** Who sees the orders of all accounts, whoever they are. */
export const watchAllPermission = 'exchange.account.watch-all'
