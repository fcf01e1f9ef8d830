import { createRegistry } from '../../apps/server/src/modules.ts'

/** Every command, query and worker of the registry, as a page. */
export function operationsPage(): string {
  const { modules } = createRegistry()
  return `# Operations

(This page is made from the registry by \`UPDATE_DOCS=1 npm test -- test/readme.test.ts\`.)

Commands change something and need an \`Idempotency-Key\`; queries only read. Input and output of each are in the API
reference at \`/docs\`. On the command line a name is written with blanks: \`ledger.transaction.post\` is
\`npx florin ledger transaction post\`. Permissions may be given by branch, such as \`ledger.*\`. Refusals stand in the
order in which they are judged; [what each means](refusals.md). Every operation is timed and counted by outcome:
\`florin_command_seconds{command="…"}\`, \`florin_query_seconds{query="…"}\`.

${modules.map(modulePart).join('\n')}`
}

type Registered = ReturnType<typeof createRegistry>['modules'][number]
type Operation = Registered['commands'][number] | Registered['queries'][number]

function modulePart({ name, commands, queries, workers = [] }: Registered): string {
  const background = workers.map((worker) => `- \`${worker.name}\`, by the role \`${worker.role}\`\n`)
  return [
    part(`Commands of ${name}`, commands.map(entry)),
    part(`Queries of ${name}`, queries.map(entry)),
    part(`Background work of ${name}`, background.length === 0 ? [] : [background.join('')]),
  ]
    .filter((text) => text !== '')
    .join('\n')
}

function part(title: string, entries: readonly string[]): string {
  return entries.length === 0 ? '' : `## ${title}\n\n${entries.join('\n')}`
}

function entry(operation: Operation): string {
  const { name, summary, http, permission, refusals } = operation
  const lines = [
    `\`${http.method} ${http.path}\``,
    `permission \`${permission}\`${operation.alsoNeeds === undefined ? '' : ', and others for some inputs'}`,
    ...('formats' in operation ? formats(operation) : []),
    ...('approval' in operation && operation.approval !== undefined ? [reach[operation.approval]] : []),
    ...(refusals.length === 0 ? [] : [`refusals: ${refusals.map((code) => link(code)).join(', ')}`]),
  ]
  return `### ${name}\n\n${summary}.\n\n${lines.map((line) => `- ${line}\n`).join('')}`
}

const reach = {
  named: '[policies of approval](../approvals.md) reach it by its name only',
  never: 'no [policy of approval](../approvals.md) reaches it',
}

function formats({ formats = [] }: Registered['queries'][number]): string[] {
  const types = formats.map(({ mediaType }) => `\`${mediaType.split(';')[0]}\``)
  return types.length === 0 ? [] : [`also as ${types.join(', ')}`]
}

function link(code: string): string {
  return `[${code}](refusals.md#${code})`
}
