/** Text from a request without anything that looks like a key: people paste keys into the oddest places. */
export function withoutKeys(text: string): string {
  return text.replaceAll(/florin_[A-Za-z0-9_-]+/g, 'florin_…')
}
