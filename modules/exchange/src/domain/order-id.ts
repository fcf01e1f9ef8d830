/** Slots are numbered from 1 to this. */
const slots = 2 ** 22

/** An order outside of its market: number and slot in one, below 2^53, so that it is found without a search. */
export function orderIdOf(order: number, slot: number): string {
  return String(orderNumber(order, slot))
}

/** The same as it is stored. */
export function orderNumber(order: number, slot: number): number {
  return order * slots + slot
}

/** Number and slot of an order's id; undefined for what is none. */
export function readOrderId(id: string): { readonly order: number; readonly slot: number } | undefined {
  const value = Number(id)
  if (!/^[1-9][0-9]{0,15}$/.test(id) || !Number.isSafeInteger(value)) return undefined
  const slot = value % slots || slots
  const order = (value - slot) / slots
  return order >= 1 && order <= 0x7fff_ffff ? { order, slot } : undefined
}

/** A client's own number of an order, from 1 to 2^53 - 1; undefined for what is none. */
export function readClientId(text: string): number | undefined {
  const value = Number(text)
  return /^[1-9][0-9]{0,15}$/.test(text) && Number.isSafeInteger(value) ? value : undefined
}
