import { type Static, Type } from 'typebox'
import { NullableTime, Permission, Time, Uuid, uuidPattern } from '../schemas.ts'

const Path = Type.String({
  pattern: '^(/([A-Za-z0-9_.:-]{1,64}|\\*)){1,10}$',
  description:
    'Where in the input: members one below the other, `*` for each element or member, such as `/postings/*/amount`',
})

const Above = Type.Object(
  {
    path: Path,
    above: Type.String({
      pattern: '^(0|[1-9]\\d{0,77})(\\.\\d{1,36})?$',
      description:
        'A decimal string. Holds when the amounts at the path, all together and without signs, are more; also when one of them is no decimal',
    }),
    asset: Type.Optional(
      Type.String({
        minLength: 1,
        maxLength: 191,
        description: 'Counts only amounts with this `asset` beside them',
      }),
    ),
  },
  { additionalProperties: false },
)

const Equals = Type.Object(
  {
    path: Path,
    equals: Type.Union([Type.String({ maxLength: 255 }), Type.Integer(), Type.Boolean(), Type.Null()], {
      description: 'Holds when one of the values at the path is this one',
    }),
  },
  { additionalProperties: false },
)

const Present = Type.Object(
  {
    path: Path,
    present: Type.Boolean({ description: 'Holds when there is something at the path, or nothing' }),
  },
  { additionalProperties: false },
)

const ConditionInput = Type.Union([Above, Equals, Present], { title: 'ApprovalCondition' })
export type Condition = Static<typeof ConditionInput>

export const PolicyName = Type.String({
  pattern: '^[a-z0-9][a-z0-9-]{0,62}$',
  description: 'The policy: lower-case letters, digits and `-`',
})

const approvers = Type.Integer({ minimum: 1, maximum: 10, description: 'How many must approve' })
const ApproverPermission = Type.String({
  pattern: '^[a-z0-9-]+(\\.[a-z0-9-]+)*$',
  maxLength: 128,
  description:
    'What approvers must be permitted, beside `kernel.approval.approve`: any name, such as `treasury.approve`',
})

/** What `kernel.approval-policy.set` says of a policy. */
export const policyFields = {
  commands: Type.Array(Permission, {
    minItems: 1,
    maxItems: 50,
    uniqueItems: true,
    description:
      'Commands by name, branches such as `exchange.*`, or `*`. What is to work in an emergency is reached by its name only',
  }),
  conditions: Type.Optional(
    Type.Array(ConditionInput, { maxItems: 10, description: 'All must hold of the input; none: always' }),
  ),
  approvers,
  approver_permission: ApproverPermission,
  makers_may_approve: Type.Optional(
    Type.Boolean({
      description:
        'Whether those may approve who may send the command themselves; yes if absent. Whoever sent it never may',
    }),
  ),
  expires_after_s: Type.Optional(
    Type.Integer({
      minimum: 60,
      maximum: 31_536_000,
      description: 'Seconds a request waits; 3 days if absent',
    }),
  ),
}

export const PolicyInput = Type.Object(
  { policy: PolicyName, ...policyFields },
  { additionalProperties: false },
)

export const PolicyView = Type.Object(
  {
    policy: PolicyName,
    version: Type.Integer({ description: 'Counts the changes of all policies' }),
    ...policyFields,
    conditions: Type.Array(ConditionInput),
    makers_may_approve: Type.Boolean(),
    expires_after_s: Type.Integer(),
    set_at: Time,
    set_by: Type.String(),
    reason: Type.String(),
  },
  { title: 'ApprovalPolicy', additionalProperties: false },
)
export type Policy = Static<typeof PolicyView>

const needFields = {
  policy: PolicyName,
  version: Type.Integer(),
  approvers,
  approver_permission: ApproverPermission,
  makers_may_approve: Type.Boolean(),
}

/** What one policy asks of one request. */
export const NeedView = Type.Object(needFields, { title: 'ApprovalNeed', additionalProperties: false })
export type Need = Static<typeof NeedView>

const InputHash = Type.String({
  pattern: '^[0-9a-f]{64}$',
  description: 'SHA-256 of the canonical JSON (RFC 8785) of the input: what is approved is what is run',
})

/** What a caller is told whose call waits. */
export const PendingView = Type.Object(
  {
    approval: Uuid,
    command: Type.String(),
    needs: Type.Array(NeedView),
    input_hash: InputHash,
    expires_at: Time,
  },
  { title: 'PendingApproval', additionalProperties: false },
)
export type Pending = Static<typeof PendingView>

export const approvalStatuses = ['pending', 'executed', 'failed', 'rejected', 'withdrawn', 'expired'] as const
export const Status = Type.Enum([...approvalStatuses], {
  description:
    '`executed`: approved and done; `failed`: approved and then refused. Whatever is not `pending` stays as it is',
})

const nullableText = Type.Union([Type.String(), Type.Null()])

export const summaryFields = {
  approval: Type.String({
    description: 'The id of the request, which is also that of the call',
    pattern: uuidPattern,
  }),
  command: Type.String(),
  status: Status,
  requested_by: Type.String(),
  requested_at: Time,
  reason: nullableText,
  input_hash: InputHash,
  expires_at: Time,
  needs: Type.Array(
    Type.Object(
      { ...needFields, approved_by: Type.Array(Type.String()) },
      { title: 'ApprovalProgress', additionalProperties: false },
    ),
  ),
  ended_by: nullableText,
  ended_at: NullableTime,
}

export const ApprovalSummary = Type.Object(summaryFields, {
  title: 'ApprovalSummary',
  additionalProperties: false,
})

const Grant = Type.Object(
  { by: Type.String(), at: Time, reason: nullableText, policies: Type.Array(PolicyName) },
  { title: 'ApprovalGrant', additionalProperties: false },
)

const Failure = Type.Object(
  { code: Type.String(), message: Type.String(), details: Type.Unknown() },
  { title: 'ApprovalFailure', additionalProperties: false },
)

export const approvalFields = {
  ...summaryFields,
  input: Type.Unknown({ description: 'What the command will be, or was, run with' }),
  approvals: Type.Array(Grant),
  end_reason: nullableText,
  output: Type.Unknown({ description: 'What the command answered; null unless executed' }),
  failure: Type.Union([Failure, Type.Null()], { description: 'Why it failed; null unless it did' }),
}

export const ApprovalView = Type.Object(approvalFields, { title: 'Approval', additionalProperties: false })
export type Approval = Static<typeof ApprovalView>

export const ApprovalId = Type.Object({ approval: Uuid }, { additionalProperties: false })
