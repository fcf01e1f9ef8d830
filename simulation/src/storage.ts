import { Database, kernelModule, type Module, migrate } from '@florin/kernel'
import type { WorldOptions } from '@florin/kernel/testing'
import { ledgerModule } from '@florin/ledger'
import type { TestDatabase, TestServer } from '@florin/postgres/testing'
import { PatientWorld } from './patient.ts'

export const modules = [kernelModule, ledgerModule]

/** A database with the modules' schemas: prepared once a server, then copied. */
export function migratedDatabase(server: TestServer, modules: readonly Module[]): Promise<TestDatabase> {
  return server.createDatabase({
    template: {
      name: 'simulation',
      async prepare(url) {
        const owner = new Database(url)
        await migrate(owner, modules)
        await owner.close()
      },
    },
  })
}

/** A world on a database that has no schemas yet, reached without a wire between. */
export async function worldOn(
  storage: TestDatabase,
  engine: NonNullable<WorldOptions['engine']>,
): Promise<PatientWorld> {
  const owner = new Database(storage.url)
  await migrate(owner, modules)
  await owner.close()
  return new PatientWorld({ modules, engine }, storage, storage.url)
}
