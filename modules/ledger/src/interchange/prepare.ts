import type { JournalAccount, JournalCommodity, JournalError } from '@florin/journal'
import type { Db } from '@florin/kernel'
import { canonicalCaip19, findCaip19, instrumentAsset, MoneyError, tokenAsset } from '@florin/money'
import type { AccountType } from '../domain/account.ts'
import { addressPattern, longestAddress } from '../domain/address.ts'
import { type Chart, matchTemplate, type Template } from '../domain/chart.ts'
import { findExponents, insertAsset } from '../store/assets.ts'

/**
 * Decimals that an instrument gets at least, so that a later journal with finer amounts still fits. An asset's
 * decimals never change.
 */
const instrumentDecimals = 6

/** Registers the commodities that are not known yet. Says which, or what can't be an asset and why. */
export async function prepareAssets(
  db: Db,
  commodities: readonly JournalCommodity[],
  now: number,
): Promise<{ readonly registered: string[]; readonly errors: JournalError[] }> {
  const known = await findExponents(
    db,
    commodities.map((commodity) => commodity.code),
  )
  const registered: string[] = []
  const errors: JournalError[] = []
  for (const commodity of commodities) {
    const exponent = known.get(commodity.code)
    if (exponent === undefined) {
      const problem = await register(db, commodity, now)
      if (problem === undefined) registered.push(commodity.code)
      else
        errors.push({ ...commodity.source, code: 'commodity', message: problem, commodity: commodity.code })
    } else if (commodity.decimals > exponent) {
      const message = `${commodity.code} has ${exponent} decimals in the books and ${commodity.decimals} here`
      errors.push({ ...commodity.source, code: 'commodity_decimals', message, commodity: commodity.code })
    }
  }
  return { registered, errors }
}

async function register(db: Db, commodity: JournalCommodity, now: number): Promise<string | undefined> {
  const { code, decimals, metadata } = commodity
  try {
    const asset =
      findCaip19(code) === undefined
        ? instrumentAsset(code, commodity.exponent ?? Math.max(decimals, instrumentDecimals), metadata.name)
        : tokenAsset(canonicalCaip19(code), commodity.exponent ?? decimals, metadata.name)
    await insertAsset(db, asset, now)
    return undefined
  } catch (error) {
    if (!(error instanceof MoneyError)) throw error
    return `"${code}" can't be an asset: ${error.message} Give it another code with commodities: {"${code}": "…"}`
  }
}

/** The templates that a chart lacks for a journal's accounts, and the accounts that contradict it. */
export function missingTemplates(
  chart: Chart | undefined,
  accounts: readonly JournalAccount[],
): { readonly templates: Template[]; readonly errors: JournalError[] } {
  const templates: Template[] = []
  const errors: JournalError[] = []
  const form = new RegExp(addressPattern, 'u')
  for (const { name, type, source } of accounts) {
    const template = chart === undefined ? undefined : matchTemplate(chart, name)
    if (name.length > longestAddress || !form.test(name)) {
      errors.push({
        ...source,
        code: 'account_name',
        message: `"${name}" can't be an address in the books`,
        account: name,
      })
    } else if (template === undefined) templates.push(templateOf(name, type))
    else if (template.type !== type) {
      const message = `"${name}" is of type ${type} here and falls under "${template.address}" of type ${template.type} in the chart`
      errors.push({ ...source, code: 'account_type_conflict', message, account: name })
    }
  }
  return { templates, errors }
}

/** A journal's account may hold anything and go below zero: its own assertions say what it should be. */
function templateOf(address: string, type: AccountType): Template {
  return {
    address,
    type,
    overdraft: 'allowed',
    open_on_first_use: true,
    description: 'From an imported journal',
  }
}
