import { join } from 'node:path'
import { runPinned } from './bootstrap.mjs'
import { root } from './install.mjs'

const reporters = ['--reporter=default', `--reporter=${join(root, 'scripts/summary-reporter.mjs')}`]
// from anywhere: npm runs scripts in the root, people may not
process.chdir(root)
await runPinned('node_modules/vitest/vitest.mjs', ['run', ...reporters, ...process.argv.slice(2)])
