import type { Command } from './registry.ts'
import type { Call, Unit } from './unit.ts'

/**
 * Asks whether a policy wants a second person before a command runs. Filled in by the approvals module; without
 * one nothing waits. Whatever it answers is stored as the call's outcome.
 */
export interface ApprovalGate {
  /** Cheap and in memory: whether any policy could apply to this command. */
  watches(command: Command): boolean
  /** Opens a request for approval inside the call's transaction and says what is pending, or lets it pass. */
  review(
    unit: Unit,
    command: Command,
    call: Call<unknown>,
  ): Promise<Readonly<Record<string, unknown>> | undefined>
}

/** No policy: every command runs at once. */
export const noApprovals: ApprovalGate = { watches: () => false, review: async () => undefined }
