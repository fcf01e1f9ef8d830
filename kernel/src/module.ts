import { createKey, listKeys, revokeKey } from './access/commands.ts'
import { listAudit, listEvents } from './records/queries.ts'
import { defineModule } from './registry.ts'

/** The kernel's own operations: keys, audit trail, outbox. */
export const kernelModule = defineModule({
  name: 'kernel',
  migrations: new URL('../migrations/', import.meta.url),
  commands: [createKey, revokeKey],
  queries: [listKeys, listAudit, listEvents],
})
