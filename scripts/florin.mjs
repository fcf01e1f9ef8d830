#!/usr/bin/env node
import { runPinned } from './bootstrap.mjs'

await runPinned('apps/server/src/main.ts', process.argv.slice(2))
