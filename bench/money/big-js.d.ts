/** The part of big.js that the benchmark uses; the package carries no types of its own. */
declare module 'big.js' {
  export class Big {
    constructor(value: string | number)
    plus(other: Big): Big
    minus(other: Big): Big
    times(other: Big | number): Big
    div(other: Big | number): Big
    round(decimals: number, mode: 0 | 1 | 2 | 3): Big
    cmp(other: Big): -1 | 0 | 1
    gt(other: Big | number): boolean
    toFixed(decimals: number): string
  }
}
