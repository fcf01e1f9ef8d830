/** The part of limit-order-book that the benchmark uses; the package carries no types of its own. */
declare module 'limit-order-book' {
  export class LimitOrder {
    constructor(orderId: string, side: 'ask' | 'bid', price: string, size: string)
  }
  export class LimitOrderBook {
    constructor(options: { symbol: string; priceStep: string; sizeStep: string })
    add(order: LimitOrder): { readonly filled: string }
    remove(orderId: string): LimitOrder | null
  }
}
