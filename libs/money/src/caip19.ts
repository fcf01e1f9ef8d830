import { MoneyError } from './errors.ts'

/**
 * A token's identifier by CAIP-19 (Chain Agnostic Improvement Proposal 19):
 * `chain_id/asset_namespace:asset_reference[/token_id]` with `chain_id` by CAIP-2: `namespace:reference`.
 */
export interface Caip19 {
  /** CAIP-2 chain id, for example `eip155:1`. */
  readonly chainId: string
  readonly chainNamespace: string
  readonly chainReference: string
  /** For example `erc20`, `slip44`. */
  readonly assetNamespace: string
  /** For example a contract address. */
  readonly assetReference: string
  /** One item of a collection of non-fungible tokens. */
  readonly tokenId?: string
}

const CHAIN = '([-a-z0-9]{3,8}):([-_a-zA-Z0-9]{1,32})'
const ASSET = '([-a-z0-9]{3,8}):([-.%a-zA-Z0-9]{1,128})'
const TOKEN = '([-.%a-zA-Z0-9]{1,78})'
const GRAMMAR = new RegExp(`^${CHAIN}/${ASSET}(?:/${TOKEN})?$`)

/** An address of an EVM chain, whose capital letters are only a checksum (EIP-55). */
const EVM_ADDRESS = /^0x[0-9a-f]{40}$/i

/** Takes a CAIP-19 identifier apart, or returns `undefined` when it does not follow the grammar. */
export function findCaip19(text: string): Caip19 | undefined {
  const match = GRAMMAR.exec(text)
  if (!match) return undefined
  const [, chainNamespace = '', chainReference = '', assetNamespace = '', assetReference = '', tokenId] =
    match
  const chainId = `${chainNamespace}:${chainReference}`
  const parts = { chainId, chainNamespace, chainReference, assetNamespace, assetReference }
  return tokenId === undefined ? parts : { ...parts, tokenId }
}

/**
 * Takes a CAIP-19 identifier apart.
 * @throws MoneyError `asset_malformed`
 */
export function parseCaip19(text: string): Caip19 {
  const parts = findCaip19(text)
  if (parts) return parts
  throw new MoneyError(
    'asset_malformed',
    'A token is named by CAIP-19: "chain:reference/namespace:reference[/token]", such as "eip155:1/slip44:60".',
  )
}

/**
 * The one spelling of an identifier that Florin books under: addresses on EVM chains in lower case, for
 * `0xA0b8…` and `0xa0b8…` are the same contract and must not become two assets. All else is case-sensitive.
 * @throws MoneyError `asset_malformed`
 */
export function canonicalCaip19(text: string): string {
  const parts = parseCaip19(text)
  const isEvmAddress = parts.chainNamespace === 'eip155' && EVM_ADDRESS.test(parts.assetReference)
  const reference = isEvmAddress ? parts.assetReference.toLowerCase() : parts.assetReference
  const token = parts.tokenId === undefined ? '' : `/${parts.tokenId}`
  return `${parts.chainId}/${parts.assetNamespace}:${reference}${token}`
}
