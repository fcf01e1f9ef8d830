import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { generateIso4217 } from '../scripts/generate-iso4217.ts'
import {
  assetLookup,
  canonicalCaip19,
  findIso4217,
  findIso4217Numeric,
  findIsoAsset,
  ISO_4217_CURRENCIES,
  ISO_4217_PUBLISHED,
  instrumentAsset,
  isoAsset,
  parseCaip19,
  sameAsset,
  tokenAsset,
} from '../src/index.ts'
import { expectRefusal } from './support.ts'

const USDC_ETHEREUM = 'eip155:1/erc20:0xa0b86991c6218b36c1d19d4a2e9eb0ce3606eb48'
const USDC_SOLANA =
  'solana:5eykt4UsFv8P8NJdTREpY1vzqKqZKvdp/token:EPjFWdd5AufqSSqeM2qN1xzybapC8G4wEGGkZwyTDt1v'

describe('ISO 4217', () => {
  it('is what the generator writes', () => {
    const file = new URL('../src/iso4217.generated.ts', import.meta.url)
    expect(readFileSync(file, 'utf8')).toBe(generateIso4217())
  })

  it('has every code once, well formed', () => {
    const codes = ISO_4217_CURRENCIES.map((currency) => currency.code)
    expect(new Set(codes).size).toBe(codes.length)
    expect(codes.length).toBe(181)
    for (const { code, numeric, name } of ISO_4217_CURRENCIES) {
      expect(code).toMatch(/^[A-Z]{3}$/)
      expect(numeric).toMatch(/^\d{3}$/)
      expect(name).not.toBe('')
    }
    expect(ISO_4217_PUBLISHED).toBe('2024-06-25')
  })

  it('has exactly these exponents other than 2', () => {
    const codesBy = (exponent: number | undefined) =>
      ISO_4217_CURRENCIES.filter((currency) => currency.exponent === exponent)
        .map((currency) => currency.code)
        .join(' ')
    expect(codesBy(0)).toBe('BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX UYI VND VUV XAF XOF XPF')
    expect(codesBy(3)).toBe('BHD IQD JOD KWD LYD OMR TND')
    expect(codesBy(4)).toBe('CLF UYW')
    expect(codesBy(undefined)).toBe('XAG XAU XBA XBB XBC XBD XDR XPD XPT XSU XTS XUA XXX')
    expect(codesBy(1)).toBe('')
  })

  it('knows names, numbers and withdrawals', () => {
    expect(findIso4217('USD')).toEqual({ code: 'USD', numeric: '840', exponent: 2, name: 'US Dollar' })
    expect(findIso4217('BGN')).toMatchObject({ withdrawnBy: 180 })
    expect(findIso4217('usd')).toBeUndefined()
    expect(findIso4217Numeric('008')?.code).toBe('ALL')
    expect(findIso4217Numeric('532')?.code).toBe('XCG')
    expect(findIso4217Numeric('000')).toBeUndefined()
  })

  it('makes assets, one object per currency', () => {
    expect(isoAsset('KWD')).toMatchObject({
      code: 'KWD',
      kind: 'iso4217',
      exponent: 3,
      name: 'Kuwaiti Dinar',
    })
    expect(isoAsset('JPY')).toBe(findIsoAsset('JPY'))
    expect(isoAsset('USD', 2)).toBe(isoAsset('USD'))
    expect(isoAsset('BGN').exponent).toBe(2)
  })

  it('asks for an exponent where the standard has none, and only there', () => {
    expect(isoAsset('XAU', 6)).toMatchObject({ code: 'XAU', exponent: 6 })
    expect(findIsoAsset('XAU')).toBeUndefined()
    expectRefusal(() => isoAsset('XAU'), 'exponent_missing')
    expectRefusal(() => isoAsset('XAU', 37), 'exponent_out_of_range')
    expectRefusal(() => isoAsset('USD', 3), 'exponent_fixed')
    expectRefusal(() => isoAsset('XXX', 2), 'asset_unknown')
    // @ts-expect-error: withdrawn in 2023, before the list.
    expectRefusal(() => isoAsset('HRK'), 'asset_unknown')
  })
})

describe('CAIP-19', () => {
  it('comes apart', () => {
    expect(parseCaip19(USDC_ETHEREUM)).toEqual({
      chainId: 'eip155:1',
      chainNamespace: 'eip155',
      chainReference: '1',
      assetNamespace: 'erc20',
      assetReference: '0xa0b86991c6218b36c1d19d4a2e9eb0ce3606eb48',
    })
    expect(parseCaip19('eip155:1/erc721:0x06012c8cf97BEaD5deAe237070F9587f8E7A266d/771769').tokenId).toBe(
      '771769',
    )
    expect(parseCaip19('cosmos:cosmoshub-3/slip44:118').chainReference).toBe('cosmoshub-3')
    expect(parseCaip19('bip122:000000000019d6689c085ae165831e93/slip44:0').chainNamespace).toBe('bip122')
    expect(
      parseCaip19(`abc:${'r'.repeat(32)}/abc:${'%'.repeat(128)}/${'9'.repeat(78)}`).tokenId,
    ).toHaveLength(78)
  })

  it.each([
    '',
    'USDC',
    'eip155/erc20:0x1',
    'eip155:1',
    'eip155:1/erc20',
    'ei:1/erc20:x',
    'eip155xyz:1/erc20:x',
    'EIP155:1/erc20:x',
    'eip155:1/ERC20:x',
    `eip155:${'1'.repeat(33)}/erc20:x`,
    `eip155:1/erc20:${'x'.repeat(129)}`,
    `eip155:1/erc20:x/${'1'.repeat(79)}`,
    'eip155:1/erc20:x/',
    'eip155:1/erc20:x/1/2',
    'eip155:1/erc20:x\n',
    ' eip155:1/erc20:x',
    'eip155:1/erc20:x y',
    'eip155:1/erc20:é',
  ])('refuses %j', (text) => {
    expectRefusal(() => parseCaip19(text), 'asset_malformed')
    expectRefusal(() => tokenAsset(text, 6), 'asset_malformed')
  })

  it('takes two spellings of an EVM address for one token, and nothing else', () => {
    const checksummed = 'eip155:1/erc20:0xA0b86991c6218b36c1d19D4a2e9Eb0cE3606eB48'
    expect(canonicalCaip19(checksummed)).toBe(USDC_ETHEREUM)
    expect(canonicalCaip19(`${checksummed}/7`)).toBe(`${USDC_ETHEREUM}/7`)
    expect(canonicalCaip19(USDC_SOLANA)).toBe(USDC_SOLANA)
    expectRefusal(() => tokenAsset(checksummed, 6), 'asset_malformed')
  })

  it('makes two assets of USDC on two chains', () => {
    const ethereum = tokenAsset<string>(USDC_ETHEREUM, 6, 'USDC')
    const solana = tokenAsset<string>(USDC_SOLANA, 6, 'USDC')
    expect(sameAsset(ethereum, solana)).toBe(false)
    expect(sameAsset(ethereum, tokenAsset(USDC_ETHEREUM, 6))).toBe(true)
    expectRefusal(() => tokenAsset(USDC_ETHEREUM, 37), 'exponent_out_of_range')
  })
})

describe('instruments', () => {
  it.each(['ACME', 'ACME.A', "O'NEIL-1_x", '7', 'US', 'x'.repeat(64)])('may be called %s', (code) => {
    expect(instrumentAsset(code, 0)).toEqual({ code, kind: 'instrument', exponent: 0 })
  })

  it.each([
    '',
    '.ACME',
    '-A',
    'A B',
    'A/B',
    'eip155:1',
    'É',
    'x'.repeat(65),
    'USD',
    'XAU',
    'BGN',
    'usd',
    'A\n',
  ])('may not be called %j', (code) => {
    expectRefusal(() => instrumentAsset(code, 0), 'asset_malformed')
  })

  it('have 0 to 36 decimals', () => {
    expect(instrumentAsset('A', 36).exponent).toBe(36)
    for (const exponent of [-1, 37, 0.5, Number.NaN]) {
      expectRefusal(() => instrumentAsset('A', exponent), 'exponent_out_of_range')
    }
  })
})

describe('assetLookup', () => {
  it('finds currencies and the given assets, tokens in any spelling of their address', () => {
    const usdc = tokenAsset(USDC_ETHEREUM, 6)
    const lookup = assetLookup([usdc, instrumentAsset('ACME', 0), isoAsset('XAU', 4)])
    expect(lookup('USD')).toBe(isoAsset('USD'))
    expect(lookup('ACME')?.kind).toBe('instrument')
    expect(lookup('XAU')?.exponent).toBe(4)
    expect(lookup(USDC_ETHEREUM.replace('0xa0b', '0xA0B'))).toBe(usdc)
    for (const code of ['usd', '', 'XXX', 'XAG', 'acme', 'toString', '__proto__', USDC_SOLANA]) {
      expect(lookup(code)).toBeUndefined()
    }
  })

  it('refuses one code for two assets', () => {
    const coarse = instrumentAsset('ACME', 0)
    expectRefusal(() => assetLookup([coarse, instrumentAsset('ACME', 2)]), 'asset_duplicate')
    expect(assetLookup([coarse, coarse])('ACME')).toBe(coarse)
  })
})
