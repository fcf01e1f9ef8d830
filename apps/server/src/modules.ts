import { exchangeModule } from '@florin/exchange'
import { kernelModule, type Module, Registry, withVerification } from '@florin/kernel'
import { ledgerModule } from '@florin/ledger'

/** Everything this program offers, in the order in which the schemas are migrated. */
export const modules: readonly Module[] = withVerification([kernelModule, ledgerModule, exchangeModule])

export function createRegistry(): Registry {
  return new Registry(modules)
}
