import { defineConfig } from 'vitest/config'

export default defineConfig({
  test: {
    setupFiles: ['test/lib/seed.ts'],
    globalSetup: ['libs/postgres/src/testing/global-setup.ts'],
    include: [
      '{libs,modules,apps}/*/test/**/*.test.ts',
      '{kernel,bench,simulation,test}/test/**/*.test.ts',
      'test/**/*.test.ts',
    ],
    // all processors, not all but one: a file waits for its server about half of the time
    maxWorkers: '100%',
    // for hangs, not for speed: a machine may be many times slower than the one this was written on
    testTimeout: 300_000,
    hookTimeout: 300_000,
  },
})
