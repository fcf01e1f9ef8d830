import { defineRefusals } from '../errors.ts'

defineRefusals({
  reason_required: {
    status: 422,
    title: 'A reason is required',
    action: 'Say why in the Florin-Reason header',
  },
  approval_policy_not_found: {
    status: 404,
    title: 'There is no such policy of approval',
    action: 'List the policies',
  },
  approval_policy_invalid: {
    status: 422,
    title: 'The policy would not do what it says',
    action: 'Correct the named command or path',
  },
  approvers_missing: {
    status: 409,
    title: 'Too few keys could approve',
    action: 'Create keys with the permission for approvers first',
  },
  approval_not_found: {
    status: 404,
    title: 'There is no such request for approval',
    action: 'List the requests',
  },
  approval_closed: {
    status: 409,
    title: 'The request is decided already',
    action: 'Read what came of it; send the command again if it is still wanted',
  },
  approval_expired: {
    status: 409,
    title: 'The request has expired',
    action: 'Send the command again, with a new key',
  },
  approval_not_due: {
    status: 409,
    title: 'The request has not expired yet',
    action: 'Wait, or reject or withdraw it',
  },
  approval_own_request: {
    status: 403,
    title: 'Nobody decides on their own request',
    action: 'Ask a second person, or withdraw it',
  },
  approval_not_own: {
    status: 403,
    title: 'Only who sent the command can withdraw it',
    action: 'Reject it, if you may',
  },
  approval_repeated: {
    status: 409,
    title: 'You have approved this already',
    action: 'Wait for the others',
  },
  approver_not_entitled: {
    status: 403,
    title: 'Your word does not count for this request',
    action: 'Ask someone with the permission that its policies name',
  },
})
