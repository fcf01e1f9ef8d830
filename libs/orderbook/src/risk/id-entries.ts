/** Client ids lie one after another in the order they came, each with the order that it names. */
export const entryWords = 5
export const entry = { account: 0, low: 1, high: 2, order: 3, slot: 4 } as const
