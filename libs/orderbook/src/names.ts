/** The numbers of a list and their names, both ways. */
export interface Names<T extends Readonly<Record<string, number>>> {
  /** The name of a number, or `undefined` where the list has none. */
  of(number: number): (keyof T & string) | undefined
  /** The same where the number can only be of the list. Throws `RangeError` if it is not. */
  known(number: number): keyof T & string
}

export function namesOf<T extends Readonly<Record<string, number>>>(list: T): Names<T> {
  const names = new Map<number, keyof T & string>()
  for (const name in list) names.set(list[name] ?? Number.NaN, name)
  return {
    of: (number) => names.get(number),
    known: (number) => {
      const name = names.get(number)
      if (name === undefined)
        throw new RangeError(`no name for ${number} among ${[...names.values()].join(', ')}`)
      return name
    },
  }
}
