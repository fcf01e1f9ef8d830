import { execFile } from 'node:child_process'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { openApiDocument } from '@florin/kernel/http'
import { expect, test } from 'vitest'
import { installationRoot } from '../src/config.ts'
import { createRegistry } from '../src/modules.ts'

test('the API’s description passes the linter’s recommended rules without a warning', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'florin-openapi-'))
  try {
    const file = join(folder, 'openapi.json')
    await writeFile(file, JSON.stringify(openApiDocument(createRegistry(), '0.0.0')))
    const linter = join(installationRoot, 'node_modules/@redocly/cli/bin/cli.js')
    const { stdout } = await promisify(execFile)(
      process.execPath,
      [linter, 'lint', '--extends=recommended', '--format=json', file],
      // Nothing leaves the machine: no usage figures, no look for a newer version.
      {
        env: { ...process.env, REDOCLY_TELEMETRY: 'off', REDOCLY_SUPPRESS_UPDATE_NOTICE: 'true' },
        cwd: folder,
      },
    )
    expect(JSON.parse(stdout)).toMatchObject({ totals: { errors: 0, warnings: 0 } })
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
})
