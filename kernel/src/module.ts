import { createKey, listKeys, revokeKey } from './access/commands.ts'
import './approvals/refusals.ts'
import { approve, expire, reject, withdraw } from './approvals/commands.ts'
import { removePolicy, setPolicy } from './approvals/policy-commands.ts'
import { getApproval, listApprovals, listPolicies } from './approvals/queries.ts'
import { verifyApprovals } from './approvals/verify.ts'
import { expireApprovals } from './approvals/worker.ts'
import { listAudit, listEvents } from './records/queries.ts'
import { defineModule } from './registry.ts'

/** The kernel's own operations: keys, approvals, audit trail, outbox. */
export const kernelModule = defineModule({
  name: 'kernel',
  migrations: new URL('../migrations/', import.meta.url),
  commands: [createKey, revokeKey, setPolicy, removePolicy, approve, reject, withdraw, expire],
  queries: [listKeys, listPolicies, listApprovals, getApproval, listAudit, listEvents],
  workers: [expireApprovals],
  verify: verifyApprovals,
})
